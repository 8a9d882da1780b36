"""Tests of files/keycloak_init.py: python3 -B -m unittest discover tests/program (in the chart's folder)."""

import http.server
import importlib.util
import json
import pathlib
import tempfile
import threading
import unittest

PROGRAM = pathlib.Path(__file__).parents[2] / "files" / "keycloak_init.py"
spec = importlib.util.spec_from_file_location("keycloak_init", PROGRAM)
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)


class Differences(unittest.TestCase):
    def test_only_what_is_named_counts(self):
        self.assertEqual(program.differences({"a": 1}, {"a": 1, "b": 2}), [])
        self.assertEqual(program.differences({"a": {"b": 2}}, {"a": {"b": 1, "c": 1}}), [("a.b", 1, 2)])
        self.assertEqual(program.differences({"a": 1}, None), [("a", None, 1)])

    def test_lists_are_sets(self):
        self.assertEqual(program.differences({"a": ["x", "y"]}, {"a": ["y", "x"]}), [])
        self.assertEqual(program.differences({"a": ["x"]}, {"a": ["x", "y"]}), [("a", ["x", "y"], ["x"])])
        self.assertEqual(program.differences({"a": []}, {}), [])

    def test_what_keycloak_leaves_out_is_off_or_empty(self):
        self.assertEqual(program.differences({"a": False, "b": ""}, {}), [])
        self.assertEqual(program.differences({"a": True}, {}), [("a", None, True)])
        self.assertEqual(program.differences({"a": False}, {"a": True}), [("a", True, False)])

    def test_maps_are_merged_and_lists_replaced(self):
        have = {"a": {"x": 1, "y": 1}, "b": [1, 2], "c": 3}
        self.assertEqual(program.merged({"a": {"x": 2}, "b": [3]}, have), {"a": {"x": 2, "y": 1}, "b": [3], "c": 3})
        self.assertEqual(have["a"], {"x": 1, "y": 1})

    def test_secrets_are_told_by_name_only(self):
        words = program.told([("secret", "old", "new"), ("smtpServer.password", "a", "b"), ("name", None, "N")])
        self.assertEqual(words, 'secret, smtpServer.password, name from nothing to "N"')
        self.assertLess(len(program.told([("name", "x" * 500, "y")])), 200)


class Recipes(unittest.TestCase):
    def test_a_confidential_client_logs_people_in_and_has_an_account(self):
        fields, mappers = program.client_of("shop", {"redirectUris": ["https://shop/*"], "secret": "f", "roles": {}})
        self.assertEqual(fields, {
            "enabled": True, "protocol": "openid-connect", "directAccessGrantsEnabled": False, "publicClient": False,
            "clientAuthenticatorType": "client-secret", "serviceAccountsEnabled": True, "standardFlowEnabled": True,
            "attributes": {"access.token.lifespan": "3600"}, "redirectUris": ["https://shop/*"]})
        self.assertEqual(mappers["audience"]["config"]["included.client.audience"], "shop")
        self.assertEqual(mappers["audience"]["config"]["id.token.claim"], "true")
        self.assertEqual(mappers["client_roles"]["config"]["claim.name"], "client_roles")
        self.assertEqual(mappers["client_roles"]["config"]["userinfo.token.claim"], "true")
        self.assertEqual(mappers["client_roles"]["config"]["usermodel.clientRoleMapping.clientId"], "shop")

    def test_own_fields_and_mappers_win(self):
        entry = {"attributes": {"access.token.lifespan": 60, "x": True},
                 "mappers": {"audience": {"config": {"id.token.claim": "false"}}, "more": {"protocolMapper": "p"}}}
        fields, mappers = program.client_of("shop", entry)
        self.assertEqual(fields["attributes"], {"access.token.lifespan": "60", "x": "true"})
        self.assertEqual(mappers["audience"]["config"]["id.token.claim"], "false")
        self.assertEqual(mappers["audience"]["config"]["access.token.claim"], "true")
        self.assertEqual(sorted(mappers), ["audience", "client_roles", "more"])

    def test_other_types(self):
        public, mappers = program.client_of("ui", {"type": "public"})
        self.assertTrue(public["publicClient"])
        self.assertFalse(public["serviceAccountsEnabled"])
        self.assertEqual(public["attributes"], {"pkce.code.challenge.method": "S256"})
        self.assertEqual(mappers, {})
        service, _ = program.client_of("job", {"type": "service"})
        self.assertFalse(service["standardFlowEnabled"])
        self.assertTrue(service["serviceAccountsEnabled"])
        self.assertEqual(program.client_of("saml", {"type": "custom", "protocol": "saml"}), ({"protocol": "saml"}, {}))


