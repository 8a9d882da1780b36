#!/usr/bin/env python3
"""Installs every chart in order with both Helms, and installs, changes, removes and installs again.

    install.py [CHART...] [--case=sandbox] [--helm=4.3] [--keep]     needs KUBECONFIG

The order follows from what charts provide and need. No containers run on simulated nodes, but the Jobs that make
Secrets are run here, against the cluster, as their service accounts: so their scripts and rights are real.

    first      helm upgrade --install --wait --wait-for-jobs: succeeds; every Secret that a pod names is there or needed
    second     the same again: succeeds, and no object is another, no Secret has other data
    changed    with another image registry: succeeds, and no Job is left of the former manifest
    gone       helm uninstall: nothing is left but claims, Secrets that were made once, and what is marked to be kept
    again      the first once more: succeeds, and finds the same Secrets

The sizes of the release records go to $WORK/records.json. With --keep the releases of the last installation stay.
"""
import base64, contextlib, json, os, re, sys, tarfile, tempfile, threading, time
from charts import *

TIMEOUT = "90s"
CHANGE = ["--set", "global.imageRegistry=registry.example.org"]
PROVIDES, NEEDS = "chartwright.io/provides", "chartwright.io/needs"
CONTRACT = """{{- $found := dict -}}
{{- range $key := list "%s" "%s" -}}
{{- $text := tpl (index ($.Chart.Annotations | default dict) $key | default "[]") $ -}}
{{- $_ := set $found $key (dict "text" $text "list" ($text | fromYamlArray)) -}}
{{- end -}}
{{ $found | toJson }}
""" % (PROVIDES, NEEDS)
ALWAYS = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
PASSING = {"Event", "Lease", "Endpoints", "EndpointSlice"}
OWNER = "meta.helm.sh/release-name"
VOLUMES = {"charts-check": "volume"}


def contract(chart, case):
    """What the chart provides and needs with the values of a case."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(chart.archive) as tar:
            tar.extractall(folder, filter="data")
        template = pathlib.Path(folder) / chart.name / "templates/zz-contract.yaml"
        template.write_text(CONTRACT)
        done = chartwright("-q", "template", chart.release, template.parent.parent, "-n", chart.namespace, *of(case),
                           "-s", "templates/zz-contract.yaml")
    if done.returncode:
        raise ValueError(f"annotations {PROVIDES} and {NEEDS}: {told(done)}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    for key in (PROVIDES, NEEDS):
        if any(not isinstance(entry, dict) or not all(kind in entry for kind in list(entry)[:1]) for entry in found[key]["list"]):
            raise ValueError(f"annotation {key} is no list of maps: {found[key]['text'].strip()}")
    return [things(found[key]["list"]) for key in (PROVIDES, NEEDS)]


def things(entries):
    """Each thing as its kind and what names it; optional ones are nobody's need."""
    found = set()
    for entry in entries:
        for kind, about in entry.items():
            if isinstance(about, dict) and not about.get("optional") and not entry.get("optional"):
                found.add((kind, *(str(about[key]) for key in ("host", "realm", "name", "id", "url") if key in about)))
    return found


def group(chart):
    return GROUPS.index(chart.title.split("/")[0])


def waves(contracts):
    """Charts after those that provide what they need, else group after group; what nobody here provides counts as there."""
    left, made = list(contracts), []
    while left:
        ready = []
        for chart in left:
            provided, needed = contracts[chart]
            others = set().union(*(contracts[other][0] for other in left if other is not chart))
            if not needed & others - provided:
                ready.append(chart)
        if not ready:
            raise ValueError(f"need each other: {', '.join(chart.title for chart in left)}")
        made.append([chart for chart in ready if group(chart) == min(map(group, ready))])
        left = [chart for chart in left if chart not in made[-1]]
    return made


def print_outside(contracts):
    """What the charts need and none of them provides: other projects' charts and the site."""
    provided = set().union(*(gives for gives, _ in contracts.values()))
    for chart, (_, needed) in contracts.items():
        for thing in sorted(needed - provided):
            print(f"from outside: {chart.title}: {' '.join(thing)}")


