"""Compares what a published chart runs with what ours run in its place, and writes docs/parity/MODULE.md.

    python3 tests/e2e/charts/parity.py [MODULE...]            every docs/parity/*.yaml by default
    python3 tests/e2e/charts/parity.py MODULE --against=ARCHIVE     another version of the published chart; nothing is written
    python3 tests/e2e/charts/parity.py --facts ARCHIVE        what a published chart runs, to write a chart from

docs/parity/MODULE.yaml says what stands against what:

    published: {archive: spar-1.1.0.tgz, release: spar, values: {}}
    ours:                               # charts with like values, each as its own release of one namespace
      - {chart: modules/openg2p-spar, release: spar, values: {}}
    components:                         # workload of the published release: workloads that do its work now
      spar-spar-mapper-api: [spar-mapper-api]
    replaced:                           # at most ten lines: what is not there any more, and what does its work
      - {component: spar-postgresql, by: "the environment's one PostgreSQL (platform/postgresql)"}
      - {component: spar-keymanager, what: "variable SPRING_CONFIG_GIT_REPO", by: "properties in a ConfigMap"}

`what` may be left out (the whole component) or end in `*`. Archives are looked for in PUBLISHED (a folder). Ends with 1
if something is missing that no line replaces, if a line replaces nothing, or if there are more than ten lines. Against another
version, images of another version and lines that replace nothing are no fault.
"""
import collections, fnmatch, os, pathlib, re, sys
from charts import *

