"""What the checks of the project's charts share: the charts and their cases, the programs, and how a figure is told.

Environment: CHARTS, the folder of charts (default: charts/ of the project); WORK, a folder for archives and other
output (default: one that is removed at the end); CHARTWRIGHT, HELM4, HELM3, KUBECONFORM, KUBECTL, the programs;
KUBECONFIG, a cluster of simulated nodes that may be thrown away.
"""
import atexit, concurrent.futures, dataclasses, functools, json, os, pathlib, re, shutil, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
CHARTS = pathlib.Path(os.environ.get("CHARTS", ROOT / "charts")).resolve()
GROUPS = ("library", "base-infrastructure", "platform", "modules")
TOOLS = pathlib.Path(os.environ.get("E2E_DIR", pathlib.Path.home() / ".cache/chartwright-e2e"))
CHARTWRIGHT = os.environ.get("CHARTWRIGHT", str(ROOT / "target/release/chartwright"))
HELMS = {
    "4.3": os.environ.get("HELM4", str(TOOLS / "bin/helm")),
    "3.22": os.environ.get("HELM3", str(TOOLS / "helm3/helm")),
}
KUBECONFORM = os.environ.get("KUBECONFORM", str(TOOLS / "bin/kubeconform"))
KUBECTL = os.environ.get("KUBECTL", "kubectl")
NAMESPACE = "dev"
KUBERNETES = "1.36.0"
WORKERS = os.cpu_count() or 1
SHOWN = 12


