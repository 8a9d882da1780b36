"""Makes connectors of Kafka Connect what their definitions say: creates and updates by name, removes what is named for it, and leaves all others alone.

connectors.py PLAN, a JSON file {"workers": [{"name", "url", "connectors": {NAME: CONFIG}, "remove": [NAME]}], "variables": {NAME: TEXT}}. Definitions as files
({"name", "config"}) are read from FOLDER/WORKER/*/*.json. Texts may have ${VARIABLE}; other ${...} are left for the worker.
"""
import json
import os
import pathlib
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

REFERENCE = re.compile(r"\$\{(\w+)\}")


class Refused(Exception):
    """A worker does not take a definition."""


def replaced(value, variables):
    """A definition with the variables that are known."""
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: variables.get(match[1], match[0]), value)
    if isinstance(value, dict):
        return {replaced(key, variables): replaced(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [replaced(inner, variables) for inner in value]
    return value


def as_text(value):
    """Kafka Connect knows only texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(as_text(one) for one in value)
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"))
    return str(value)


def wanted(worker, folder, variables):
    """The configurations by name, of the plan and of files; a name that stands twice is an error."""
    found = dict(worker.get("connectors") or {})
    for path in sorted(folder.glob(f"{worker['name']}/*/*.json")):
        definition = json.loads(path.read_text(encoding="utf-8"))
        if definition["name"] in found:
            raise Refused(f"{path}: there are two definitions of {definition['name']}")
        found[definition["name"]] = definition["config"]
    return {
        replaced(name, variables): {key: as_text(value) for key, value in replaced(config, variables).items() if key != "name"}
        for name, config in found.items()
    }


class Worker:
    def __init__(self, url, wait_seconds, sleep=time.sleep, clock=time.monotonic):
        self.url, self.sleep, self.clock = url.rstrip("/"), sleep, clock
        self.end = clock() + wait_seconds

    def ask(self, method, path, body=None):
        """The answer as JSON. A worker that is not there yet, or is sharing out connectors (409), is asked again."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers={"Content-Type": "application/json"})
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    text = answer.read()
                    return json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                reason = error.read().decode(errors="replace")
                if error.code not in (404, 409, 500, 502, 503, 504):
                    raise Refused(f"{method} {path}: {error.code} {reason}") from error
                reason = f"{error.code} {reason}"
            except (urllib.error.URLError, OSError) as error:
                reason = str(error)
            if self.clock() >= self.end:
                raise Refused(f"{method} {self.url}{path}: {reason}")
            print(f"  waiting for {self.url}: {reason.strip()[:200]}", flush=True)
            self.sleep(5)

    def present(self):
        return {name: whole["info"]["config"] for name, whole in self.ask("GET", "/connectors?expand=info").items()}

    def apply(self, configs, remove):
        """Returns how many were written."""
        there, written = self.present(), 0
        for name, config in sorted(configs.items()):
            old = {key: value for key, value in (there.get(name) or {}).items() if key != "name"}
            if name in there and old == config:
                print(f"  {name}: as it is", flush=True)
                continue
            self.ask("PUT", f"/connectors/{urllib.parse.quote(name, safe='')}/config", config)
            changed = sorted(key for key in {*old, *config} if old.get(key) != config.get(key))
            print(f"  {name}: {'changed ' + ', '.join(changed) if name in there else 'created'}", flush=True)
            written += 1
        for name in sorted(set(remove) - set(configs)):
            if name in there:
                self.ask("DELETE", f"/connectors/{urllib.parse.quote(name, safe='')}")
                print(f"  {name}: removed", flush=True)
                written += 1
        return written


def main(plan_file, folder="/etc/openg2p/definitions", environment=os.environ):
    plan = json.loads(pathlib.Path(plan_file).read_text(encoding="utf-8"))
    variables = {**environment, **plan.get("variables", {})}
    for worker in plan["workers"]:
        print(f"{worker['name']}, {worker['url']}", flush=True)
        configs = wanted(worker, pathlib.Path(folder), variables)
        remove = [replaced(name, variables) for name in worker.get("remove") or []]
        written = Worker(worker["url"], int(environment.get("WAIT_SECONDS", "900"))).apply(configs, remove)
        print(f"  {len(configs)} connectors, {written} written", flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Refused as refused:
        sys.exit(str(refused))