class Words(unittest.TestCase):
    def test_reasons(self):
        self.assertEqual(program.explained(b'{"errorMessage": "no"}'), "no")
        self.assertEqual(program.explained(b'{"error": "invalid_grant", "error_description": "bad"}'), "invalid_grant; bad")
        for body in (b"", b"<html>", b"[]", b"{}"):
            self.assertEqual(program.explained(body), "no reason given")

    def test_roles_that_are_needed(self):
        self.assertEqual(program.needed_role("POST", ""), "create-realm of the realm master")
        self.assertIn("manage-realm", program.needed_role("PUT", "/staff"))
        self.assertIn("manage-clients", program.needed_role("POST", "/staff/clients"))
        self.assertIn("view-clients", program.needed_role("GET", "/staff/clients?clientId=a"))
        self.assertIn("view-users", program.needed_role("GET", "/staff/users/1/role-mappings"))
        self.assertIn("in realm a b", program.needed_role("GET", "/a%20b/clients"))

    def test_attributes_are_texts(self):
        self.assertEqual(program.texts({"a": True, "b": 3, "c": "x"}), {"a": "true", "b": "3", "c": "x"})
        self.assertEqual(program.lists({"a": "x", "b": [1, True]}), {"a": ["x"], "b": ["1", "true"]})

    def test_secrets_do_not_get_into_the_log(self):
        lines = []
        log = program.Log(lines.append)
        log.hide("geheim-1")
        log.hide("geheim-12")
        log.hide("abc")
        log.line("geheim-12 and geheim-1, abc")
        self.assertEqual(lines, ["*** and ***, abc"])


class Store:
    """Stands in for the server: answers from `content`, notes what is written, and lets `keep` do what Keycloak does."""

    def __init__(self, content, keep=None):
        self.content = content
        self.keep = keep or (lambda store, method, path, body: None)
        self.written = []
        self.writes = 0

    def get(self, path):
        return self.content.get(path)

    def _write(self, method, path, body):
        self.writes += 1
        self.written.append((method, path, body))
        self.keep(self, method, path, body)

    def post(self, path, body):
        self._write("POST", path, body)

    def put(self, path, body=None):
        self._write("PUT", path, body)

    def delete(self, path):
        self._write("DELETE", path, None)

    def new_rights(self):
        self.written.append(("new rights", "", None))


class RealmCase(unittest.TestCase):
    def setUp(self):
        self.lines = []
        self.log = program.Log(self.lines.append)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.secrets = program.Secrets(folder.name, self.log)

    def secret(self, name, text):
        (self.folder / name).write_text(text + "\n")

    def apply(self, entry, content, keep=None):
        store = Store({"/r": {"realm": "r"}, **content}, keep)
        program.Realm(store, {"name": "r", **entry}, self.secrets, self.log).apply()
        return store