class Cluster:
    """The releases of one Helm, and the state of the namespaces that they are in."""

    def __init__(self, version):
        self.version, self.helm = version, HELMS[version]
        self.made, self.lock = {}, threading.Lock()

    def install(self, chart, case, *more):
        return run(self.helm, "upgrade", "--install", chart.release, chart.archive, "-n", chart.namespace, "--create-namespace",
                   "--wait", "--wait-for-jobs", "--timeout", TIMEOUT, *of(case), *more)

    def uninstall(self, chart):
        return run(self.helm, "uninstall", chart.release, "-n", chart.namespace, "--wait", "--timeout", TIMEOUT)

    def manifest(self, chart):
        return run(self.helm, "get", "manifest", chart.release, "-n", chart.namespace).stdout

    def objects(self, chart):
        """The objects of a release as the server has them, without what changes by itself."""
        found = {}
        done = kubectl_in(chart.namespace, "get", "--ignore-not-found", "-o", "json", "-f", "-", text=self.manifest(chart))
        answer = json.loads(done.stdout or "{}")
        for item in answer.get("items", [answer] if answer else []):
            for key in ("resourceVersion", "managedFields"):
                item["metadata"].pop(key, None)
            item.pop("status", None)
            found[item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]] = item
        return found

    def record_size(self, chart):
        """Bytes of the newest release record, as Helm stores it: compressed JSON in Base64."""
        labels = f"owner=helm,name={chart.release}"
        stored = kubectl_json("get", "secrets", "-n", chart.namespace, "-l", labels)["items"]
        return max((len(base64.b64decode(item["data"]["release"])) for item in stored), default=0)

    def run_secret_jobs(self, chart):
        """Does the work of the Jobs that make Secrets, which simulated nodes only pretend to do; the problems."""
        problems = []
        for job in kubectl_json("get", "jobs", "-n", chart.namespace, "-l", f"app.kubernetes.io/instance={chart.release}")["items"]:
            pod = job["spec"]["template"]["spec"]
            for container in pod["containers"]:
                variables = {entry["name"]: entry.get("value", "") for entry in container.get("env", [])}
                names = {line.split()[0] for line in variables.get("WANTED", "").splitlines() if line.split()}
                if not names:
                    continue
                # The library's script, which stands in the command itself, keeps answers in one place of /tmp.
                with self.lock if len(container["command"]) > 2 else contextlib.nullcontext():
                    done = run_here(chart.namespace, pod, container, variables)
                self.made.update({(chart.namespace, name): chart for name in names})
                if done.returncode:
                    problems.append(f"Job {job['metadata']['name']}: {told(done)}")
        return problems


class Provisioner(threading.Thread):
    """Makes volumes for claims whose storage class belongs to a driver that is not there, as the driver would."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(1):
            done = kubectl("get", "persistentvolumeclaims", "--all-namespaces", "-o", "json")
            for claim in json.loads(done.stdout or '{"items": []}')["items"]:
                driver = claim["metadata"].get("annotations", {}).get("volume.kubernetes.io/storage-provisioner", "")
                if claim["status"].get("phase") == "Pending" and driver not in ("", "kubernetes.io/host-path"):
                    kubectl("create", "-f", "-", text=json.dumps(self.volume(claim)))

    @staticmethod
    def volume(claim):
        about, spec = claim["metadata"], claim["spec"]
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"pvc-{about['uid']}", "labels": VOLUMES},
                "spec": {"capacity": spec["resources"]["requests"], "accessModes": spec["accessModes"], "storageClassName": spec["storageClassName"],
                         "volumeMode": spec.get("volumeMode", "Filesystem"), "hostPath": {"path": f"/tmp/{about['uid']}"},
                         "claimRef": {"kind": "PersistentVolumeClaim", "namespace": about["namespace"], "name": about["name"], "uid": about["uid"]}}}


def run_here(namespace, pod, container, variables):
    """Runs a container's command here, with its scripts and the token of its service account."""
    with tempfile.TemporaryDirectory() as folder:
        config = kubectl_json("config", "view", "--raw", "--flatten", "--minify")["clusters"][0]["cluster"]
        account = pathlib.Path(folder, "account")
        account.mkdir()
        (account / "token").write_text(kubectl("create", "token", pod["serviceAccountName"], "-n", namespace).stdout)
        (account / "ca.crt").write_bytes(base64.b64decode(config["certificate-authority-data"]))
        command = container["command"]
        for path, copy in scripts(namespace, pod, container, folder):
            command = [word.replace(path, copy, 1) if word.startswith(path) else word for word in command]
        places = {"ACCOUNT_DIR": account, "API_URL": config["server"], "WORK": f"{folder}/work"}
        environment = {"PATH": os.environ["PATH"], **variables, **{name: str(place) for name, place in places.items()}}
        return run(*command, environment=environment, timeout=600)