PUBLISHED = pathlib.Path(os.environ.get("PUBLISHED", pathlib.Path.home() / ".cache/chartwright-corpus"))
PAGES = ROOT / "docs/parity"
LONGEST = 10
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def objects(text):
    """The objects of a rendered manifest. They are read by chartwright, as the values of a chart that prints them."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for nth, document in enumerate(re.split(r"(?m)^---\s*$", text)):
            if not re.search(r"(?m)^kind:", document):
                continue
            path = pathlib.Path(folder, f"{nth}.yaml")
            path.write_text("object:\n" + "".join(f"  {line}\n" if line else "\n" for line in document.splitlines()))
            found.append(path)
        return [read_values(path)["object"] for path in found]


def rendered(chart, release, values):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(values or {}, file)
        file.flush()
        done = chartwright("template", release, chart, "-n", "parity", "-f", file.name)
    if done.returncode:
        raise ValueError(f"{chart}: {told(done)}")
    return objects(done.stdout)


def pod_of(thing):
    spec = thing["spec"]
    if thing["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec["template"]


def software(image):
    """Name and version of an image, wherever it is fetched from."""
    image = image.split("@")[0]
    name, _, version = image.rpartition(":") if ":" in image.rsplit("/", 1)[-1] else (image, "", "latest")
    return f"{name.rsplit('/', 1)[-1]} {version}"


def probe(container, kind):
    """What a probe asks, by the number of the port."""
    described = container.get(kind)
    if not described:
        return None
    names = {port.get("name"): port.get("containerPort") for port in container.get("ports") or []}
    number = lambda port: names.get(port, port)
    word = kind.removesuffix("Probe")
    if "httpGet" in described:
        return f"{word} http {number(described['httpGet'].get('port'))}{described['httpGet'].get('path', '/')}"
    if "tcpSocket" in described:
        return f"{word} tcp {number(described['tcpSocket'].get('port'))}"
    return f"{word} {'grpc' if 'grpc' in described else 'exec'}"


class Component:
    """What one workload runs: texts such as `variable DB_HOST`, by which two charts are compared."""

    def __init__(self, thing):
        self.name, self.kind, self.facts = thing["metadata"]["name"], thing["kind"], set()
        template = pod_of(thing)
        self.labels, spec = (template.get("metadata") or {}).get("labels") or {}, template["spec"]
        self.initial = {software(one["image"]) for one in spec.get("initContainers") or []}
        for container in spec["containers"]:
            self.container(container)
        for claim in thing["spec"].get("volumeClaimTemplates") or []:
            self.facts.add(f"claim of {claim['spec']['resources']['requests']['storage']}")
        self.claims = [one["persistentVolumeClaim"]["claimName"] for one in spec.get("volumes") or [] if "persistentVolumeClaim" in one]

    def container(self, container):
        add = self.facts.add
        add(f"image {software(container['image'])}")
        for variable in container.get("env") or []:
            add(f"variable {variable['name']}")
        for mount in container.get("volumeMounts") or []:
            add(f"mount {mount['mountPath'].rstrip('/')}")
        for port in container.get("ports") or []:
            add(f"port {port['containerPort']}")
        for kind in PROBES:
            if told_probe := probe(container, kind):
                add(f"probe {told_probe}")


def attach(components, things):
    """Adds to the workloads what leads to them: Services, routes from outside, claims."""
    services = {}
    for thing in things:
        spec, name = thing.get("spec") or {}, thing["metadata"]["name"]
        if thing["kind"] == "Service" and spec.get("selector"):
            behind = [one for one in components if spec["selector"].items() <= one.labels.items()]
            services[name] = behind
            for one in behind:
                one.facts.update(f"service port {port['port']}" for port in spec.get("ports") or [])
        if thing["kind"] == "PersistentVolumeClaim":
            for one in components:
                if name in one.claims:
                    one.facts.add(f"claim of {spec['resources']['requests']['storage']}")
    for thing in things:
        if thing["kind"] == "VirtualService":
            for host, prefix, target in routes(thing["spec"]):
                for one in services.get(target.split(".")[0], []):
                    one.facts.add(f"route {host}{prefix}")


def routes(spec):
    """Host, prefix and destination of each route of a VirtualService."""
    for route in spec.get("http") or []:
        prefixes = [(match.get("uri") or {}).get("prefix", "/") for match in route.get("match") or [{}]]
        for target in route.get("route") or []:
            for host in spec.get("hosts") or []:
                for prefix in prefixes:
                    yield host, prefix.rstrip("/") or "/", target["destination"]["host"]
    for route in spec.get("tcp") or []:
        for target in route.get("route") or []:
            yield "tcp ", str(target["destination"]["port"]["number"]), target["destination"]["host"]


def components(things):
    found = [Component(thing) for thing in things if thing["kind"] in WORKLOADS]
    attach(found, things)
    return {one.name: one for one in found}


def stem(name):
    """A Job's name without the hash of its template."""
    return re.sub(r"-[0-9a-f]{8,}$", "", name)


def compare(plan):
    """What is missing of each published component: (component, fact), and how much there was."""
    published = plan["published"]
    old = components(rendered(PUBLISHED / published["archive"], published["release"], published.get("values")))
    new = {}
    for ours in plan["ours"]:
        new |= {stem(name): one for name, one in components(rendered(CHARTS / ours["chart"], ours["release"], ours.get("values"))).items()}
    mapping, missing, counts = plan.get("components") or {}, [], {}
    for name, component in sorted(old.items()):
        named = mapping.get(name)
        if named is None:
            missing.append((name, ""))
            continue
        unknown = [one for one in named if one not in new]
        if unknown:
            raise ValueError(f"{name}: ours have no workload {', '.join(unknown)}; they have {', '.join(sorted(new))}")
        there = set().union(*[new[one].facts for one in named])
        counts[name] = (named, len(component.facts), len(component.facts & there))
        missing += [(name, fact) for fact in sorted(component.facts - there)]
    strays = [name for name in mapping if name not in old]
    if strays and not plan.get("isOther"):
        raise ValueError(f"the published release has no workload {', '.join(strays)}; it has {', '.join(sorted(old))}")
    return old, counts, missing


