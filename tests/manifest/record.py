#!/usr/bin/env python3
"""Records what Helm makes of charts whose templates are plain text.

usage: record.py 4.3=HELM 4.2=HELM 3=HELM [--random COUNT] > cases.json
"""
import json
import os
import random
import subprocess
import sys
import tempfile

JOB = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: %s\n  annotations:\n    helm.sh/hook: %s\n"


def thing(kind, name="x"):
    return f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n"


def named():
    yield "split-plain", {"templates/a.yaml": "a: 1\n---\nb: 2\n---\nc: 3"}, {}
    yield "split-glued", {"templates/a.yaml": "---a: 1\n---b: 2\n---   c: 3\n---\td: 4\n"}, {}
    yield "split-twice", {"templates/a.yaml": "a: 1\n---\n---\nb: 2\n---\n\n---\nc: 3\n---\n"}, {}
    yield "split-comment", {"templates/a.yaml": "# only\n---\n# c\na: 1\n--- # tail\nb: 2\n"}, {}
    yield "split-indented", {"templates/a.yaml": "a: |\n  x\n  ---\n  y\nb: 1\n"}, {}
    yield "split-crlf", {"templates/a.yaml": "a: 1\r\n---\r\nb: 2\r\n\r\n---\r\n"}, {}
    yield "split-many-dashes", {"templates/a.yaml": "a: 1\n-----\nb: 2\n"}, {}
    yield "split-lead", {"templates/a.yaml": "\n\n  \n---\n\n\na: 1\n\n\n"}, {}
    yield "split-unicode-space", {"templates/a.yaml": "\u00a0\n---\na: 1\u3000\n---\n\u2028\n"}, {}
    yield "split-vertical-tab", {"templates/a.yaml": "a: 1\n\x0b\n---\n\x0c\n---\nb: 1"}, {}
    yield "order-files", {f"templates/{n}.yaml": f"{n}: 1\n" for n in ["b", "a", "B", "a-b", "a.b", "a/z", "é"]}, {}
    kinds = ["Zed", "Ingress", "Service", "Namespace", "ValidatingWebhookConfiguration", "Alpha", "Job", "Deployment",
             "CustomResourceDefinition", "ConfigMap", "Secret", "MutatingWebhookConfiguration", "", "service", "Zed"]
    yield "order-kinds", {f"templates/{i:02}.yaml": thing(k or '""', f"n{i}") for i, k in enumerate(kinds)}, {}
    yield "order-kinds-one-file", {"templates/a.yaml": "---\n".join(thing(k or '""', f"n{i}") for i, k in enumerate(kinds))}, {}
    hooks = {
        "templates/a.yaml": JOB % ("a", "post-install") + "    helm.sh/hook-weight: \"5\"\n---\n" + thing("Pod"),
        "templates/b.yaml": thing("Pod", "b") + "  annotations:\n    helm.sh/hook: ' Pre-Install , test'\n",
        "templates/c.yaml": JOB % ("c", "test-success"),
        "templates/d.yaml": JOB % ("d", "pre-install,nope"),
        "templates/e.yaml": JOB % ("e", '""'),
        "templates/f.yaml": JOB % ("f", "pre-delete,crd-install"),
        "templates/g.yaml": JOB % ("g", "pre-rollback,post-rollback,pre-upgrade,post-upgrade,post-delete,pre-delete"),
        "templates/h.yaml": thing("ConfigMap", "h") + "  annotations:\n    other: x\n",
    }
    yield "hooks", hooks, {}
    yield "hooks-skip-tests", hooks, {"skip_tests": True}
    yield "hooks-none", hooks, {"no_hooks": True}
    yield "hooks-only", {"templates/a.yaml": JOB % ("a", "test")}, {}
    parts = {
        "templates/_a.tpl": "x", "templates/NOTES.txt": "n", "templates/d/MYNOTES.txt": "n", "templates/e.yaml": " \n\t\n",
        "templates/d/_b.yaml": "y: 1", "templates/f.txt": "t: 1\n", "templates/g.json": "{\"g\": 1}\n",
        "crds/b.yaml": "\n\nb: 1\n\n", "crds/a.yml": "a: 1", "crds/n.txt": "no", "crds/d/c.json": "{}\n",
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/sub/crds/s.yaml": "s: 1\n", "charts/sub/templates/s.yaml": thing("Service"),
        "charts/sub/templates/NOTES.txt": "n",
    }
    yield "parts", parts, {}
    yield "parts-crds", parts, {"include_crds": True}
    yield "nothing", {"templates/e.yaml": ""}, {}
    yield "nothing-crds", {"templates/e.yaml": "", "crds/a.yaml": "a: 1\n"}, {"include_crds": True}
    show = {**parts, "templates/z.yaml": thing("Pod") + "\n\n---\n" + JOB % ("z", "test") + "---\nz: 3\n", "templates/[x].yaml": "x: 1\n",
            "templates/src.yaml": "a: |\n  # Source: conf/templates/other.yaml\nb: 1\n"}
    for at, only in enumerate([["templates/z.yaml"], ["templates/*"], ["templates/*/*"], ["*"], ["templates/z.yaml", "templates/*.yaml"],
                               ["crds/*"], ["charts/sub/templates/s.yaml"], ["templates/nope.yaml"], ["templates/z.yaml", "nope"],
                               ["templates/[a-z].yaml"], ["templates/[^a-y].yaml"], ["templates/\\[x\\].yaml"], ["templates/[x"],
                               ["templates/other.yaml"], ["templates/?rc.yaml"], ["conf/templates/z.yaml"]]):
        yield f"show-only-{at}", show, {"show_only": only, "include_crds": True}
    yield "show-only-hooks-off", show, {"show_only": ["templates/z.yaml"], "no_hooks": True}
    yield "output-dir", show, {"output_dir": True, "include_crds": True}
    yield "output-dir-release", {**show, **hooks}, {"output_dir": True, "include_crds": True, "release_dir": True}
    yield "output-dir-skip-tests", {**show, **hooks}, {"output_dir": True, "skip_tests": True}
    yield "bad-second", {"templates/a.yaml": "a: 1\n---\nb: [1\n", "templates/b.yaml": "a: }"}, {}
    yield "bad-order", {"templates/z.yaml": "a: [", "templates/b.yaml": "a: }\n"}, {}
    yield "bad-list", {"templates/a.yaml": "- a\n"}, {}
    yield "bad-debug", {"templates/a.yaml": "\na: 1\n b: 2\n\n"}, {"debug": True}


