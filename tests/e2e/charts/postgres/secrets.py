#!/usr/bin/env python3
"""The Job that makes Secrets, as the chart postgres-init renders it, run against a real API server with the rights of its Role.

usage: secrets.py CHARTWRIGHT     with KUBECONFIG of a cluster that may be written to, kubectl and curl on PATH

Runs the script with Busybox's tools, as in the Job's image (Debian's busybox is installed if it is missing): makes a Secret, leaves it alone, adds a key that
is missing, touches nothing else, and is refused a Secret that its Role does not name.
"""
import base64, os, re, shutil, subprocess, sys, tempfile
import yaml

CHART = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../charts/platform/postgres-init")
NAMESPACE = "chartwright-secrets"
ROOT = tempfile.mkdtemp(prefix="chartwright-secrets-")


def run(*command, stdin=None, fails=False, **more):
    result = subprocess.run(command, input=stdin, capture_output=True, text=True, **more)
    if bool(result.returncode) != fails:
        raise SystemExit(f"FAILED: {' '.join(command)[:200]}\n{result.stdout}{result.stderr}")
    return (result.stdout + result.stderr).strip()


def check(holds, what):
    if not holds:
        raise SystemExit("FAILED: " + what)
    print("ok:", what, flush=True)


def kubectl(*arguments, **more):
    return run("kubectl", *arguments, "--namespace", NAMESPACE, **more)


def documents(values):
    path = ROOT + "/values.yaml"
    with open(path, "w") as file:
        yaml.safe_dump(values, file)
    return [one for one in yaml.safe_load_all(run(sys.argv[1], "template", "demo", CHART, "--namespace", NAMESPACE, "-f", path)) if one]


def is_ours(one):
    return one["metadata"]["name"].startswith("demo-postgres-init-secrets")


def secret(name):
    found = yaml.safe_load(kubectl("get", "secret", name, "-o", "yaml"))
    return found, {key: base64.b64decode(text).decode() for key, text in found["data"].items()}


def job(values, fails=False):
    rendered = documents(values)
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(one for one in rendered if is_ours(one) and one["kind"] in ("ServiceAccount", "Role", "RoleBinding")))
    with open(ROOT + "/token", "w") as file:
        file.write(kubectl("create", "token", "demo-postgres-init-secrets"))
    container = next(one for one in rendered if one["kind"] == "Job" and is_ours(one))["spec"]["template"]["spec"]["containers"][0]
    env = {one["name"]: one["value"] for one in container["env"]}
    env.update(PATH=ROOT + "/bin", API_URL=SERVER, ACCOUNT_DIR=ROOT)
    script = container["command"][-1].replace("/tmp/", ROOT + "/tmp/")
    return run(shutil.which("busybox"), "sh", "-ec", script, env=env, fails=fails)


if not shutil.which("busybox"):
    run("apt-get", "install", "-y", "busybox")
os.makedirs(ROOT + "/bin"), os.makedirs(ROOT + "/tmp")
run("busybox", "--install", "-s", ROOT + "/bin")
os.symlink(shutil.which("curl"), ROOT + "/bin/curl")
config = yaml.safe_load(run("kubectl", "config", "view", "--raw", "--minify"))["clusters"][0]["cluster"]
SERVER = config["server"]
authority = base64.b64decode(config["certificate-authority-data"]).decode() if "certificate-authority-data" in config else open(config["certificate-authority"]).read()
with open(ROOT + "/ca.crt", "w") as file:
    file.write(authority)
try:
    run("kubectl", "delete", "namespace", NAMESPACE, "--ignore-not-found")
    run("kubectl", "create", "namespace", NAMESPACE)
    values = {"global": {"postgresql": {"host": "db", "adminSecret": {"name": "admin"}}}, "databases": {"registry": {}}}
    name = "demo-postgres-init-registry"
    output = job(values)
    check(output == f"Secret {name}: made", output)
    first, data = secret(name)
    check(data["username"] == "registry" and re.fullmatch("[A-Za-z0-9]{32}", data["password"]), "its user name and password are as described")
    check(first["metadata"]["labels"]["app.kubernetes.io/instance"] == "demo" and "ownerReferences" not in first["metadata"], "it belongs to nobody")
    output = job(values)
    check(output == f"Secret {name}: there, left as it is", output)
    check(secret(name)[0]["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"], "the second run changes nothing")
    kubectl("patch", "secret", name, "--type=json", "-p", '[{"op": "remove", "path": "/data/username"}, {"op": "add", "path": "/data/other", "value": "eA=="}]')
    output = job(values)
    check(output == f"Secret {name}: missing keys added", output)
    check(secret(name)[1] == {**data, "other": "x"}, "it adds the missing key and keeps the others")
    kubectl("patch", "secret", name, "--type=json", "-p", '[{"op": "remove", "path": "/data"}]')
    job(values)
    check(sorted(secret(name)[1]) == ["password", "username"], "it fills a Secret without data")
    kubectl("create", "secret", "generic", "foreign", "--from-literal=a=b")
    refused = kubectl("auth", "can-i", "get", "secret/foreign", "--as", f"system:serviceaccount:{NAMESPACE}:demo-postgres-init-secrets", fails=True)
    check(refused == "no", "its Role opens no other Secret")
    print("all holds")
finally:
    run("kubectl", "delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    shutil.rmtree(ROOT)