class Settings(RealmCase):
    def test_nothing_named_nothing_written(self):
        self.assertEqual(self.apply({}, {}).written, [])

    def test_what_differs_is_sent_with_all_that_is_there(self):
        def keep(store, method, path, body):
            store.content[path].update(body)
        have = {"realm": "r", "displayName": "Old", "loginTheme": "x", "other": 1, "attributes": {"a": "1", "b": "2"}, "smtpServer": {"password": "**"}}
        store = self.apply({"settings": {"displayName": "New", "loginTheme": "x", "attributes": {"a": 3}}}, {"/r": have}, keep)
        self.assertEqual(store.written, [("PUT", "/r", {
            "realm": "r", "displayName": "New", "loginTheme": "x", "other": 1, "attributes": {"a": "3", "b": "2"}})])
        self.assertEqual(self.lines, ['r: change realm: attributes.a from "1" to "3", displayName from "Old" to "New"'])

    def test_a_realm_that_is_not_there_is_made(self):
        def keep(store, method, path, body):
            store.content["/r"] = body
        store = self.apply({"settings": {"displayName": "R"}}, {"/r": None}, keep)
        self.assertEqual(store.written[0], ("POST", "", {"realm": "r", "enabled": True, "displayName": "R"}))
        self.assertEqual(store.written[1][0], "new rights")

    def test_what_keycloak_passes_over_at_the_creation_is_sent_again(self):
        def keep(store, method, path, body):
            if method == "POST":
                store.content["/r"] = {"realm": "r", "otpPolicyType": "totp", "otpPolicyDigits": 6}
            else:
                store.content["/r"].update(body)
        store = self.apply({"settings": {"otpPolicyDigits": 8}}, {"/r": None}, keep)
        self.assertEqual(store.written[-1], ("PUT", "/r", {"realm": "r", "otpPolicyType": "totp", "otpPolicyDigits": 8}))

    def test_a_field_that_keycloak_drops_is_told(self):
        with self.assertRaisesRegex(program.Failure, "did not keep all settings of realm r: displayName"):
            self.apply({"settings": {"displayName": "New"}}, {})

    def test_the_password_of_the_mail_server_is_sent_when_its_version_changes(self):
        self.secret("mail", "smtp-password")

        def keep(store, method, path, body):
            store.content["/r"].update(body)
        smtp = {"host": "m", "port": 25, "starttls": True, "passwordFile": "mail", "passwordVersion": "2"}
        server = {"host": "m", "port": "25", "starttls": "true", "auth": "true", "password": "**********"}
        have = {"realm": "r", "smtpServer": dict(server), "attributes": {"smtpPasswordVersion": "1"}}
        store = self.apply({"smtp": smtp}, {"/r": have}, keep)
        self.assertEqual(store.written[0][2]["smtpServer"], {**server, "password": "smtp-password"})
        self.assertNotIn("smtp-password", " ".join(self.lines))
        store = self.apply({"smtp": {**smtp, "passwordVersion": "1"}},
                           {"/r": {"realm": "r", "smtpServer": server, "attributes": {"smtpPasswordVersion": "1"}}})
        self.assertEqual(store.written, [])


