#!/usr/bin/env python3
"""Verdicts of `chartwright validate` beside those of kubeconform and, on request, of an API server.

usage: compare.py CHARTWRIGHT KUBECONFORM SCHEMAS RENDERED... [--faults N [--seed S]] [--server [--create]]

SCHEMAS is a template for kubeconform's -schema-location with the schemas of Kubernetes 1.37 (1.36 with --server). RENDERED are files
of manifests; each document is judged alone. With --faults N, N documents with one seeded fault each are judged instead.
With --server, `kubectl apply --server-side --dry-run=server --validate=strict`, which is how Helm 4 installs, judges every
document; with --create `kubectl create`, which is how Helm 3 does. CRDs have to be there.
"""
import copy, json, random, re, subprocess, sys, tempfile, os
import yaml

def option(name, argument=True):
    if name not in sys.argv: return None
    at = sys.argv.index(name); sys.argv.pop(at)
    return sys.argv.pop(at) if argument else True

faults, server, only = option("--faults"), option("--server", False), option("--schema-only", False)
seed, create = int(option("--seed") or 5), option("--create", False)
verb = ["create"] if create else ["apply", "--server-side"]
version = "1.36.0" if server else "1.37.0"
ours, kubeconform, schemas, *rendered = sys.argv[1:]
documents = []
for path in rendered:
    documents += [d for d in re.split(r"(?m)^---.*\n", open(path).read()) if re.search(r"(?m)^kind:", d)]

def fields(node, path=()):
    if isinstance(node, dict):
        for key, value in node.items():
            yield path + (key,); yield from fields(value, path + (key,))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield path + (at,); yield from fields(value, path + (at,))

def get(node, path):
    for step in path: node = node[step]
    return node

PORTS = {"containerPort", "port", "targetPort", "nodePort", "hostPort", "number"}
def mutate(text, rng):
    tree = yaml.safe_load(text); places = [p for p in fields(tree) if p[0] not in ("apiVersion", "kind")]
    for _ in range(50):
        path = rng.choice(places); *parent, key = path; holder = get(tree, parent); value = holder[key]
        kind = rng.choice(["typo", "type", "null", "gone", "extra", "list", "port", "name", "twice", "label"])
        if kind == "typo" and isinstance(key, str) and len(key) > 3:
            at = rng.randrange(len(key) - 1); new = key[:at] + key[at + 1] + key[at] + key[at + 2:]
            if new == key: continue
            holder[new] = holder.pop(key)
        elif kind == "type": holder[key] = rng.choice([True, 7, "text", ["x"], {"x": "y"}, 1.5])
        elif kind == "null": holder[key] = None
        elif kind == "gone": holder.pop(key)
        elif kind == "extra" and isinstance(value, dict): value["unknownField"] = 1
        elif kind == "list" and isinstance(value, dict): holder[key] = [value]
        elif kind == "port" and key in PORTS and isinstance(value, int): holder[key] = rng.choice([0, -1, 65536, 99999])
        elif kind == "name" and path == ("metadata", "name"): holder[key] = rng.choice(["Upper", "under_score", "-x", "a" * 260, "x."])
        elif kind == "twice" and isinstance(value, list) and value: value.append(copy.deepcopy(value[0]))
        elif kind == "label" and len(path) > 2 and path[-2] in ("labels", "matchLabels"): holder[key] = rng.choice(["not valid", "x" * 64, "-x"])
        else: continue
        return yaml.safe_dump(tree), f"{kind} {'.'.join(map(str, path))}"
    return None

names = [""] * len(documents)
if faults:
    rng = random.Random(seed); found = []
    while len(found) < int(faults):
        made = mutate(rng.choice(documents), rng)
        if made: found.append(made)
    documents, names = [f[0] for f in found], [f[1] for f in found]

with tempfile.TemporaryDirectory() as folder:
    paths = []
    for at, text in enumerate(documents):
        paths.append(os.path.join(folder, f"{at:05}.yaml")); open(paths[-1], "w").write(text)
    theirs = subprocess.run([kubeconform, "-strict", "-ignore-missing-schemas", "-kubernetes-version", version, "-verbose", "-output",
                             "json", "-schema-location", schemas, *paths], capture_output=True, text=True).stdout
    theirs = {r["filename"]: (r["status"].removeprefix("status").lower(), r["msg"]) for r in json.loads(theirs)["resources"]}
    command = [ours, "validate", "--kube-version", version, "--ignore-missing-schemas", "--output", "json", *(["--schema-only"] if only else []), *paths]
    lines = [json.loads(l) for l in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()]
    mine = {l["place"]["file"]: (l["verdict"], "; ".join(f["message"] for f in l["findings"])) for l in lines}
    same, differ = 0, []
    bad = lambda verdict: verdict in ("invalid", "error")
    for at, path in enumerate(paths):
        one, other = mine.get(path, ("missing", "")), theirs.get(path, ("missing", ""))
        if bad(one[0]) == bad(other[0]) and not server: same += 1; continue
        differ.append((at, path, one, other))
    right = {}
    if server:
        for at, path, one, other in differ:
            p = subprocess.run(["kubectl", *verb, "--dry-run=server", "--validate=strict", "-o", "name", "-f", path], capture_output=True, text=True)
            judged = bad("invalid" if p.returncode else "valid"), " ".join(p.stderr.split())[:300]
            right[path] = judged
        wrong = [d for d in differ if right[d[1]][0] != bad(d[2][0])]
        wrong_other = [d for d in differ if right[d[1]][0] != bad(d[3][0])]
        print(f"{len(documents)} documents; differing from the API server: ours {len(wrong)}, kubeconform {len(wrong_other)}")
        differ = wrong
    else:
        print(f"{len(documents)} documents, {same} verdicts agree with kubeconform, {len(differ)} differ")
    for at, path, one, other in differ:
        kind = re.search(r"(?m)^kind: *(\S+)", documents[at])
        print(f"- {kind and kind.group(1)} [{names[at]}]\n    ours: {one[0]} {one[1][:200]}\n    kubeconform: {other[0]} {other[1][:200]}")
        if path in right: print(f"    server: {right[path]}")
