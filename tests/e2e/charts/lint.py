#!/usr/bin/env python3
"""Lints, validates, tests and packs every chart, and asks both Helms and kubeconform about the archives.

    lint.py [CHART...]      needs KUBECONFIG for kubeconform: its schemas are made from the cluster's own
"""
import json, os, re, tempfile
from charts import *

LEAST_COVERAGE = 90
CASES = ("sandbox", "production", "external")
PLACE = "{{ .Group }}_{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json"
CONVENTIONAL = {"global", "enabled", "nameOverride", "fullnameOverride", "namespaceOverride", "commonLabels", "commonAnnotations"}


def closed(definition):
    """A type of the API server as kubeconform -strict takes it: unknown fields are refused."""
    if "$ref" in definition:
        return {"$ref": definition["$ref"]}
    if definition.get("format") == "int-or-string" or definition.get("x-kubernetes-int-or-string"):
        return {"type": ["string", "integer"]}
    made = {key: definition[key] for key in ("type", "enum", "required") if definition.get(key)}
    if "items" in definition:
        made["items"] = closed(definition["items"])
    if "properties" in definition:
        made["properties"] = {name: closed(inner) for name, inner in definition["properties"].items()}
    if isinstance(definition.get("additionalProperties"), dict):
        made["additionalProperties"] = closed(definition["additionalProperties"])
    elif "properties" in definition and not definition.get("x-kubernetes-preserve-unknown-fields"):
        made["additionalProperties"] = False
    return made


def reached(name, definitions, found):
    """The definitions that one refers to, itself among them."""
    if name not in found:
        found[name] = definitions[name]
        for other in re.findall(r'"#/definitions/([^"]+)"', json.dumps(definitions[name])):
            reached(other, definitions, found)
    return found


def kubeconform_schemas():
    """Writes a schema for each kind that the cluster knows; the folder, or nothing without a cluster."""
    if not os.environ.get("KUBECONFIG"):
        return None
    folder = work() / "schemas"
    folder.mkdir(exist_ok=True)
    definitions = json.loads(kubectl("get", "--raw", "/openapi/v2").stdout)["definitions"]
    made = {name: closed(definition) for name, definition in definitions.items()}
    made["io.k8s.apimachinery.pkg.api.resource.Quantity"] = {"type": ["string", "number"]}
    for name, definition in definitions.items():
        kinds = definition.get("x-kubernetes-group-version-kind", [])
        for kind in kinds if len(kinds) == 1 else []:
            file = f"{kind['group'] or kind['version']}_{kind['kind'].lower()}_{kind['version']}.json"
            schema = {"$ref": f"#/definitions/{name}", "definitions": reached(name, made, {})}
            (folder / file).write_text(json.dumps(schema))
    return folder


def properties(schema, root):
    """What a schema says of the keys of a map, through its references."""
    schema = resolved(schema, root)
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found.update(properties(part, root))
    return found


def resolved(schema, root):
    while isinstance(schema, dict) and schema.get("$ref", "").startswith("#/"):
        target = root
        for step in schema["$ref"][2:].split("/"):
            target = target.get(step, {})
        schema = target
    return schema if isinstance(schema, dict) else {}


def undescribed(values, schema, root, path=()):
    """The keys of values that a schema does not name in a map whose keys it names."""
    known = properties(schema, root)
    for key, value in values.items() if known else ():
        if key not in known:
            yield ".".join((*path, key))
        elif isinstance(value, dict):
            yield from undescribed(value, known[key], root, (*path, key))


def unread(written, inferred, roots, path=()):
    """The keys that one schema names and the other one, closed at that place, refuses."""
    read = properties(inferred, roots[1])
    is_closed = resolved(inferred, roots[1]).get("additionalProperties") is False
    for key, schema in properties(written, roots[0]).items():
        if key in read:
            yield from unread(schema, read[key], roots, (*path, key))
        elif is_closed and key not in CONVENTIONAL:
            yield ".".join((*path, key))


def schema_state(chart):
    """`exact`, or `stricter` when a person went on from the inferred schema; and what is not as in the values."""
    done = chartwright("-q", "schema", "--check", chart.folder)
    if done.returncode == 0:
        return "exact", []
    inferred = chartwright("-q", "schema", "--output", "-", chart.folder)
    file = chart.folder / "values.schema.json"
    if inferred.returncode or not file.exists():
        return "-", [told(inferred if file.exists() else done)]
    made, written = json.loads(inferred.stdout), json.loads(file.read_text())
    problems = [f"values.schema.json does not know `{key}` of values.yaml" for key in undescribed(chart.values(None), written, written)]
    problems += [f"values.schema.json knows `{key}`, which nothing reads" for key in unread(written, made, (written, made))]
    return "stricter", problems