def work():
    """The folder for output, without which nothing outlives the check."""
    if "WORK" not in os.environ:
        os.environ["WORK"] = tempfile.mkdtemp(prefix="charts-check-")
        atexit.register(shutil.rmtree, os.environ["WORK"], ignore_errors=True)
    folder = pathlib.Path(os.environ["WORK"]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(*command, text=None, timeout=300, environment=None):
    """Runs a program to its end; neither status nor output is judged here."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(words, input=text, capture_output=True, text=True, timeout=timeout, env=environment)
    except subprocess.TimeoutExpired as late:
        told = (late.stderr or b"").decode(errors="replace") + f"\n{words[0]} was stopped after {timeout} s"
        return subprocess.CompletedProcess(words, 124, "", told)


def chartwright(*arguments, **options):
    return run(CHARTWRIGHT, "--color", "never", *arguments, **options)


def told(done):
    """The last lines that a program printed."""
    lines = (done.stdout + done.stderr).strip().splitlines()
    return "\n      ".join(lines[-SHOWN:]) or f"ended with {done.returncode}"


@functools.cache
def reader():
    """A chart that prints the values it is given as JSON: Python's library reads no YAML."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="charts-check-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: reader\nversion: 1.0.0\n")
    (folder / "templates/json.yaml").write_text("{{ .Values | toJson }}\n")
    return folder


def read_values(*files):
    """Values files, the later ones over the earlier ones."""
    done = chartwright("-q", "template", "reader", reader(), *[word for file in files for word in ("-f", file)])
    if done.returncode:
        raise ValueError(told(done))
    return json.loads(done.stdout.strip().splitlines()[-1])


@dataclasses.dataclass(frozen=True)
class Chart:
    folder: pathlib.Path

    @property
    def title(self):
        return str(self.folder.relative_to(CHARTS))

    @functools.cached_property
    def metadata(self):
        return read_values(self.folder / "Chart.yaml")

    @property
    def name(self):
        return self.metadata["name"]

    @property
    def is_library(self):
        return self.metadata.get("type") == "library"

    @property
    def is_example(self):
        """Whether it is there to show and test what a library can do."""
        return self.folder.name == "example"

    @property
    def is_for_users(self):
        return not self.is_library and not self.is_example

    @property
    def tested(self):
        """The folder whose unit tests are the chart's: a library has them in its example."""
        example = self.folder / "example"
        return example if self.is_library and example.exists() else self.folder

    @property
    def annotations(self):
        return self.metadata.get("annotations") or {}

    @property
    def release(self):
        """The name that other charts' cases call it by."""
        return self.annotations.get("catalog.cattle.io/release-name", self.name.removeprefix("openg2p-"))

    @property
    def namespace(self):
        """Charts that gather others bring the objects of those, and so have a namespace of their own here."""
        gathered = [one for one in self.metadata.get("dependencies") or [] if one["name"] != "openg2p-common"]
        return self.annotations.get("catalog.cattle.io/namespace", "commons" if gathered else NAMESPACE)

    @property
    def cases(self):
        return sorted(self.folder.glob("ci/*-values.yaml"))

    @property
    def archive(self):
        return work() / "archives" / f"{self.name}-{self.metadata['version']}.tgz"

    def case(self, wanted="sandbox"):
        """The values file that the chart is installed with."""
        named = [case for case in self.cases if case.name == f"{wanted}-values.yaml"]
        return (named or self.cases or [None])[0]

    def values(self, case):
        """The values that a render with this case sees."""
        own = self.folder / "values.yaml"
        return read_values(*[file for file in (own, case) if file and file.exists()])


def of(case):
    return ["-f", case] if case else []


def template(helm, chart, case):
    """What a Helm makes of the archive; a Helm built from source knows no version of Kubernetes unless it is told."""
    return run(helm, "template", chart.release, chart.archive, "-n", chart.namespace, "--kube-version", KUBERNETES, "--include-crds", *of(case))


@functools.cache
def charts():
    """Every chart below the four groups, examples too; arguments of the command line choose among them."""
    found = [path.parent for group in GROUPS for depth in ("*", "*/example") for path in sorted(CHARTS.glob(f"{group}/{depth}/Chart.yaml"))]
    wanted = [word.strip("/").split("/")[-1] for word in sys.argv[1:] if not word.startswith("-")]
    chosen = [Chart(folder) for folder in found if not wanted or folder.name in wanted]
    if not chosen:
        sys.exit(f"no charts below {CHARTS}")
    return chosen


def option(name, default):
    """`--name VALUE` as `--name=VALUE`."""
    found = [word.split("=", 1)[1] for word in sys.argv[1:] if word.startswith(f"--{name}=")]
    return type(default)(found[-1]) if found else default


def package():
    """Packs the charts that are not packed yet; the failures by chart."""
    (work() / "archives").mkdir(exist_ok=True)
    failed = {}
    for chart in charts():
        done = None if chart.archive.exists() else chartwright("-q", "package", "-d", chart.archive.parent, chart.folder)
        if done and (done.returncode or not chart.archive.exists()):
            failed[chart] = told(done)
    return failed


def kubectl(*arguments, **options):
    return run(KUBECTL, *arguments, **options)


def kubectl_json(*arguments):
    done = kubectl(*arguments, "-o", "json")
    if done.returncode:
        raise RuntimeError(f"kubectl {' '.join(map(str, arguments))}: {told(done)}")
    return json.loads(done.stdout or '{"items": []}')


def need_cluster():
    """Ends the check where there is no cluster, or one that somebody could miss."""
    if not os.environ.get("KUBECONFIG"):
        sys.exit("KUBECONFIG names no cluster of simulated nodes")
    nodes = kubectl_json("get", "nodes")["items"]
    if not nodes or any(node["metadata"]["labels"].get("type") != "kwok" for node in nodes):
        sys.exit("the cluster of KUBECONFIG has nodes without the label type=kwok: it may be a real one")


def namespaces(rendered):
    """The namespaces that objects are in, and those that the manifests make."""
    used = set(re.findall(r"(?m)^  namespace: [\"']?([a-z0-9-]+)", rendered))
    makers = [document for document in re.split(r"(?m)^---", rendered) if re.search(r"(?m)^kind: Namespace$", document)]
    return used, {name for document in makers for name in re.findall(r"(?m)^  name: [\"']?([a-z0-9-]+)", document)}


@functools.cache
def kubeconfig(namespace):
    """KUBECONFIG with this default namespace: unlike `-n` it lets objects be in others."""
    config = json.loads(kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json").stdout)
    config["contexts"][0]["context"]["namespace"] = namespace
    file = work() / f"kubeconfig-{namespace}"
    file.write_text(json.dumps(config))
    file.chmod(0o600)
    return file


def kubectl_in(namespace, *arguments, **options):
    return kubectl(*arguments, environment={**os.environ, "KUBECONFIG": str(kubeconfig(namespace))}, **options)


def make_namespaces(names):
    for name in names:
        kubectl("create", "namespace", name)


def pool(work_on, items, workers=WORKERS):
    """The results in order; two programs run at a time, on two cores."""
    with concurrent.futures.ThreadPoolExecutor(workers) as threads:
        return list(threads.map(work_on, items))


class Figure:
    """A table with one row for each chart, and what failed."""

    def __init__(self, title, *columns):
        self.title, self.columns, self.rows, self.failures = title, columns, [], []

    def row(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def fail(self, chart, text):
        title = chart.title if isinstance(chart, Chart) else chart
        self.failures.append(f"{title}: {text}")

    def table(self):
        """Prints the rows."""
        lines = [list(self.columns), *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(self.columns))]
        print(f"\n== {self.title}\n")
        for line in lines if self.rows else []:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())

    def end(self, summary):
        """Prints all of it and ends the program."""
        self.table()
        for failure in self.failures:
            print(f"FAILED {failure}")
        print(f"{self.title}: {summary}; {len(self.failures)} failed", flush=True)
        sys.exit(1 if self.failures else 0)
