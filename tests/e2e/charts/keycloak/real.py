"""What `run` and `server` share: a real Keycloak's distribution, free ports, and rendered charts."""

import atexit
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import urllib.request
import zipfile

try:
    import yaml
except ImportError:
    sys.exit("PyYAML is missing: apt-get install python3-yaml, or pip install pyyaml")

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[3]
CHARTS = ROOT / "charts" / "base-infrastructure"
VERSION = "26.5.6"
ARCHIVE = f"https://repo.maven.apache.org/maven2/org/keycloak/keycloak-quarkus-dist/{VERSION}/keycloak-quarkus-dist-{VERSION}.zip"
TOOLS = pathlib.Path(os.environ.get("E2E_DIR", pathlib.Path.home() / ".cache" / "chartwright-e2e")) / "keycloak"

passed = 0


def check(good, words):
    global passed
    if not good:
        raise SystemExit(f"FAILED: {words}")
    passed += 1


def need(good, words):
    """A check that is made again and again, and counted never."""
    if not good:
        raise SystemExit(f"FAILED: {words}")


def total():
    print(f"{passed} passed, 0 failed")


def chartwright():
    return str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "release" / "chartwright").resolve())


def install():
    """Keycloak's folder. The archive is fetched from Maven Central where it is not there yet."""
    home = TOOLS / f"keycloak-{VERSION}"
    if not home.exists():
        TOOLS.mkdir(parents=True, exist_ok=True)
        archive = TOOLS / "keycloak.zip"
        print(f"fetching {ARCHIVE}", flush=True)
        with urllib.request.urlopen(ARCHIVE) as answer, open(archive, "wb") as file:
            shutil.copyfileobj(answer, file)
        unpacked = TOOLS / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        zipfile.ZipFile(archive).extractall(unpacked)
        (unpacked / f"keycloak-{VERSION}" / "bin" / "kc.sh").chmod(0o755)
        (unpacked / f"keycloak-{VERSION}").rename(home)
        archive.unlink()
    if not shutil.which("java"):
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "openjdk-21-jre-headless"], check=True)
    return home


def ports(count):
    """So many free ports of 127.0.0.1."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    numbers = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return numbers


def render(chart, *arguments):
    """The objects that a chart renders to."""
    done = subprocess.run([chartwright(), "-q", "template", "e2e", str(CHARTS / chart), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"FAILED: {chart} does not render: {done.stderr}")
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def start(command, log, environment):
    """A process of our own in its own group, which is stopped at the end by its id. Its output goes to the file `log`."""
    with open(log, "wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment, start_new_session=True)
    atexit.register(stop, process)
    return process


def stop(process, seconds=60):
    """Ends a process by its id; the status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode
