#!/usr/bin/env python3
"""Whether the programs of an environment reach each other: every chart of platform/ and modules/ with its sandbox case, as
releases of one namespace, together with the namespace's own policies and Keycloak.

    connections.py [--verbose] [--seed=20] [--random=1]

Told is every pair that cannot talk, and why. Then 20 pairs are broken on purpose, one at a time, and each such block has to be
found (--seed=0: none is made).

Looked at are variables (also from ConfigMaps and $(NAME)), arguments and mounted configuration: URLs (http, jdbc:, redis, ...),
lists of HOST:PORT, host variables with their port variables, /dev/tcp/HOST/PORT. Each name of the namespace has to be a Service
of a release with that port and with pods that have the port behind it, or be declared as somebody else's (`chartwright.io/needs`,
external Services); all policies that select the caller have to let it out to the callee's pod, all that select the callee have
to let the caller in, and DNS has to be open.
"""
import copy, dataclasses, ipaddress, random, re, sys
from charts import *

ALONGSIDE = ("base-infrastructure/environment", "base-infrastructure/keycloak")
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
READ = (*WORKLOADS, "Service", "ConfigMap", "NetworkPolicy", "EndpointSlice", "Namespace", "VirtualService")
PODS = ipaddress.ip_network("10.42.0.0/16")
SCHEME_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "redis": 6379, "rediss": 6379, "postgresql": 5432, "postgres": 5432,
                "smtp": 25, "kafka": 9092, "amqp": 5672, "mongodb": 27017, "ldap": 389, "tcp": 0, "s3": 443}
# What a client takes where nobody says a port, by a word in the variable's name or the host.
CUSTOMARY = {"redis": 6379, "smtp": 25, "mail": 25, "email": 25, "kafka": 9092, "postgres": 5432, "postgresql": 5432, "pghost": 5432, "db": 5432, "database": 5432}
URL = re.compile(r"\b(?:jdbc:)?([a-z][a-z0-9+]*)://(?:[^\s/@\"'<>]*@)?([A-Za-z0-9_.-]+|\$\([A-Z_]+\))(?::([0-9]{1,5}))?", re.I)
TCP = re.compile(r"/dev/tcp/([A-Za-z0-9.-]+)/([0-9]+)")
PAIR = re.compile(r"(?<![A-Za-z0-9_./@:$-])([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*):([0-9]{2,5})(?![A-Za-z0-9_.-])")
PAIRS = re.compile(r"(?:[A-Za-z0-9_]+://)?[a-z][a-z0-9.-]*:[0-9]{2,5}(?:,(?:[A-Za-z0-9_]+://)?[a-z][a-z0-9.-]*:[0-9]{2,5})*")
HOST_WORDS = ("HOSTNAME", "HOST_NAME", "HOST", "SERVERIP", "SERVER_IP", "ADDRESS", "SERVER")
HERE = ("localhost", "127.0.0.1", "0.0.0.0", "::1")
BLOCKED = "192.0.2.0/24"
GATEWAY_NAMESPACE = "istio-system"
API_SERVER, API_PORTS = ("default", "kubernetes"), (443, 6443)


# What the charts render to

def conventional(chart):
    """The release name that other charts expect: the chart's without the organisation's."""
    return chart.name.removeprefix("openg2p-")


def participants():
    """Single charts of the groups; what only gathers others as dependencies stands for none of its own."""
    found = [Chart(path.parent) for group in ("platform", "modules") for path in sorted(CHARTS.glob(f"{group}/*/Chart.yaml"))]
    own = [chart for chart in found if all(one["name"] == "openg2p-common" for one in chart.metadata.get("dependencies") or [])]
    return own + [Chart(CHARTS / folder) for folder in ALONGSIDE if (CHARTS / folder / "Chart.yaml").exists()]


