"""Brings a Keycloak to what a data file says: realms, client scopes, roles, clients, groups and users.

    python3 keycloak_init.py DATA.json SECRETS_DIRECTORY

What the file names is created or changed, field by field; what it does not name stays as it is. A second run with the
same file sends no request that writes. Secrets are read from files below SECRETS_DIRECTORY and never printed.

Exit status: 0 Keycloak is as the file says, 1 it is not, and the last line of the log says why, 2 the data file is wrong.

Only the standard library is used, so that any image with Python 3.9 or later will do.
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

# Fields of our data that are handled one by one; all others are sent to Keycloak under their own name.
CLIENT_PARTS = ("type", "secret", "roles", "mappers", "defaultClientScopes", "optionalClientScopes",
                "detachedClientScopes", "serviceAccountRoles")
SCOPE_PARTS = ("type", "mappers")
ROLE_PARTS = ("composites",)
GROUP_PARTS = ("roles",)
USER_PARTS = ("password", "roles", "groups", "requiredActions")

# Answers that a server gives while it starts or while a gateway has no healthy server.
NOT_YET = (404, 500, 502, 503, 504)
PASSING = (502, 503, 504)

# What an account needs to change each part of a realm, by the first word of the path after the realm.
NEEDED_ROLE = {"": "manage-realm", "clients": "manage-clients", "client-scopes": "manage-clients",
               "default-default-client-scopes": "manage-clients", "default-optional-client-scopes": "manage-clients",
               "roles": "manage-realm", "roles-by-id": "manage-realm", "groups": "manage-users",
               "group-by-path": "query-groups", "users": "manage-users"}


class Failure(Exception):
    """Why Keycloak is not as the data says, in words for the person who reads the log."""


class DataError(Exception):
    """What is wrong with the data file."""


class Log:
    """Writes lines to the standard output, with every secret that it was told of taken out."""

    def __init__(self, write=lambda line: print(line, flush=True)):
        self._write = write
        self._secrets = set()

    def hide(self, secret):
        """Takes `secret` out of all later lines. Shorter ones would blot out ordinary words."""
        if len(secret) >= 4:
            self._secrets.add(secret)

    def line(self, text):
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        self._write(text)


class Secrets:
    """Reads secrets from the files of one directory."""

    def __init__(self, directory, log):
        self._directory = directory
        self._log = log

    def read(self, name, hidden=True):
        path = os.path.join(self._directory, name)
        try:
            with open(path, encoding="utf-8") as file:
                secret = file.read().rstrip("\r\n")
        except OSError as error:
            raise Failure(f"the secret {name} cannot be read: {error.strerror}") from None
        if not secret:
            raise Failure(f"the secret {name} is empty")
        if hidden:
            self._log.hide(secret)
        return secret


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: they would carry the account's token to another host, or turn a POST into a GET."""

    def redirect_request(self, request, file, code, message, headers, new_url):
        raise Failure(f"{request.full_url} redirects to {new_url}: state the address that answers itself")