class Clients(RealmCase):
    def test_a_client_is_made_with_its_secret_and_nothing_of_it_is_printed(self):
        self.secret("c", "client-secret")

        def keep(store, method, path, body):
            if path == "/r/clients":
                store.content["/r/clients?clientId=c"] = [{**body, "id": "1"}]
        store = self.apply({"clients": {"c": {"type": "custom", "secret": "c"}}}, {"/r/clients?clientId=c": []}, keep)
        self.assertEqual(store.written, [("POST", "/r/clients", {"clientId": "c", "secret": "client-secret"})])
        self.assertEqual(self.lines, ["r: create client c"])

    def test_a_changed_secret_is_written_with_all_of_the_client(self):
        self.secret("c", "new-secret")
        have = {"id": "1", "clientId": "c", "secret": "old-secret", "name": "N"}

        def keep(store, method, path, body):
            store.content["/r/clients?clientId=c"] = [body]
        store = self.apply({"clients": {"c": {"type": "custom", "secret": "c"}}}, {"/r/clients?clientId=c": [have]}, keep)
        self.assertEqual(store.written, [("PUT", "/r/clients/1", {**have, "secret": "new-secret"})])
        self.assertEqual(self.lines, ["r: change client c: secret"])

    def test_a_secret_that_is_not_shown_is_asked_for(self):
        self.secret("c", "the-secret")
        store = self.apply({"clients": {"c": {"type": "custom", "secret": "c"}}},
                           {"/r/clients?clientId=c": [{"id": "1", "clientId": "c"}],
                            "/r/clients/1/client-secret": {"value": "the-secret"}})
        self.assertEqual(store.written, [])

    def test_scopes_are_attached_and_detached_by_name(self):
        entry = {"type": "custom", "defaultClientScopes": ["a"], "optionalClientScopes": ["b"], "detachedClientScopes": ["c"]}
        store = self.apply({"clients": {"x": entry}}, {
            "/r/clients?clientId=x": [{"id": "1", "clientId": "x"}],
            "/r/client-scopes": [{"id": "A", "name": "a"}, {"id": "B", "name": "b"}],
            "/r/clients/1/default-client-scopes": [{"id": "C", "name": "c"}, {"id": "D", "name": "d"}],
            "/r/clients/1/optional-client-scopes": [{"id": "B", "name": "b"}]})
        self.assertEqual(store.written, [("PUT", "/r/clients/1/default-client-scopes/A", None),
                                         ("DELETE", "/r/clients/1/default-client-scopes/C", None)])

    def test_a_scope_of_the_other_kind_is_moved(self):
        entry = {"type": "custom", "defaultClientScopes": ["a"]}
        content = {"/r/clients?clientId=x": [{"id": "1", "clientId": "x"}], "/r/client-scopes": [{"id": "A", "name": "a"}],
                   "/r/clients/1/optional-client-scopes": [{"id": "A", "name": "a"}]}
        store = self.apply({"clients": {"x": entry}}, content)
        self.assertEqual(store.written, [("DELETE", "/r/clients/1/optional-client-scopes/A", None),
                                         ("PUT", "/r/clients/1/default-client-scopes/A", None)])
        with self.assertRaisesRegex(program.Failure, "client x cannot have a as default and as optional client scope"):
            self.apply({"clients": {"x": {**entry, "optionalClientScopes": ["a"]}}}, content)

    def test_what_is_missing_is_named(self):
        client = {"/r/clients?clientId=x": [{"id": "1", "clientId": "x"}], "/r/client-scopes": [], "/r/clients?clientId=y": []}
        for entry, words in (
                ({"clients": {"x": {"type": "custom", "defaultClientScopes": ["a"]}}}, "realm r has no client scope a"),
                ({"clients": {"x": {"type": "custom", "serviceAccountRoles": {"realm": ["R"]}}}}, "client x in realm r has no service account"),
                ({"groups": {"g": {"roles": {"client": {"y": ["R"]}}}}}, "realm r has no client y"),
                ({"groups": {"g": {"roles": {"client": {"x": ["R"]}}}}}, "client x in realm r has no role R"),
                ({"groups": {"g": {"roles": {"realm": ["R"]}}}}, "realm r has no role R")):
            with self.assertRaisesRegex(program.Failure, words):
                self.apply(entry, {**client, "/r/group-by-path/g": {"id": "G", "name": "g"}})

    def test_a_secret_that_is_not_there_or_empty_stops_the_run(self):
        with self.assertRaisesRegex(program.Failure, "the secret c cannot be read"):
            self.apply({"clients": {"c": {"secret": "c"}}}, {})
        self.secret("c", "")
        with self.assertRaisesRegex(program.Failure, "the secret c is empty"):
            self.apply({"clients": {"c": {"secret": "c"}}}, {})