def mirror():
    """A copy of the charts whose templates also print what they need and provide."""
    folder = work() / "connections"
    shutil.rmtree(folder, ignore_errors=True)
    without = shutil.ignore_patterns("*.tgz", "tests", "example")
    for group in ("library", "platform", "modules", "base-infrastructure"):
        shutil.copytree(CHARTS / group, folder / group, ignore=without)
    declared = "".join(
        "%s: {{ tpl (index .Chart.Annotations \"chartwright.io/%s\" | default \"\") . | fromYamlArray | toJson }}\n" % (word, word) for word in ("needs", "provides"))
    for chart in participants():
        text = "{{- if .Chart.Annotations }}\napiVersion: v1\nkind: Declared\nmetadata: {name: declared}\n" + declared + "{{- end }}\n"
        (folder / chart.title / "templates/zz-declared.yaml").write_text(text)
    return folder


def read_objects(text):
    """The objects of a manifest: chartwright reads them, as the values of a chart that prints them."""
    documents = [one for one in re.split(r"(?m)^---\s*$", text) if re.search(r"(?m)^kind: *[\"']?(?:%s)\b" % "|".join((*READ, "Declared")), one)]
    indented = "".join("- object:\n" + "".join(f"    {line}\n" if line else "\n" for line in one.splitlines()) for one in documents)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("objects:\n" + indented)
        file.flush()
        return [one["object"] for one in read_values(file.name).get("objects") or []]


@dataclasses.dataclass
class Release:
    name: str
    objects: list
    problem: str = ""

    @property
    def declared(self):
        return next((one for one in self.objects if one["kind"] == "Declared"), {})


def render(chart, folder):
    name = conventional(chart)
    done = chartwright("-q", "template", name, folder / chart.title, "-n", NAMESPACE, *of(chart.case()))
    return Release(name, [], told(done)) if done.returncode else Release(name, read_objects(done.stdout))


# What they mean

@dataclasses.dataclass
class Pod:
    release: str
    name: str
    labels: dict
    namespace: str
    containers: list
    volumes: list

    @property
    def ports(self):
        """Numbers of the pod's ports by name."""
        return {port.get("name", str(port["containerPort"])): port["containerPort"] for one in self.containers for port in one.get("ports") or []}


@dataclasses.dataclass(frozen=True)
class Reference:
    """One end of a conversation, and where the caller names it."""
    caller: str
    place: str
    host: str
    port: int
    is_stated: bool = True