class Server:
    """Keycloak's administration API under one account. Counts the requests that write."""

    def __init__(self, server, account, secrets, log, clock=time.monotonic, sleep=time.sleep):
        self.url = server["url"].rstrip("/")
        self._wait_seconds = server.get("waitSeconds", 600)
        self._request_seconds = server.get("requestSeconds", 30)
        self._account = account
        self._secrets = secrets
        self._log = log
        self._clock = clock
        self._sleep = sleep
        self._opener = urllib.request.build_opener(NoRedirect)
        self._token = None
        self._token_ends = 0
        self.writes = 0

    def wait(self):
        """Waits until the realm of the account answers."""
        path = f"/realms/{quoted(self._account['realm'])}"
        end = self._clock() + self._wait_seconds
        pause, told = 1, ""
        while True:
            status, reason = self._probe(path)
            if status == 200:
                return
            if reason != told:
                self._log.line(f"waiting for {self.url}{path}: {reason}")
                told = reason
            if status not in NOT_YET + (0,):
                raise Failure(f"{self.url}{path} answers {reason}")
            if self._clock() + pause > end:
                raise Failure(f"{self.url}{path} did not answer within {self._wait_seconds} seconds: {reason}")
            self._sleep(pause)
            pause = min(pause * 2, 10)

    def _probe(self, path):
        try:
            with self._opener.open(self.url + path, timeout=self._request_seconds) as answer:
                return answer.status, "ready"
        except urllib.error.HTTPError as error:
            return error.code, f"status {error.code}"
        except (OSError, http.client.HTTPException) as error:
            return 0, str(getattr(error, "reason", error))

    def get(self, path):
        """The JSON at `path`; None where there is nothing."""
        status, body = self._send("GET", path, None)
        return None if status == 404 else self._good("GET", path, status, body)

    def post(self, path, content):
        return self._write("POST", path, content)

    def put(self, path, content=None):
        return self._write("PUT", path, content)

    def delete(self, path):
        return self._write("DELETE", path, None)

    def new_rights(self):
        """Asks for another token: that of before knows nothing of a realm which was just created."""
        self._token = None

    def _write(self, method, path, content):
        self.writes += 1
        status, body = self._send(method, path, content)
        return self._good(method, path, status, body)

    def _send(self, method, path, content):
        for attempt in range(4):
            status, body = self._send_once(method, path, content)
            if status == 401 and attempt == 0:
                self._token = None
                continue
            # A POST may have been carried out although its answer was lost: the next run finds out.
            if status in PASSING and method != "POST" and attempt < 3:
                self._sleep(2 ** attempt)
                continue
            return status, body
        return status, body

    def _send_once(self, method, path, content):
        headers = {"Authorization": f"Bearer {self._bearer()}", "Accept": "application/json"}
        data = None
        if content is not None:
            data = json.dumps(content).encode()
            headers["Content-Type"] = "application/json"
        return self._open(urllib.request.Request(f"{self.url}/admin/realms{path}", data, headers, method=method))

    def _open(self, request):
        try:
            with self._opener.open(request, timeout=self._request_seconds) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except (OSError, http.client.HTTPException) as error:
            return 503, json.dumps({"error": str(getattr(error, "reason", error))}).encode()

    def _bearer(self):
        if self._token and self._clock() < self._token_ends:
            return self._token
        account = self._account
        form = {"grant_type": account["grant"], "client_id": account["clientId"]}
        if account["grant"] == "password":
            form["username"] = self._secrets.read(account["usernameFile"], hidden=False)
            form["password"] = self._secrets.read(account["passwordFile"])
        else:
            form["client_secret"] = self._secrets.read(account["passwordFile"])
        path = f"/realms/{quoted(account['realm'])}/protocol/openid-connect/token"
        status, body = self._open(urllib.request.Request(self.url + path, urllib.parse.urlencode(form).encode()))
        if status != 200:
            raise Failure(f"no login in realm {account['realm']}: status {status}, {explained(body)}")
        answer = json.loads(body)
        self._token = answer["access_token"]
        self._log.hide(self._token)
        self._token_ends = self._clock() + answer.get("expires_in", 60) - 10
        return self._token

    def _good(self, method, path, status, body):
        what = f"{method} /admin/realms{path}"
        if status == 403:
            raise Failure(f"{what} is refused: the account needs the role {needed_role(method, path)}")
        if status >= 300:
            raise Failure(f"{what}: status {status}, {explained(body)}")
        try:
            return json.loads(body) if body.strip() else None
        except ValueError:
            raise Failure(f"{what} answers what is no JSON: is this Keycloak's own address?") from None


def needed_role(method, path):
    """The role that an account lacks to do this."""
    parts = path.split("?")[0].split("/")
    if len(parts) < 2:
        return "create-realm of the realm master"
    role = NEEDED_ROLE.get(parts[2] if len(parts) > 2 else "", "manage-realm")
    if method == "GET":
        role = role.replace("manage-", "view-")
    return f"{role} of the client realm-management in realm {urllib.parse.unquote(parts[1])}"


def explained(body):
    """The reason in a body that Keycloak sends with an error."""
    try:
        content = json.loads(body)
        words = [content[key] for key in ("errorMessage", "error", "error_description") if content.get(key)]
        return "; ".join(str(word) for word in words)[:300] or "no reason given"
    except (ValueError, AttributeError, TypeError):
        return "no reason given"


def quoted(name):
    """A name as one segment of a path."""
    return urllib.parse.quote(name, safe="")