def scripts(namespace, pod, container, folder):
    """Where ConfigMaps are mounted, and where copies of them lie."""
    maps = {volume["name"]: volume["configMap"]["name"] for volume in pod.get("volumes", []) if "configMap" in volume}
    for mount in container.get("volumeMounts", []):
        if mount["name"] in maps:
            copy = pathlib.Path(folder, mount["name"])
            copy.mkdir()
            for name, text in kubectl_json("get", "configmap", maps[mount["name"]], "-n", namespace).get("data", {}).items():
                (copy / name).write_text(text)
            yield mount["mountPath"], str(copy)


def secrets(namespaces):
    """The data of all Secrets but Helm's own."""
    found = {}
    for namespace in namespaces:
        for item in kubectl_json("get", "secrets", "-n", namespace)["items"]:
            if item["type"] not in ("helm.sh/release.v1", "kubernetes.io/service-account-token"):
                found[namespace, item["metadata"]["name"]] = item.get("data", {})
    return found


def references(pod):
    """The Secrets that a pod cannot start without."""
    found = {entry["name"] for entry in pod.get("imagePullSecrets", [])}
    for volume in pod.get("volumes", []):
        sources = [volume, *volume.get("projected", {}).get("sources", [])]
        found.update(source["secret"].get("secretName") or source["secret"].get("name") for source in sources
                     if "secret" in source and not source["secret"].get("optional"))
    for container in [*pod.get("containers", []), *pod.get("initContainers", [])]:
        taken = [entry.get("secretRef") for entry in container.get("envFrom", [])]
        taken += [entry.get("valueFrom", {}).get("secretKeyRef") for entry in container.get("env", [])]
        found.update(entry["name"] for entry in taken if entry and not entry.get("optional"))
    return found


def pods(objects):
    for item in objects.values():
        spec = item.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template", {})
        if item["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"):
            yield item["kind"], item["metadata"]["name"], template["spec"]


def missing_secrets(chart, objects, needs):
    """Secrets that pods name and that neither exist nor are asked for in the chart's annotation."""
    there = {name for namespace, name in secrets([chart.namespace]) if namespace == chart.namespace}
    asked = {names[-1] for kind, *names in needs if kind == "secret"}
    return [f"{kind} {name} names the Secret {secret}, which is not there and not in `{NEEDS}`"
            for kind, name, pod in pods(objects) for secret in sorted(references(pod) - there - asked)]


def different(before, after):
    """What was added, removed or changed, by name."""
    names = sorted(set(before) | set(after), key=str)
    return [" ".join(filter(None, name)) + (" is new" if name not in before else " is gone" if name not in after else f" is another: {first_change(before[name], after[name])}")
            for name in names if before.get(name) != after.get(name)]


def first_change(before, after, path=""):
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [key for key in sorted(set(before) | set(after)) if before.get(key) != after.get(key)]
        return first_change(before.get(keys[0]), after.get(keys[0]), f"{path}.{keys[0]}") if keys else path
    return path.lstrip(".")