class World:
    """All objects, as the cluster would see them."""

    def __init__(self, releases):
        self.pods, self.services, self.policies, self.configs, self.slices, self.needs, self.provides, self.routes = [], {}, [], {}, {}, [], [], []
        self.namespaces = {NAMESPACE: {"kubernetes.io/metadata.name": NAMESPACE}}
        for release in releases:
            for thing in release.objects:
                self.add(release, thing)
            self.needs += [(release.name, one) for one in release.declared.get("needs") or []]
            self.provides += [(release.name, one) for one in release.declared.get("provides") or []]

    def add(self, release, thing):
        metadata, kind = thing.get("metadata") or {}, thing["kind"]
        namespace = metadata.get("namespace") or NAMESPACE
        if kind in WORKLOADS:
            spec = thing["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else thing["spec"]
            template = spec["template"]
            inner = template["spec"]
            containers = [*(inner.get("initContainers") or []), *(inner.get("containers") or [])]
            labels = (template.get("metadata") or {}).get("labels") or {}
            self.pods.append(Pod(release.name, f"{kind}/{metadata['name']}", labels, namespace, containers, inner.get("volumes") or []))
        elif kind == "Service":
            self.services[namespace, metadata["name"]] = thing["spec"]
        elif kind == "EndpointSlice":
            self.slices[namespace, (metadata.get("labels") or {}).get("kubernetes.io/service-name", metadata["name"])] = thing
        elif kind == "ConfigMap":
            self.configs[namespace, metadata["name"]] = thing.get("data") or {}
        elif kind == "VirtualService":
            self.routes.append((release.name, metadata["name"], thing["spec"]))
        elif kind == "NetworkPolicy":
            self.policies.append((namespace, metadata["name"], thing["spec"]))
        elif kind == "Namespace":
            self.namespaces[metadata["name"]] = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}

    # Names

    def service_of(self, host):
        """(namespace, name) of the Service that a host of the cluster means; None for hosts of the world outside."""
        parts = host.lower().rstrip(".").removesuffix(".cluster.local").removesuffix(".svc").split(".")
        cluster = host.lower().rstrip(".").endswith((".svc", ".svc.cluster.local"))
        if len(parts) == 1:
            return NAMESPACE, parts[0]
        if re.fullmatch(r".*-[0-9]+", parts[0]) and (NAMESPACE, parts[1]) in self.services and len(parts) <= 3:
            return (parts[2] if len(parts) == 3 else NAMESPACE), parts[1]
        if len(parts) == 2 and (cluster or parts[1] in self.namespaces):
            return parts[1], parts[0]
        if len(parts) == 3 and cluster:
            return parts[2], parts[1]
        return None

    def is_declared(self, host, port):
        """Whether a chart says that somebody else runs this, in another namespace."""
        where = self.service_of(host)
        for _, need in self.needs:
            match = URL.search((need.get("url") or {}).get("url") or "")
            service = need.get("service") or {}
            if where[0] != NAMESPACE and match and self.service_of(match[2]) == where:
                return True
            if service.get("namespace", NAMESPACE) != NAMESPACE and (service["namespace"], service.get("name")) == where:
                return service.get("port") in (None, port)
        return False

    # Policies

    def selected(self, selector, labels):
        selector = selector or {}
        if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
            return False
        for rule in selector.get("matchExpressions") or []:
            has, values = rule["key"] in labels, rule.get("values") or []
            fits = {"In": labels.get(rule["key"]) in values, "NotIn": labels.get(rule["key"]) not in values,
                    "Exists": has, "DoesNotExist": not has}[rule["operator"]]
            if not fits:
                return False
        return True

    def policies_of(self, pod, side):
        """The rules of each policy that selects the pod for this direction; a policy without rules lets nothing through."""
        for namespace, name, spec in self.policies:
            types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
            if namespace == pod.namespace and side in types and self.selected(spec.get("podSelector"), pod.labels):
                yield name, spec.get(side.lower()) or []

    def peer_fits(self, peer, pod, home):
        if block := peer.get("ipBlock"):
            network = ipaddress.ip_network(block["cidr"])
            inside = network.version == PODS.version and PODS.subnet_of(network)
            return inside and not any(PODS.overlaps(ipaddress.ip_network(one)) for one in block.get("except") or [])
        if "namespaceSelector" in peer:
            known = self.namespaces.get(pod.namespace, {"kubernetes.io/metadata.name": pod.namespace})
            if not self.selected(peer["namespaceSelector"], known):
                return False
        elif pod.namespace != home:
            return False
        return self.selected(peer.get("podSelector"), pod.labels)

    def port_fits(self, rule, target, number, protocol="TCP"):
        """Whether a rule's ports take the number of the pod that is called."""
        if not rule.get("ports"):
            return True
        for port in rule["ports"]:
            if port.get("protocol", "TCP") != protocol:
                continue
            wanted = port.get("port")
            if wanted is None or wanted == number:
                return True
            if isinstance(wanted, str) and target and target.ports.get(wanted) == number:
                return True
            if isinstance(wanted, int) and port.get("endPort") and wanted <= number <= port["endPort"]:
                return True
        return False

    def lets(self, pod, side, other, target, number, protocol="TCP"):
        """Whether the policies of a pod let it talk with another one at the target's port."""
        several = list(self.policies_of(pod, side))
        word = "to" if side == "Egress" else "from"
        fits = lambda rule: (not rule.get(word) or any(self.peer_fits(peer, other, pod.namespace) for peer in rule[word])) and self.port_fits(rule, target, number, protocol)
        return not several or any(fits(rule) for _, rules in several for rule in rules)

    # Conversations

    def variables(self, pod, container):
        """The variables of a container; secrets stay unknown."""
        found = {}
        for source in container.get("envFrom") or []:
            if name := (source.get("configMapRef") or {}).get("name"):
                found |= {source.get("prefix", "") + key: str(value) for key, value in self.configs.get((pod.namespace, name), {}).items()}
        for one in container.get("env") or []:
            if "value" in one:
                found[one["name"]] = str(one["value"] if one["value"] is not None else "")
            elif reference := (one.get("valueFrom") or {}).get("configMapKeyRef"):
                found[one["name"]] = str(self.configs.get((pod.namespace, reference["name"]), {}).get(reference["key"], ""))
            else:
                found[one["name"]] = "$(unknown)"
        for _ in range(2):
            found = {name: re.sub(r"\$\(([A-Za-z0-9_]+)\)", lambda match: found.get(match[1], match[0]), text) for name, text in found.items()}
        return found

    def texts(self, pod, container):
        """What else a container reads: its command, and mounted configuration."""
        for nth, word in enumerate([*(container.get("command") or []), *(container.get("args") or [])]):
            yield f"argument {nth}", str(word)
        mounted = {mount["name"] for mount in container.get("volumeMounts") or []}
        for volume in pod.volumes:
            if volume["name"] not in mounted:
                continue
            sources = [volume.get("configMap"), *[one.get("configMap") for one in (volume.get("projected") or {}).get("sources") or []]]
            for source in sources:
                for key, text in self.configs.get((pod.namespace, (source or {}).get("name")), {}).items():
                    yield f"ConfigMap {source['name']}/{key}", str(text)

    def references(self, pod):
        """Everybody whom a pod's containers name, once for each place."""
        for container in pod.containers:
            variables = self.variables(pod, container)
            for name, text in variables.items():
                place = f"{container['name']}: {name}"
                yield from (Reference(pod.name, place, *one) for one in self.found_in(text, loose=PAIRS.fullmatch(text)))
                if one := self.host_variable(name, text, variables):
                    yield Reference(pod.name, place, *one)
            for place, text in self.texts(pod, container):
                yield from (Reference(pod.name, f"{container['name']}: {place}", *one) for one in self.found_in(text))

    def found_in(self, text, loose=False):
        for match in URL.finditer(text):
            scheme, host, port = match[1].lower(), match[2], match[3]
            if scheme in SCHEME_PORTS and "$" not in host:
                yield from self.pair(host, int(port or SCHEME_PORTS[scheme]))
        for match in TCP.finditer(text):
            yield from self.pair(match[1], int(match[2]))
        for match in PAIR.finditer(re.sub(r"[a-zA-Z]+://", " ", text) if loose else text):
            known = self.service_of(match[1])
            if loose or (known in self.services and int(match[2]) > 0):
                yield from self.pair(match[1], int(match[2]))

    def host_variable(self, name, text, variables):
        word = next((word for word in HOST_WORDS if re.search(rf"(?:^|_|[a-z]){word}(?:_|$)", name, re.I)), None)
        if not word or not re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*", text) or text in HERE:
            return None
        upper = {key.upper(): value for key, value in variables.items()}
        beside = re.sub(word, "PORT", name, count=1, flags=re.I).upper()
        stated = next((int(upper[key]) for key in (beside, f"{beside}_NUMBER") if upper.get(key, "").isdigit()), 0)
        words = re.split(r"[^a-z0-9]+", f"{name}_{text}".lower())
        stated = stated or next((number for hint, number in CUSTOMARY.items() if hint in words), 0)
        ports = [port["port"] for port in self.services.get(self.service_of(text), {}).get("ports") or []]
        port = stated or (ports[0] if len(ports) == 1 else 0)
        return next(((*one, bool(stated)) for one in self.pair(text, port)), None)

    def pair(self, host, port):
        """A host of the cluster with its port; HOST in a comment is none, nor is what a shell puts together."""
        if host not in HERE and host == host.lower() and self.service_of(host) and port:
            yield host, port

    def behind(self, where):
        """The pods behind a Service; Jobs' pods come and go."""
        spec = self.services.get(where) or {}
        return [pod for pod in self.pods if spec.get("selector") and pod.namespace == where[0] and not pod.name.startswith(("Job/", "CronJob/"))
                and self.selected({"matchLabels": spec["selector"]}, pod.labels)]

    def judge(self, pod, reference):
        """Why the pair cannot talk, or nothing."""
        where = self.service_of(reference.host)
        spec = self.services.get(where)
        if where == API_SERVER:
            return self.leave(pod, API_PORTS)
        if spec is None and not self.is_declared(reference.host, reference.port):
            return f"no release has a Service {where[1]}, and nobody declares it"
        if spec is None or spec.get("type") == "ExternalName":
            return self.leave(pod, (reference.port,))
        if where in self.slices:
            return self.leave(pod, [port["port"] for port in self.slices[where].get("ports") or []])
        port = next((one for one in spec.get("ports") or [] if one["port"] == reference.port), None)
        if port is None:
            return f"the Service {where[1]} has no port {reference.port}, only {', '.join(str(one['port']) for one in spec.get('ports') or [])}"
        targets = self.behind(where)
        if not targets:
            return f"the Service {where[1]} selects no pod"
        reasons = [self.talk(pod, target, port) for target in targets]
        return "" if any(not reason for reason in reasons) else reasons[0]

    def talk(self, pod, target, port):
        wanted = port.get("targetPort", port["port"])
        number = target.ports.get(wanted) if isinstance(wanted, str) else wanted
        if number not in target.ports.values():
            return f"{target.name} has no port {wanted}"
        if not self.lets(pod, "Egress", target, target, number):
            return f"no policy of {pod.name} lets it out to {target.name}, port {number}"
        if not self.lets(target, "Ingress", pod, target, number):
            return f"no policy of {target.name} lets {pod.name} in at port {number}"
        resolver = Pod("", "DNS", {"k8s-app": "kube-dns"}, "kube-system", [], [])
        if not self.lets(pod, "Egress", resolver, None, 53, "UDP"):
            return f"no policy of {pod.name} lets it ask for names"
        return ""

    def leave(self, pod, ports):
        """Why a pod cannot call a server elsewhere, of which no policy knows labels or address."""
        several = list(self.policies_of(pod, "Egress"))
        anywhere = lambda rule: not rule.get("to") or any("ipBlock" in peer or "namespaceSelector" in peer for peer in rule["to"])
        if not several or any(anywhere(rule) and self.port_fits(rule, None, port) for _, rules in several for rule in rules for port in ports):
            return ""
        return f"no policy of {pod.name} lets it out of the namespace at port {', '.join(map(str, ports))}"

    def check(self):
        """Each reference with its pod and what is wrong with it."""
        seen = {}
        for pod in self.pods:
            for reference in self.references(pod):
                if reference not in seen:
                    seen[reference] = pod, self.judge(pod, reference)
        return seen | self.check_declared() | self.check_routes()

    def check_declared(self):
        """Services that charts say they provide or need: with that port, whether somebody names them in a variable or not."""
        found = {}
        for word, several in (("needs", self.needs), ("provides", self.provides)):
            for release, one in several:
                service = one.get("service") or {}
                if service.get("namespace", NAMESPACE) != NAMESPACE or not service or (word == "needs" and service.get("optional")):
                    continue
                spec = self.services.get((NAMESPACE, service["name"]))
                ports = [port["port"] for port in (spec or {}).get("ports") or []]
                reason = "" if spec and (spec.get("type") == "ExternalName" or service.get("port") in (None, *ports)) else "no Service has this name and port"
                found[Reference("Chart.yaml", f"{release} {word}", service["name"], service.get("port") or 0, False)] = Pod(release, "Chart.yaml", {}, NAMESPACE, [], []), reason
        return found

    def check_routes(self):
        """What the ingress gateway leads to."""
        found = {}
        for release, name, spec in self.routes:
            gateway = Pod(release, "gateway", {"istio": "ingressgateway"}, GATEWAY_NAMESPACE, [], [])
            targets = [one["destination"] for word in ("http", "tcp") for rule in spec.get(word) or [] for one in rule.get("route") or []]
            for target in targets:
                reference = Reference("gateway", f"VirtualService {name}", target["host"], (target.get("port") or {}).get("number") or 80, False)
                found[reference] = gateway, self.judge(gateway, reference)
        return found