def judge(plan, missing):
    """Each line with what it replaces; what no line replaces; lines that replace nothing."""
    lines = [(line, []) for line in plan.get("replaced") or []]
    open_ends = []
    for component, fact in missing:
        fits = lambda line: fnmatch.fnmatch(component, line["component"]) and fnmatch.fnmatch(fact, line.get("what", "*"))
        taken = next((taken for line, taken in lines if fits(line)), open_ends)
        taken.append((component, fact))
    return lines, open_ends, [line for line, taken in lines if not taken]


def page(module, plan, counts, lines, total):
    ours = ", ".join(f"`{one['chart']}`" for one in plan["ours"])
    text = [
        f"# {module}: what stood in the published chart, and where it is now", "",
        f"Published: `{plan['published']['archive']}`. Ours: {ours}. Written by `tests/e2e/charts/parity.py {module}` from both, rendered with like values:",
        "software and version of images, ports, variables, mounts, probes, routes, volumes of each workload.", "",
        "| published workload | ours | facts | the same |", "|---|---|---|---|",
    ]
    text += [f"| {name} | {', '.join(named)} | {before} | {same} |" for name, (named, before, same) in sorted(counts.items())]
    text += ["", f"{total} facts of the workloads above and {len(lines)} of {LONGEST} lines of what changed:", "", "| workload | what | replaced by | facts |", "|---|---|---|---|"]
    for line, taken in lines:
        whole = ", ".join(sorted({fact for _, fact in taken if fact})[:12]) or "all of it"
        text.append(f"| {line['component']} | {line.get('what', whole)} | {line['by']} | {len(taken)} |")
    return "\n".join(text) + "\n"


def check(file):
    module, plan = file.stem, read_values(file)
    old, counts, missing = compare(plan)
    lines, open_ends, idle = judge(plan, missing)
    (PAGES / f"{module}.md").write_text(page(module, plan, counts, lines, sum(before for _, before, _ in counts.values())))
    problems = [f"missing: {component}: {fact or 'the whole workload'}" for component, fact in open_ends]
    problems += [f"replaces nothing: {line}" for line in idle]
    problems += [f"{len(lines)} lines, at most {LONGEST} are meant to be needed"] if len(lines) > LONGEST else []
    print(f"{module}: {len(old)} workloads, {len(missing)} facts that changed, {len(lines)} lines, {len(problems)} problems")
    print("".join(f"  {problem}\n" for problem in problems), end="")
    return not problems


def against(module, archive):
    """Compares with another version of the published chart."""
    plan = read_values(PAGES / f"{module}.yaml")
    plan["published"]["archive"], plan["isOther"] = archive, True
    old, _, missing = compare(plan)
    lines, open_ends, _ = judge(plan, missing)
    images = [fact for _, fact in open_ends if fact.startswith("image ")]
    problems = [f"missing: {component}: {fact or 'the whole workload'}" for component, fact in open_ends if fact not in images]
    used = sum(bool(taken) for _, taken in lines)
    print(f"{module} against {archive}: {len(old)} workloads, {len(missing)} facts that changed, {used} lines, {len(problems)} problems")
    print("".join(f"  other version: {fact.removeprefix('image ')}\n" for fact in sorted(set(images))), end="")
    print("".join(f"  {problem}\n" for problem in problems), end="")
    return not problems


def facts(archive):
    for name, component in sorted(components(rendered(PUBLISHED / archive, "release", {})).items()):
        print(f"{component.kind} {name}" + "".join(f"\n  initial {one}" for one in sorted(component.initial)))
        print("".join(f"  {fact}\n" for fact in sorted(component.facts)), end="")


def main():
    if sys.argv[1:2] == ["--facts"]:
        return facts(sys.argv[2])
    wanted = [word for word in sys.argv[1:] if not word.startswith("--")]
    if archive := option("against", ""):
        return 0 if all([against(module, archive) for module in wanted]) else 1
    files = [file for file in sorted(PAGES.glob("*.yaml")) if not wanted or file.stem in wanted]
    if not files:
        sys.exit(f"no comparison in {PAGES} is called so")
    results = [check(file) for file in files]
    print(f"parity: {sum(results)} of {len(results)} modules")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