def drawn(count):
    pieces = ["a: 1", "b: 2\n", "\n", "\n\n", " ", "---", "---\n", "\n---\n", "\n---", "--- ", "# c\n", "\r\n", "\t", "\u00a0", "kind: Service\n",
              "kind: Zed\n", "  ---\n", "x: |\n  y\n", "\x0c", "----\n"]
    source = random.Random(7)
    for at in range(count):
        files = {f"templates/{n}.yaml": "".join(source.choice(pieces) for _ in range(source.randint(1, 9)))
                 for n in source.sample("abcd", source.randint(1, 3))}
        yield f"drawn-{at}", files, {}


def record(helm, version, files, flags):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in {"Chart.yaml": "apiVersion: v2\nname: conf\nversion: 1.2.3\n", **files}.items():
            path = os.path.join(folder, "conf", path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", newline="") as out:
                out.write(text)
        words = [helm, "template", "rel", "./conf"]
        words += [f"--{flag.replace('_', '-')}" for flag in ("include_crds", "skip_tests", "no_hooks", "debug") if flags.get(flag)]
        words += [word for only in flags.get("show_only", []) for word in ("-s", only)]
        words += ["--output-dir", "out/"] if flags.get("output_dir") else []
        words += ["--release-name"] if flags.get("release_dir") else []
        done = subprocess.run(words, cwd=folder, capture_output=True, env={**os.environ, "HOME": folder})
        found = {"rc": done.returncode, "stdout": done.stdout.decode()}
        if done.returncode:
            error = done.stderr.decode().split("Error: ", 1)[-1].split("\nhelm.go:")[0].rstrip("\n")
            found["error"] = error.removesuffix("\n\nUse --debug flag to render out invalid YAML")
        written = {}
        for place, _, names in os.walk(os.path.join(folder, "out")):
            for name in names:
                path = os.path.join(place, name)
                with open(path, newline="") as text:
                    written[os.path.relpath(path, folder)] = text.read()
        if written:
            found["written"] = dict(sorted(written.items()))
        return found


def main():
    words = sys.argv[1:]
    count = int(words[words.index("--random") + 1]) if "--random" in words else 40
    helms = dict(word.split("=", 1) for word in words if "=" in word)
    cases = []
    for name, files, flags in [*named(), *drawn(count)]:
        expected = {version: record(helm, version, files, flags) for version, helm in helms.items()}
        first = expected["4.3"]
        same = {version: found for version, found in expected.items() if version == "4.3" or found != first}
        cases.append({"name": name, "files": files, "flags": flags, "expected": same})
    json.dump(cases, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()