def texts(values):
    """Attributes and mapper settings as Keycloak keeps them: every value a text."""
    return {key: text(value) for key, value in (values or {}).items()}


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def differences(want, have, path=""):
    """What `want` names and `have` does not hold: a list of (path, found, wanted). Lists are compared as sets."""
    if isinstance(want, dict):
        have = have if isinstance(have, dict) else {}
        found = []
        for key in sorted(want):
            found += differences(want[key], have.get(key), f"{path}.{key}" if path else key)
        return found
    if isinstance(want, list):
        if as_set(want) == as_set(have or []):
            return []
    elif want == have or (want in ("", False) and have is None):
        return []
    return [(path, have, want)]


def as_set(items):
    return sorted(json.dumps(item, sort_keys=True) for item in items)


def merged(want, have):
    """`have` with everything that `want` names; maps are merged, all else is replaced."""
    if not isinstance(want, dict) or not isinstance(have, dict):
        return want
    result = dict(have)
    for key, value in want.items():
        result[key] = merged(value, have.get(key))
    return result


def told(changes):
    """Changes for the log: secrets by name only."""
    words = []
    for path, have, want in changes:
        last = path.rsplit(".", 1)[-1].lower()
        if "secret" in last or last.endswith("password") or last.endswith("passwordversion"):
            words.append(path)
        else:
            words.append(f"{path} from {short(have)} to {short(want)}")
    return ", ".join(words)


def short(value):
    if value is None:
        return "nothing"
    words = json.dumps(value, sort_keys=True)
    return words if len(words) <= 120 else words[:117] + "..."


def without(entry, parts):
    """The fields of an entry that are sent to Keycloak as they are."""
    fields = {key: value for key, value in entry.items() if key not in parts}
    if "attributes" in fields:
        fields["attributes"] = texts(fields["attributes"])
    return fields


def lists(values):
    """Attributes of groups and users as Keycloak keeps them: every value a list of texts."""
    return {key: [text(item) for item in (value if isinstance(value, list) else [value])]
            for key, value in values.items()}


def recipe(client_id, kind):
    """The fields and mappers that a type of client starts from."""
    if kind == "custom":
        return {}, {}
    fields = {"enabled": True, "protocol": "openid-connect", "directAccessGrantsEnabled": False}
    if kind == "public":
        fields.update(publicClient=True, standardFlowEnabled=True, serviceAccountsEnabled=False,
                      attributes={"pkce.code.challenge.method": "S256"})
        return fields, {}
    fields.update(publicClient=False, clientAuthenticatorType="client-secret", serviceAccountsEnabled=True,
                  standardFlowEnabled=kind == "confidential", attributes={"access.token.lifespan": "3600"})
    mappers = {
        "audience": {
            "protocolMapper": "oidc-audience-mapper",
            "config": {"included.client.audience": client_id, "access.token.claim": "true", "id.token.claim": "true",
                       "introspection.token.claim": "true"}},
        "client_roles": {
            "protocolMapper": "oidc-usermodel-client-role-mapper",
            "config": {"usermodel.clientRoleMapping.clientId": client_id, "claim.name": "client_roles",
                       "jsonType.label": "String", "multivalued": "true", "id.token.claim": "true",
                       "userinfo.token.claim": "true", "access.token.claim": "false"}},
    }
    return fields, mappers


def client_of(client_id, entry):
    """The fields and mappers of a client: those of its type, changed by those of its own."""
    fields, mappers = recipe(client_id, entry.get("type", "confidential"))
    fields = merged(without(entry, CLIENT_PARTS), fields)
    for name, mapper in (entry.get("mappers") or {}).items():
        mappers[name] = merged(mapper, mappers.get(name, {}))
    return fields, mappers