def former_jobs(cluster, namespaces, installed):
    """Jobs of releases that stand in no current manifest."""
    current = set()
    for chart in installed:
        found = re.findall(r"(?ms)^kind: Job$.*?^  name: [\"']?([^\s\"']+)", cluster.manifest(chart))
        current.update((chart.namespace, name) for name in found)
    jobs = [item for namespace in namespaces for item in kubectl_json("get", "jobs", "-n", namespace)["items"]]
    owned = [item for item in jobs if not item["metadata"].get("ownerReferences")]
    return [item["metadata"]["name"] for item in owned if (item["metadata"]["namespace"], item["metadata"]["name"]) not in current]


def listed(namespaced, *arguments):
    kinds = kubectl("api-resources", f"--namespaced={namespaced}", "--verbs=list,delete", "-o", "name").stdout.split()
    kinds = [kind for kind in kinds if not kind.startswith(("events", "bindings", "leases"))]
    return kubectl_json("get", ",".join(kinds), "--ignore-not-found", *arguments)["items"]


def inhabitants(namespaces):
    """Everything that lies in the namespaces."""
    found = {(item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]): item for item in listed("true", "--all-namespaces")}
    return {name: item for name, item in found.items() if name[1] in namespaces}


def left_behind(cluster, before, now, releases):
    """What stays in the namespaces, and what with a release's mark outside of them; and how many things are kept."""
    kept, left = 0, []
    for (kind, namespace, name), item in now.items():
        if (kind, namespace, name) in before or (kind, name) in ALWAYS or kind in PASSING:
            continue
        is_marked = item["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep"
        is_kept = kind == "PersistentVolumeClaim" or (kind == "Secret" and (namespace, name) in cluster.made) or is_marked
        kept += is_kept
        if not is_kept:
            left.append(f"{kind} {namespace}/{name}")
    for item in listed("false"):
        annotations = item["metadata"].get("annotations", {})
        if annotations.get(OWNER) in releases and annotations.get("helm.sh/resource-policy") != "keep":
            left.append(f"{item['kind']} {item['metadata']['name']}")
    return kept, left


class Round:
    """One Helm's way through all steps."""

    def __init__(self, figure, version, order, contracts):
        self.figure, self.cluster, self.order, self.contracts = figure, Cluster(version), order, contracts
        self.marks = {chart: {} for wave in order for chart in wave}
        self.sizes, self.case = {}, option("case", "sandbox")
        self.namespaces, self.foreign = self.places()

    def places(self):
        """All namespaces that objects will be in, and those that somebody else has to make."""
        own, used, made = {chart.namespace for chart in self.marks}, set(), set()
        for chart in self.marks:
            found = namespaces(template(self.cluster.helm, chart, chart.case(self.case)).stdout)
            used, made = used | found[0], made | found[1]
        return sorted(own | used | made), sorted(used - own - made)

    def fail(self, chart, step, text):
        self.figure.fail(chart, f"helm {self.cluster.version}, {step}: {text}")
        if isinstance(chart, Chart):
            self.marks[chart][step] = "FAILED"

    def step(self, name, act, order):
        """Runs a step for every chart, wave after wave, and notes the seconds that it took."""
        def timed(chart):
            began = time.monotonic()
            problems = act(chart)
            self.marks[chart].setdefault(name, f"{time.monotonic() - began:.1f} s")
            return chart, problems
        began_all = time.monotonic()
        for wave in order:
            for chart, problems in pool(timed, wave, WORKERS + 1):
                for problem in problems:
                    self.fail(chart, name, problem)
        print(f"helm {self.cluster.version}, {name}: {time.monotonic() - began_all:.0f} s", file=sys.stderr, flush=True)

    def install(self, chart, *more):
        done = self.cluster.install(chart, chart.case(self.case), *more)
        return [told(done)] if done.returncode else self.cluster.run_secret_jobs(chart)

    def first(self, chart):
        problems = self.install(chart)
        self.sizes[chart.title] = self.cluster.record_size(chart)
        return problems

    def second(self, chart):
        before = self.cluster.objects(chart)
        problems = self.install(chart)
        return problems or different(before, self.cluster.objects(chart))

    def uninstall(self, chart):
        done = self.cluster.uninstall(chart)
        return [told(done)] if done.returncode else []

    def gone(self):
        """Waits for what is going, then tells what is not."""
        releases = {chart.release for chart in self.marks}
        ends = time.monotonic() + 90
        while True:
            kept, left = left_behind(self.cluster, self.before, inhabitants(self.namespaces), releases)
            if not left or time.monotonic() > ends:
                break
            time.sleep(1)
        for thing in left:
            self.fail("all charts", "gone", f"{thing} is left")
        return kept

    def run(self):
        self.clear()
        make_namespaces(self.foreign)
        self.before = inhabitants(self.namespaces)
        self.step("first", self.first, self.order)
        for chart in self.marks:
            for problem in missing_secrets(chart, self.cluster.objects(chart), self.contracts[chart][1]):
                self.fail(chart, "first", problem)
        found = secrets(self.namespaces)
        self.step("second", self.second, self.order)
        self.compare("second", found)
        self.step("changed", lambda chart: self.install(chart, *CHANGE), self.order)
        self.compare("changed", found)
        for job in former_jobs(self.cluster, self.namespaces, self.marks):
            self.fail("all charts", "changed", f"Job {job} is left of a former manifest")
        self.step("gone", self.uninstall, self.order[::-1])
        kept = self.gone()
        self.step("again", self.install, self.order)
        self.compare("again", found)
        if not any(word == "--keep" for word in sys.argv):
            pool(self.uninstall, [chart for wave in self.order[::-1] for chart in wave], 1)
            self.clear()
        return len(found), kept

    def compare(self, step, found):
        for change in different(found, secrets(self.namespaces)):
            self.fail("Secrets", step, change.replace("\n", " "))

    def clear(self):
        """Takes away what an earlier round left in its namespaces."""
        ours = [name for name in self.namespaces if name not in ("default", "kube-system")]
        kubectl("delete", "namespace", "--ignore-not-found", "--wait", *ours, timeout=600)
        kubectl("delete", "persistentvolume", "--wait=false", "-l", "charts-check=volume")


def main():
    need_cluster()
    figure = Figure("install", "chart", "wave", "helm", "first", "second", "changed", "gone", "again", "record bytes")
    contracts, unpacked = {}, package()
    for chart in charts():
        try:
            if chart in unpacked:
                raise ValueError(f"package: {unpacked[chart]}")
            if not chart.is_library:
                contracts[chart] = contract(chart, chart.case(option("case", "sandbox")))
        except ValueError as problem:
            figure.fail(chart, str(problem))
    order, sizes, summary = waves(contracts), {}, []
    print_outside(contracts)
    provisioner = Provisioner()
    provisioner.start()
    wanted = option("helm", "")
    for version in [version for version in HELMS if not wanted or version == wanted]:
        began = time.monotonic()
        one = Round(figure, version, order, contracts)
        count, kept = one.run()
        for at, wave in enumerate(order, 1):
            for chart in wave:
                marks = one.marks[chart]
                figure.row(chart.title, at, version, *(marks.get(step, "-") for step in ("first", "second", "changed", "gone", "again")), one.sizes.get(chart.title))
                sizes[chart.title] = max(sizes.get(chart.title, 0), one.sizes.get(chart.title, 0))
        summary.append(f"helm {version}: {count} Secrets stayed the same, {kept} claims and Secrets kept, {time.monotonic() - began:.0f} s")
    provisioner.ended.set()
    (work() / "records.json").write_text(json.dumps(sizes, indent=1))
    figure.end(f"{len(contracts)} charts in {len(order)} waves; " + "; ".join(summary))


if __name__ == "__main__":
    main()