class RolesGroupsUsers(RealmCase):
    def test_roles_are_given_once_and_never_taken(self):
        content = {
            "/r/group-by-path/g": {"id": "G", "name": "g"},
            "/r/roles/a": {"id": "A", "name": "a"}, "/r/roles/b": {"id": "B", "name": "b"},
            "/r/clients?clientId=x": [{"id": "1", "clientId": "x"}], "/r/clients/1/roles/c": {"id": "C", "name": "c"},
            "/r/groups/G/role-mappings": {"realmMappings": [{"id": "A", "name": "a"}, {"id": "Z", "name": "z"}]}}
        store = self.apply({"groups": {"g": {"roles": {"realm": ["a", "b"], "client": {"x": ["c"]}}}}}, content)
        self.assertEqual(store.written, [
            ("POST", "/r/groups/G/role-mappings/realm", [{"id": "B", "name": "b"}]),
            ("POST", "/r/groups/G/role-mappings/clients/1", [{"id": "C", "name": "c"}])])

    def test_composites_get_what_they_lack(self):
        content = {"/r/roles/a": {"id": "A", "name": "a"}, "/r/roles/b": {"id": "B", "name": "b"},
                   "/r/roles/a/composites": []}
        store = self.apply({"roles": {"a": {"composites": {"realm": ["b"]}}, "b": {}}}, content)
        self.assertEqual(store.written, [("POST", "/r/roles/a/composites", [{"id": "B", "name": "b"}])])
        content["/r/roles/a/composites"] = [{"id": "B"}]
        self.assertEqual(self.apply({"roles": {"a": {"composites": {"realm": ["b"]}}, "b": {}}}, content).written, [])

    def test_groups_are_made_below_their_parents(self):
        def keep(store, method, path, body):
            store.content["/r/group-by-path/" + ("a" if path == "/r/groups" else "a/b")] = {**body, "id": body["name"].upper()}
        store = self.apply({"groups": {"a/b": {"attributes": {"x": 1}}}}, {}, keep)
        self.assertEqual(store.written, [("POST", "/r/groups", {"name": "a"}),
                                         ("POST", "/r/groups/A/children", {"name": "b", "attributes": {"x": ["1"]}})])

    def test_a_password_is_given_at_the_creation_only(self):
        self.secret("p", "first-password")
        entry = {"email": "a@b", "password": {"file": "p"}, "requiredActions": ["VERIFY_EMAIL"]}

        def keep(store, method, path, body):
            store.content["/r/users?exact=true&username=ann"] = [{**body, "id": "U"}]
        path = "/r/users?exact=true&username=ann"
        store = self.apply({"users": {"Ann": entry}}, {path: []}, keep)
        self.assertEqual(store.written, [("POST", "/r/users", {
            "username": "ann", "enabled": True, "email": "a@b", "requiredActions": ["VERIFY_EMAIL"],
            "credentials": [{"type": "password", "value": "first-password", "temporary": True}]})])
        have = {"id": "U", "username": "ann", "enabled": True, "email": "a@b"}
        self.assertEqual(self.apply({"users": {"Ann": entry}}, {path: [have]}).written, [])
        store = self.apply({"users": {"Ann": entry}}, {path: [{**have, "email": "old@b"}]}, keep)
        self.assertEqual(store.written, [("PUT", "/r/users/U", have)])

    def test_users_join_groups(self):
        content = {"/r/users?exact=true&username=ann": [{"id": "U", "username": "ann", "enabled": True}],
                   "/r/users/U/groups?max=1000": [{"path": "/a"}], "/r/group-by-path/b": {"id": "B"}}
        store = self.apply({"users": {"ann": {"groups": ["a", "/b"]}}}, content)
        self.assertEqual(store.written, [("PUT", "/r/users/U/groups/B", None)])
        with self.assertRaisesRegex(program.Failure, "realm r has no group c"):
            self.apply({"users": {"ann": {"groups": ["c"]}}}, content)

    def test_only_what_is_named_is_deleted(self):
        content = {"/r/clients?clientId=x": [{"id": "1"}], "/r/client-scopes": [{"id": "S", "name": "s"}],
                   "/r/roles/a": {"id": "A"}, "/r/group-by-path/g": {"id": "G"}}
        absent = {"clients": ["x", "gone"], "clientScopes": ["s", "gone"], "roles": ["a", "gone"], "groups": ["g", "gone"]}
        store = self.apply({"absent": absent}, content)
        self.assertEqual(store.written, [("DELETE", "/r/clients/1", None), ("DELETE", "/r/client-scopes/S", None),
                                         ("DELETE", "/r/roles/a", None), ("DELETE", "/r/groups/G", None)])

    def test_client_scopes_become_default_ones(self):
        def keep(store, method, path, body):
            if method == "POST" and path == "/r/client-scopes":
                store.content[path] = [{**body, "id": "S"}]
            elif method == "POST":
                store.content[path] = [{**body, "id": "M"}]
        entry = {"type": "default", "attributes": {"include.in.token.scope": True}, "mappers": {"m": {"protocolMapper": "p", "config": {"x": 1}}}}
        store = self.apply({"clientScopes": {"s": entry}},
                           {"/r/client-scopes": [], "/r/client-scopes/S/protocol-mappers/models": [],
                            "/r/default-default-client-scopes": []}, keep)
        self.assertEqual(store.written, [
            ("POST", "/r/client-scopes", {"name": "s", "protocol": "openid-connect", "attributes": {"include.in.token.scope": "true"}}),
            ("POST", "/r/client-scopes/S/protocol-mappers/models",
             {"name": "m", "protocol": "openid-connect", "protocolMapper": "p", "config": {"x": "1"}}),
            ("PUT", "/r/default-default-client-scopes/S", None)])


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers from a list that the test fills: (status, headers, body) for each request, the last one for ever."""

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization"), self.rfile.read(length)))
        if self.path.endswith("/token"):
            status, headers, body = self.server.login
        else:
            status, headers, body = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


class Requests(RealmCase):
    def setUp(self):
        super().setUp()
        self.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.web.seen, self.web.answers = [], []
        self.web.login = (200, {}, b'{"access_token": "the-token", "expires_in": 60}')
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        self.addCleanup(self.web.server_close)
        self.addCleanup(self.web.shutdown)
        self.secret("user", "admin")
        self.secret("pass", "admin-password")
        self.slept = []
        self.now = 0.0
        account = {"realm": "master", "grant": "password", "clientId": "admin-cli", "usernameFile": "user", "passwordFile": "pass"}
        self.server = self.make(account)

    def make(self, account):
        def sleep(seconds):
            self.slept.append(seconds)
            self.now += seconds
        url = f"http://127.0.0.1:{self.web.server_port}/"
        return program.Server({"url": url, "waitSeconds": 5}, account, self.secrets, self.log, lambda: self.now, sleep)

    def test_waits_until_the_realm_answers(self):
        self.web.answers = [(503, {}, b""), (404, {}, b""), (200, {}, b"{}")]
        self.server.wait()
        self.assertEqual(self.slept, [1, 2])
        self.assertEqual(len(self.lines), 2)

    def test_gives_up_after_a_while_and_at_once_where_waiting_does_not_help(self):
        self.web.answers = [(503, {}, b"")]
        with self.assertRaisesRegex(program.Failure, "did not answer within 5 seconds: status 503"):
            self.server.wait()
        self.web.answers = [(400, {}, b"")]
        with self.assertRaisesRegex(program.Failure, "answers status 400"):
            self.server.wait()

    def test_logs_in_once_and_again_when_the_token_ends(self):
        self.web.answers = [(200, {}, b'{"a": 1}')]
        self.assertEqual(self.server.get("/staff"), {"a": 1})
        self.server.get("/staff")
        self.assertEqual([request[1] for request in self.web.seen].count("/realms/master/protocol/openid-connect/token"), 1)
        self.assertIn(b"grant_type=password&client_id=admin-cli&username=admin&password=admin-password", self.web.seen[0][3])
        self.assertEqual(self.web.seen[1][:3], ("GET", "/admin/realms/staff", "Bearer the-token"))
        self.now = 51
        self.server.get("/staff")
        self.assertEqual([request[1] for request in self.web.seen].count("/realms/master/protocol/openid-connect/token"), 2)

    def test_logs_in_as_a_client(self):
        server = self.make({"realm": "staff", "grant": "client_credentials", "clientId": "env", "passwordFile": "pass"})
        self.web.answers = [(200, {}, b"")]
        self.assertIsNone(server.get("/staff"))
        self.assertEqual(self.web.seen[0][3], b"grant_type=client_credentials&client_id=env&client_secret=admin-password")

    def test_a_refused_login_says_why_and_tells_no_secret(self):
        self.web.login = (401, {}, b'{"error": "invalid_grant", "error_description": "no user with admin-password"}')
        with self.assertRaisesRegex(program.Failure, "no login in realm master: status 401, invalid_grant") as caught:
            self.server.get("/staff")
        self.log.line(str(caught.exception))
        self.assertNotIn("admin-password", self.lines[-1])

    def test_an_old_token_is_renewed(self):
        self.web.answers = [(401, {}, b""), (200, {}, b"{}")]
        self.assertEqual(self.server.get("/staff"), {})

    def test_passing_faults_are_tried_again_but_for_a_post(self):
        self.web.answers = [(503, {}, b""), (502, {}, b""), (204, {}, b"")]
        self.server.put("/staff", {})
        self.assertEqual(self.server.writes, 1)
        self.web.answers = [(503, {}, b""), (204, {}, b"")]
        with self.assertRaisesRegex(program.Failure, "POST /admin/realms/staff: status 503"):
            self.server.post("/staff", {})

    def test_a_redirect_is_refused(self):
        self.web.answers = [(302, {"Location": "http://elsewhere.example.org/"}, b"")]
        with self.assertRaisesRegex(program.Failure, "redirects to http://elsewhere.example.org/"):
            self.server.get("/staff")

    def test_what_is_no_json_is_told(self):
        self.web.answers = [(200, {}, b"<html>")]
        with self.assertRaisesRegex(program.Failure, "is this Keycloak's own address"):
            self.server.get("/staff")

    def test_missing_rights_are_told(self):
        self.web.answers = [(403, {}, b"")]
        with self.assertRaisesRegex(program.Failure, "needs the role manage-clients of the client realm-management in realm staff"):
            self.server.delete("/staff/clients/1")

    def test_nothing_is_none(self):
        self.web.answers = [(404, {}, b"")]
        self.assertIsNone(self.server.get("/staff"))


class Main(RealmCase):
    def run_with(self, content):
        path = self.folder / "data.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return program.main([str(path), str(self.folder)], self.log)

    def test_wrong_data(self):
        account = {"grant": "password"}
        for content, words in (
                ("{", "is no JSON"),
                ({"server": {}, "realms": []}, "account is missing"),
                ({"server": {"url": "ftp://x"}, "account": account, "realms": []}, "expected http"),
                ({"server": {"url": "http://x"}, "account": {"grant": "x"}, "realms": []}, "expected password"),
                ({"server": {"url": "http://x"}, "account": account, "realms": [{}]}, "a realm has no name")):
            self.assertEqual(self.run_with(content), 2)
            self.assertIn(words, self.lines[-1])
        self.assertEqual(program.main(["/nowhere.json", "/"], self.log), 2)
        self.assertEqual(program.main([], self.log), 2)

    def test_a_server_that_is_not_there(self):
        data = {"server": {"url": "http://127.0.0.1:1", "waitSeconds": 0}, "account": {"grant": "password", "realm": "master"}, "realms": []}
        self.assertEqual(self.run_with(data), 1)
        self.assertIn("did not answer within 0 seconds", self.lines[-1])


if __name__ == "__main__":
    unittest.main()