class Realm:
    """One realm, brought to what its entry says."""

    def __init__(self, server, entry, secrets, log):
        self.server = server
        self.entry = entry
        self.secrets = secrets
        self.log = log
        self.name = entry["name"]
        self.path = f"/{quoted(self.name)}"
        self._clients = {}
        self._scopes = None

    def apply(self):
        """Everything in the order of its needs: what others refer to first."""
        entry = self.entry
        self.remove(entry.get("absent") or {})
        self.settings()
        for name, scope in sorted_items(entry, "clientScopes"):
            self.client_scope(name, scope)
        for name, role in sorted_items(entry, "roles"):
            self.role(f"{self.path}/roles", name, role, f"role {name}")
        for client_id, client in sorted_items(entry, "clients"):
            self.client(client_id, client)
        self.composites()
        for path, group in sorted_items(entry, "groups"):
            self.group(path, group)
        for client_id, client in sorted_items(entry, "clients"):
            self.service_account(client_id, client)
        for username, user in sorted_items(entry, "users"):
            self.user(username, user)

    # -- one object ---------------------------------------------------------------------------------------------------

    def bring(self, what, want, read, create, change):
        """Creates an object, or changes what differs; then reads it again, to be sure that Keycloak kept all of it.

        `read` gives the object or None, `create` and `change` take what is sent. Returns the object.
        """
        have = read()
        if have is None:
            self.say(f"create {what}")
            create(want)
        else:
            changes = differences(want, have)
            if not changes:
                return have
            self.say(f"change {what}: {told(changes)}")
            change(merged(want, have))
        have = read()
        if have is None:
            raise Failure(f"{what} in realm {self.name} was created, and cannot be found")
        lost = differences(want, have)
        if lost:
            raise Failure(f"Keycloak did not keep all of {what} in realm {self.name}: {told(lost)}")
        return have

    def say(self, words):
        self.log.line(f"{self.name}: {words}")

    # -- the realm itself -----------------------------------------------------------------------------------------------

    def settings(self):
        want = without(self.entry.get("settings") or {}, ())
        smtp = self.entry.get("smtp")
        if smtp:
            want["smtpServer"], version = self.smtp(smtp)
            if version:
                want["attributes"] = {**want.get("attributes", {}), "smtpPasswordVersion": version}
        have = self.server.get(self.path)
        if have is None:
            self.say("create realm")
            password = {"smtpServer": self.with_password(want["smtpServer"])} if smtp else {}
            self.server.post("", {"realm": self.name, "enabled": True, **want, **password})
            self.server.new_rights()
            have = self.server.get(self.path) or {}
        changes = differences(want, have)
        if not changes:
            return
        self.say(f"change realm: {told(changes)}")
        self.server.put(self.path, self.changed_settings(want, have, [path for path, _, _ in changes]))
        lost = differences(want, self.server.get(self.path) or {})
        if lost:
            raise Failure(f"Keycloak did not keep all settings of realm {self.name}: {told(lost)}")

    def changed_settings(self, want, have, paths):
        """All settings: of some, such as those of one-time passwords and devices, Keycloak resets or passes over a part.

        The mail server goes along only if it changes. Its password, which Keycloak shows as asterisks, stays then, too.
        """
        sent = merged(want, have)
        if any(path.startswith("smtpServer.") or path == "attributes.smtpPasswordVersion" for path in paths):
            sent["smtpServer"] = self.with_password(sent["smtpServer"])
        else:
            sent.pop("smtpServer", None)
        return sent

    def smtp(self, entry):
        """The mail server as Keycloak keeps it. It never tells the password: a version says when to write it again."""
        fields = {key: value for key, value in entry.items() if key not in ("passwordFile", "passwordVersion")}
        if entry.get("passwordFile"):
            fields["auth"] = True
        return texts(fields), text(entry.get("passwordVersion", "")) if entry.get("passwordFile") else ""

    def with_password(self, fields):
        name = (self.entry.get("smtp") or {}).get("passwordFile")
        return {**fields, "password": self.secrets.read(name)} if name else fields

    def remove(self, absent):
        """Deletes what is named under `absent`, and nothing else."""
        if not absent or self.server.get(self.path) is None:
            return
        for client_id in absent.get("clients") or []:
            found = self.server.get(f"{self.path}/clients?clientId={quoted(client_id)}")
            if found:
                self.say(f"delete client {client_id}")
                self.server.delete(f"{self.path}/clients/{found[0]['id']}")
        for name in absent.get("clientScopes") or []:
            if name in self.scopes():
                self.say(f"delete client scope {name}")
                self.server.delete(f"{self.path}/client-scopes/{self.scopes()[name]['id']}")
                self._scopes = None
        for name in absent.get("roles") or []:
            if self.server.get(f"{self.path}/roles/{quoted(name)}"):
                self.say(f"delete role {name}")
                self.server.delete(f"{self.path}/roles/{quoted(name)}")
        for path in absent.get("groups") or []:
            found = self.server.get(self.group_path(path))
            if found:
                self.say(f"delete group {path}")
                self.server.delete(f"{self.path}/groups/{found['id']}")

    # -- client scopes and mappers --------------------------------------------------------------------------------------

    def scopes(self):
        if self._scopes is None:
            self._scopes = {scope["name"]: scope for scope in self.server.get(f"{self.path}/client-scopes")}
        return self._scopes

    def scope_id(self, name):
        if name not in self.scopes():
            raise Failure(f"realm {self.name} has no client scope {name}")
        return self.scopes()[name]["id"]

    def client_scope(self, name, entry):
        want = {"name": name, "protocol": "openid-connect", **without(entry, SCOPE_PARTS)}

        def read():
            self._scopes = None
            return self.scopes().get(name)

        scope = self.bring(
            f"client scope {name}", want, read,
            lambda new: self.server.post(f"{self.path}/client-scopes", new),
            lambda new: self.server.put(f"{self.path}/client-scopes/{new['id']}", new))
        self.mappers(f"{self.path}/client-scopes/{scope['id']}", want["protocol"], entry.get("mappers") or {},
                     f"of client scope {name}")
        kind = entry.get("type", "none")
        if kind != "none":
            self.attach(f"{self.path}/default-", kind, scope["id"], f"make client scope {name} {kind} for new clients")

    def attach(self, owner, kind, scope_id, what):
        """Attaches a scope as `default` or `optional`. Keycloak passes over one that is attached as the other kind."""
        paths = {each: f"{owner}{each}-client-scopes" for each in ("default", "optional")}
        held = {each: [scope["id"] for scope in self.server.get(path) or []] for each, path in paths.items()}
        if scope_id in held[kind]:
            return
        self.say(what)
        for each, ids in held.items():
            if scope_id in ids:
                self.server.delete(f"{paths[each]}/{scope_id}")
        self.server.put(f"{paths[kind]}/{scope_id}")

    def mappers(self, owner, protocol, entries, of_what):
        if not entries:
            return
        path = f"{owner}/protocol-mappers/models"
        for name, entry in sorted(entries.items()):
            want = {"name": name, "protocol": protocol, **entry}
            if "config" in want:
                want["config"] = texts(want["config"])

            def read():
                return next((mapper for mapper in self.server.get(path) if mapper["name"] == name), None)

            self.bring(f"mapper {name} {of_what}", want, read,
                       lambda new: self.server.post(path, new),
                       lambda new: self.server.put(f"{path}/{new['id']}", new))

    # -- roles ----------------------------------------------------------------------------------------------------------

    def role(self, path, name, entry, what):
        fields = without(entry or {}, ROLE_PARTS)
        if "attributes" in fields:
            fields["attributes"] = lists(entry["attributes"])
        role_path = f"{path}/{quoted(name)}"
        # Keycloak keeps no attributes of a role that is sent without its name, and none at its creation.
        self.bring(what, {"name": name, **fields}, lambda: self.server.get(role_path),
                   lambda new: self.created_role(path, role_path, new), lambda new: self.server.put(role_path, new))

    def created_role(self, path, role_path, new):
        self.server.post(path, new)
        have = self.server.get(role_path)
        if have is not None and differences(new, have):
            self.server.put(role_path, merged(new, have))

    def composites(self):
        """The roles inside of roles, when all of them are there."""
        for name, role in sorted_items(self.entry, "roles"):
            self.composite(f"{self.path}/roles/{quoted(name)}", role, f"role {name}")
        for client_id, client in sorted_items(self.entry, "clients"):
            for name, role in sorted((client.get("roles") or {}).items()):
                if (role or {}).get("composites"):
                    path = f"{self.path}/clients/{self.client_uuid(client_id)}/roles/{quoted(name)}"
                    self.composite(path, role, f"role {name} of client {client_id}")

    def composite(self, path, entry, what):
        named = (entry or {}).get("composites")
        if not named:
            return
        have = {role["id"] for role in self.server.get(f"{path}/composites")}
        lacking = [role for _, role in self.roles_named(named) if role["id"] not in have]
        if lacking:
            self.say(f"add to {what}: {names(lacking)}")
            self.server.post(f"{path}/composites", lacking)

    def roles_named(self, named):
        """Pairs of the client's id (or None for a role of the realm) and the role."""
        for name in named.get("realm") or []:
            role = self.server.get(f"{self.path}/roles/{quoted(name)}")
            if role is None:
                raise Failure(f"realm {self.name} has no role {name}")
            yield None, role
        for client_id, role_names in sorted((named.get("client") or {}).items()):
            uuid = self.client_uuid(client_id)
            for name in role_names:
                role = self.server.get(f"{self.path}/clients/{uuid}/roles/{quoted(name)}")
                if role is None:
                    raise Failure(f"client {client_id} in realm {self.name} has no role {name}")
                yield uuid, role

    def grant(self, owner, named, what):
        """Adds roles to a group or user; none is taken away."""
        if not named:
            return
        have = self.server.get(f"{owner}/role-mappings") or {}
        held = {role["id"] for role in have.get("realmMappings") or []}
        for mapping in (have.get("clientMappings") or {}).values():
            held |= {role["id"] for role in mapping["mappings"]}
        lacking = {}
        for uuid, role in self.roles_named(named):
            if role["id"] not in held:
                lacking.setdefault(uuid, []).append(role)
        for uuid, roles in lacking.items():
            self.say(f"give {what}: {names(roles)}")
            self.server.post(f"{owner}/role-mappings/" + (f"clients/{uuid}" if uuid else "realm"), roles)

    # -- clients --------------------------------------------------------------------------------------------------------

    def client_uuid(self, client_id):
        if client_id not in self._clients:
            found = self.server.get(f"{self.path}/clients?clientId={quoted(client_id)}")
            if not found:
                raise Failure(f"realm {self.name} has no client {client_id}")
            self._clients[client_id] = found[0]["id"]
        return self._clients[client_id]

    def client(self, client_id, entry):
        fields, mappers = client_of(client_id, entry)
        want = {"clientId": client_id, **fields}
        if entry.get("secret"):
            want["secret"] = self.secrets.read(entry["secret"])

        def read():
            found = self.server.get(f"{self.path}/clients?clientId={quoted(client_id)}")
            if not found:
                return None
            client = found[0]
            if "secret" in want and "secret" not in client:
                client["secret"] = (self.server.get(f"{self.path}/clients/{client['id']}/client-secret") or {}).get("value")
            return client

        client = self.bring(
            f"client {client_id}", want, read,
            lambda new: self.server.post(f"{self.path}/clients", new),
            lambda new: self.server.put(f"{self.path}/clients/{new['id']}", new))
        self._clients[client_id] = client["id"]
        path = f"{self.path}/clients/{client['id']}"
        for name, role in sorted((entry.get("roles") or {}).items()):
            self.role(f"{path}/roles", name, role, f"role {name} of client {client_id}")
        self.mappers(path, want.get("protocol", client.get("protocol", "openid-connect")), mappers,
                     f"of client {client_id}")
        both = set(entry.get("defaultClientScopes") or []) & set(entry.get("optionalClientScopes") or [])
        if both:
            raise Failure(f"client {client_id} cannot have {', '.join(sorted(both))} as default and as optional client scope")
        for kind in ("default", "optional"):
            for name in entry.get(f"{kind}ClientScopes") or []:
                self.attach(f"{path}/", kind, self.scope_id(name), f"give client {client_id} the {kind} client scope {name}")
        for name in entry.get("detachedClientScopes") or []:
            self.detach(client_id, path, name)

    def detach(self, client_id, path, name):
        for kind in ("default", "optional"):
            for scope in self.server.get(f"{path}/{kind}-client-scopes"):
                if scope["name"] == name:
                    self.say(f"take the {kind} client scope {name} from client {client_id}")
                    self.server.delete(f"{path}/{kind}-client-scopes/{scope['id']}")

    def service_account(self, client_id, entry):
        named = entry.get("serviceAccountRoles")
        if not named:
            return
        user = self.server.get(f"{self.path}/clients/{self.client_uuid(client_id)}/service-account-user")
        if user is None:
            raise Failure(f"client {client_id} in realm {self.name} has no service account")
        self.grant(f"{self.path}/users/{user['id']}", named, f"the service account of client {client_id}")

    # -- groups and users -----------------------------------------------------------------------------------------------

    def group_path(self, path):
        return f"{self.path}/group-by-path/" + "/".join(quoted(part) for part in path.strip("/").split("/"))

    def group(self, path, entry):
        parent, _, name = path.strip("/").rpartition("/")
        create_at = f"{self.path}/groups"
        if parent:
            found = self.server.get(self.group_path(parent)) or self.group(parent, {})
            create_at = f"{self.path}/groups/{found['id']}/children"
        want = {"name": name, **{key: value for key, value in (entry or {}).items() if key not in GROUP_PARTS}}
        if "attributes" in want:
            want["attributes"] = lists(want["attributes"])
        group = self.bring(f"group {path}", want, lambda: self.server.get(self.group_path(path)),
                           lambda new: self.server.post(create_at, new),
                           lambda new: self.server.put(f"{self.path}/groups/{new['id']}", new))
        self.grant(f"{self.path}/groups/{group['id']}", (entry or {}).get("roles"), f"group {path}")
        return group

    def user(self, username, entry):
        """Password and required actions are given at the creation only: later they are the person's own affair."""
        fields = {key: value for key, value in entry.items() if key not in USER_PARTS}
        if "attributes" in fields:
            fields["attributes"] = lists(fields["attributes"])
        want = {"username": username.lower(), "enabled": True, **fields}

        def read():
            return next(iter(self.server.get(f"{self.path}/users?exact=true&username={quoted(username.lower())}")), None)

        def create(new):
            first = {key: entry[key] for key in ("requiredActions",) if entry.get(key)}
            password = entry.get("password")
            if password:
                first["credentials"] = [{"type": "password", "value": self.secrets.read(password["file"]),
                                         "temporary": password.get("temporary", True)}]
            self.server.post(f"{self.path}/users", {**new, **first})

        user = self.bring(f"user {username}", want, read, create,
                          lambda new: self.server.put(f"{self.path}/users/{new['id']}", new))
        path = f"{self.path}/users/{user['id']}"
        self.grant(path, entry.get("roles"), f"user {username}")
        if entry.get("groups"):
            held = {group["path"] for group in self.server.get(f"{path}/groups?max=1000")}
            for group_path in entry["groups"]:
                if "/" + group_path.strip("/") not in held:
                    group = self.server.get(self.group_path(group_path))
                    if group is None:
                        raise Failure(f"realm {self.name} has no group {group_path}")
                    self.say(f"put user {username} into group {group_path}")
                    self.server.put(f"{path}/groups/{group['id']}")