def coverage(chart):
    """The count of tests and the share of the chart's own template lines that they execute."""
    with tempfile.NamedTemporaryFile(suffix=".lcov") as file:
        done = chartwright("test", "--strict", "--no-subcharts", "--coverage=lcov", "--coverage-file", file.name, chart.tested)
        traced = pathlib.Path(file.name).read_text()
    count = re.search(r"(?m)^(\d+) tests? in", done.stdout)
    problems = [f"test: {told(done)}"] if done.returncode else []
    executed = [int(hits) > 0 for file, lines in re.findall(r"(?ms)^SF:(.*?)$(.*?)^end_of_record", traced)
                if (f"/charts/{chart.name}/" in file or "/charts/" not in file.removeprefix(str(chart.tested)))
                for hits in re.findall(r"(?m)^DA:\d+,(\d+)", lines)]
    share = round(100 * sum(executed) / len(executed), 1) if executed else 0
    if share < LEAST_COVERAGE:
        problems.append(f"tests execute {share} % of the lines, at least {LEAST_COVERAGE} are asked for")
    return (count[1] if count else "0"), share, problems


def archive_problems(chart, schemas):
    """What Helm and kubeconform say of the archive with each case; the objects that were judged and skipped."""
    problems, judged, skipped = [], 0, 0
    for case in chart.cases or [None]:
        label = case.name if case else "defaults"
        for version, helm in HELMS.items():
            done = run(helm, "lint", "--strict", chart.archive, "--kube-version", KUBERNETES, "-n", chart.namespace, *of(case))
            if done.returncode:
                problems.append(f"helm {version} lint --strict, {label}: {told(done)}")
            rendered = template(helm, chart, case)
            if rendered.returncode and not chart.is_library:
                problems.append(f"helm {version} template, {label}: {told(rendered)}")
        if chart.is_library or rendered.returncode or not schemas:
            continue
        done = run(KUBECONFORM, "-strict", "-summary", "-output", "json", "-ignore-missing-schemas",
                   "-schema-location", f"{schemas}/{PLACE}", "-", text=rendered.stdout)
        report = json.loads(done.stdout or "{}")
        judged, skipped = judged + report["summary"]["valid"], skipped + report["summary"]["skipped"]
        problems += [f"kubeconform, {label}: {found['kind']} {found['name']}: {found['msg']}"
                     for found in report.get("resources", []) if found["status"] in ("statusInvalid", "statusError")]
    return problems, judged, skipped


def judge(chart, schemas, unpacked):
    """A row of the table, and the problems."""
    problems = [f"no {name} case" for name in CASES if chart.is_for_users and chart.folder / f"ci/{name}-values.yaml" not in chart.cases]
    done = chartwright("lint", "--strict", "-n", chart.namespace, chart.folder)
    problems += [f"lint --strict: {told(done)}"] if done.returncode else []
    for case in [] if chart.is_library else chart.cases:
        done = chartwright("validate", "-n", chart.namespace, "--release-name", chart.release, chart.folder, *of(case))
        problems += [f"validate, {case.name}: {told(done)}"] if done.returncode else []
    if chart.is_for_users:
        done = chartwright("-q", "docs", "--check", chart.folder)
        problems += [f"docs --check: {told(done)}"] if done.returncode else []
    state, found = schema_state(chart) if chart.is_for_users else ("-", [])
    tests, share, untested = coverage(chart)
    problems += found + untested
    judged = skipped = "-"
    if chart in unpacked:
        problems.append(f"package: {unpacked[chart]}")
    else:
        found, judged, skipped = archive_problems(chart, schemas)
        problems += found
    return (chart.title, len(chart.cases), state, tests, share, judged, skipped, len(problems)), problems


def main():
    figure = Figure("lint", "chart", "cases", "schema", "tests", "lines %", "objects", "without schema", "findings")
    schemas, unpacked = kubeconform_schemas(), package()
    if not schemas:
        figure.fail("kubeconform", "left out: KUBECONFIG names no cluster")
    for chart, (row, problems) in zip(charts(), pool(lambda chart: judge(chart, schemas, unpacked), charts())):
        figure.row(*row)
        for problem in problems:
            figure.fail(chart, problem)
    figure.end(f"{len(charts())} charts")


if __name__ == "__main__":
    main()