# Blocks: each breaks one healthy pair, by an object alone, whatever the check thinks of rules

class Blocks:
    """Ways to break a pair in a copy of all releases; a way that does not fit a pair answers False."""

    def __init__(self, releases, world, pod, reference):
        self.releases, self.world, self.pod, self.reference = copy.deepcopy(releases), world, pod, reference
        self.where = world.service_of(reference.host)
        self.targets = [one.name for one in world.behind(self.where)]

    def things(self, kind):
        return [thing for release in self.releases for thing in release.objects if thing["kind"] == kind]

    def service(self):
        return next(one for one in self.things("Service") if one["metadata"]["name"] == self.where[1])

    def workloads(self, names):
        return [one for kind in WORKLOADS for one in self.things(kind) if f"{kind}/{one['metadata']['name']}" in names]

    def policies(self, pods, side):
        """Policies that select one of the pods."""
        labels = [pod.labels for pod in self.world.pods if pod.name in pods]
        return [one for one in self.things("NetworkPolicy") if side in (one["spec"].get("policyTypes") or [])
                and any(self.world.selected(one["spec"].get("podSelector"), each) for each in labels)]

    def egress(self):
        """(policy, rules without DNS) of the caller."""
        return [(one, [rule for rule in one["spec"].get("egress") or [] if not (rule.get("ports") and all(port.get("port") == 53 for port in rule["ports"]))])
                for one in self.policies({self.pod.name}, "Egress")]

    def ingress(self):
        return [(one, one["spec"].get("ingress") or []) for one in self.policies(set(self.targets), "Ingress")]

    def container_ports(self):
        for workload in self.workloads(self.targets):
            for container in workload["spec"]["template"]["spec"]["containers"]:
                yield from container.get("ports") or []

    def number(self):
        """Number and name of the callee's port, as the objects say."""
        target = next(one for one in self.service()["spec"]["ports"] if one["port"] == self.reference.port)["targetPort"]
        return next(((port["containerPort"], port.get("name")) for port in self.container_ports() if target in (port["containerPort"], port.get("name"))), None)

    def drop_port(self, rules):
        """Takes the port out of every rule; a rule without ports is taken away whole."""
        number, name = self.number()
        kept = []
        for rule in rules:
            ports = [port for port in rule.get("ports") or [] if port.get("port") not in (number, name)]
            if ports:
                kept.append({**rule, "ports": ports})
        return kept

    # The ways

    def rename_service(self):
        self.service()["metadata"]["name"] += "-renamed"
        return True

    def change_service_port(self):
        next(one for one in self.service()["spec"]["ports"] if one["port"] == self.reference.port)["port"] += 1
        return True

    def change_selector(self):
        self.service()["spec"]["selector"]["app.kubernetes.io/component"] = "seeded"
        return True

    def change_target_port(self):
        next(one for one in self.service()["spec"]["ports"] if one["port"] == self.reference.port)["targetPort"] = "seeded"
        return True

    def drop_container_port(self):
        number, _ = self.number()
        for workload in self.workloads(self.targets):
            for container in workload["spec"]["template"]["spec"]["containers"]:
                container["ports"] = [port for port in container.get("ports") or [] if port["containerPort"] != number]
        return True

    def delete_egress(self):
        several = self.egress()
        for policy, rules in several:
            policy["spec"]["egress"] = [rule for rule in policy["spec"].get("egress") or [] if rule not in rules]
        return bool(several)

    def drop_egress_port(self):
        several = self.egress()
        for policy, rules in several:
            others = [rule for rule in policy["spec"].get("egress") or [] if rule not in rules]
            policy["spec"]["egress"] = others + self.drop_port(rules)
        return bool(several)

    def narrow_egress(self):
        """Only addresses of a network where no pod is."""
        several = self.egress()
        for _, rules in several:
            for rule in rules:
                rule["to"] = [{"ipBlock": {"cidr": BLOCKED}}]
        return bool(several)

    def forbid_dns(self):
        several = self.policies({self.pod.name}, "Egress")
        for policy in several:
            policy["spec"]["egress"] = [rule for rule in policy["spec"].get("egress") or [] if any(port.get("port") != 53 for port in rule.get("ports") or [])]
        return bool(several)

    def delete_ingress(self):
        several = self.ingress()
        for policy, _ in several:
            policy["spec"].pop("ingress", None)
        return bool(several)

    def drop_ingress_port(self):
        several = self.ingress()
        for policy, rules in several:
            policy["spec"]["ingress"] = self.drop_port(rules)
        return bool(several)

    def other_callers(self):
        several = self.ingress()
        for _, rules in several:
            for rule in rules:
                rule["from"] = [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "seeded"}}}]
        return bool(several)

    def other_namespace(self):
        several = self.ingress()
        for _, rules in several:
            for rule in rules:
                rule["from"] = [{"podSelector": {}, "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "elsewhere"}}}]
        return bool(several)

    def rename_policy_port(self):
        several = self.ingress()
        for _, rules in several:
            for rule in rules:
                rule["ports"] = [{"protocol": "TCP", "port": "seeded"}]
        return bool(several)

    def other_protocol(self):
        several = self.ingress()
        for _, rules in several:
            for rule in rules:
                rule["ports"] = [{**port, "protocol": "UDP"} for port in rule.get("ports") or [{}]]
        return bool(several)


WAYS = [name for name in vars(Blocks) if not name.startswith("_") and name not in
        ("things", "service", "workloads", "policies", "egress", "ingress", "container_ports", "number", "drop_port")]


def seed(figure, releases, world, results, blocks, start):
    """How many of so many blocks are found; those that are not are failures of the figure."""
    table = Figure("connections, seeded", "block", "caller", "where", "to", "found as")
    luck = random.Random(start)
    judged = [(reference, reason) for reference, (_, reason) in results.items() if reference.is_stated and world.behind(world.service_of(reference.host))]
    healthy = sorted((reference for reference, reason in judged if not reason), key=str)
    found = made = 0
    ways = luck.sample(WAYS, len(WAYS))
    while made < blocks and healthy:
        reference, way = luck.choice(healthy), ways[made % len(ways)]
        block = Blocks(releases, world, results[reference][0], reference)
        if results[reference][0].name in block.targets or not getattr(block, way)():
            continue
        made += 1
        reason = World(block.releases).check().get(reference, (None, ""))[1]
        found += bool(reason)
        table.row(way, reference.caller, reference.place, f"{reference.host}:{reference.port}", reason or "NOT FOUND")
        if not reason:
            figure.fail(way, f"{reference.caller} ({reference.place}) to {reference.host}:{reference.port} is broken, and nobody says so")
    table.table()
    return f"{found} of {made} seeded blocks found"


def main():
    folder = mirror()
    everybody = participants()
    releases = pool(lambda chart: render(chart, folder), everybody)
    world = World(releases)
    results = world.check()
    broken = {reference: (pod, reason) for reference, (pod, reason) in results.items() if reason}
    figure = Figure("connections", "release", "workloads", "named", "broken")
    for release in releases:
        own = {pod.name for pod in world.pods if pod.release == release.name}
        named = [reference for reference, (pod, _) in results.items() if pod.release == release.name]
        figure.row(release.name, len(own), len(named), sum(reference in broken for reference in named))
        if "--verbose" in sys.argv:
            print("".join(f"{release.name}  {one.caller}  {one.place}  {one.host}:{one.port}\n" for one in sorted(named, key=str)), end="")
    for reference, (pod, reason) in sorted(broken.items(), key=lambda one: (one[1][0].release, str(one[0]))):
        figure.fail(pod.release, f"{reference.caller}, {reference.place}, {reference.host}:{reference.port}: {reason}")
    summary = f"{len(results)} references of {len(world.pods)} workloads in {len(releases)} releases, {len(broken)} broken"
    if blocks := option("seed", 20):
        summary += "; " + seed(figure, releases, world, results, blocks, option("random", 1))
    for release in releases:
        if release.problem:
            figure.fail(release.name, f"does not render: {release.problem}")
    figure.end(summary)


if __name__ == "__main__":
    main()