def sorted_items(entry, key):
    return sorted((name, value or {}) for name, value in (entry.get(key) or {}).items())


def names(roles):
    return ", ".join(sorted(role["name"] for role in roles))


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        server, account, realms = data["server"], data["account"], data["realms"]
        if not server["url"].startswith(("http://", "https://")):
            raise DataError(f"server.url is {server['url']!r}, expected http:// or https://")
        if account["grant"] not in ("password", "client_credentials"):
            raise DataError(f"account.grant is {account['grant']!r}, expected password or client_credentials")
        for realm in realms:
            if not realm.get("name"):
                raise DataError("a realm has no name")
        return server, account, realms
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{path} is no JSON: {error}") from None
    except KeyError as error:
        raise DataError(f"{path}: {error.args[0]} is missing") from None


def main(arguments, log=None):
    log = log or Log()
    if len(arguments) != 2:
        log.line("usage: keycloak_init.py DATA.json SECRETS_DIRECTORY")
        return 2
    try:
        server_data, account, realms = load(arguments[0])
        secrets = Secrets(arguments[1], log)
        server = Server(server_data, account, secrets, log)
        server.wait()
        for entry in realms:
            Realm(server, entry, secrets, log).apply()
    except DataError as error:
        log.line(f"error: {error}")
        return 2
    except Failure as error:
        log.line(f"error: {error}")
        return 1
    log.line(f"done: {server.writes} writes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
