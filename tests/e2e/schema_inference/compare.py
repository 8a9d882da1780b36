#!/usr/bin/env python3
"""Ask the real Helm whether charts meet the schemas that `chartwright schema` infers for them.

    compare.py --bin CHARTWRIGHT --helm HELM --charts DIR --cases CASES.TSV [--only TEXT] [--typos]

DIR holds chart archives; CASES.TSV has lines of case name, archive and arguments of `helm template`, separated by tabs.
Every chart is unpacked, gets its schema, and each case is rendered twice by Helm: with the schema it must end as it does
with `--skip-schema-validation`. With --typos COUNT so many closed
maps of each chart, evenly chosen, get one key that they do not know, which Helm must refuse.
"""
import argparse, json, pathlib, shlex, subprocess, sys, tarfile, tempfile

parser = argparse.ArgumentParser()
parser.add_argument("--bin", required=True)
parser.add_argument("--helm", required=True)
parser.add_argument("--charts", type=pathlib.Path, required=True)
parser.add_argument("--cases", type=pathlib.Path, required=True)
parser.add_argument("--only", default="")
parser.add_argument("--typos", type=int, default=0, metavar="COUNT")
opts = parser.parse_args()
REFUSED = "values don't meet the specifications of the schema"


def unpack(archive, place):
    with tarfile.open(archive) as tar:
        tar.extractall(place, filter="data")
    return next(place.iterdir())


def template(chart, arguments):
    command = [opts.helm, "template", "rel", str(chart), "-n", "ns", *arguments]
    return subprocess.run(command, cwd=opts.cases.parent, capture_output=True, text=True)


def closed(schema, path):
    """The paths of maps that take no further keys."""
    if schema.get("additionalProperties") is False:
        yield path
    for key, inner in schema.get("properties", {}).items():
        yield from closed(inner, [*path, key])


def typo(path):
    value = {"chartwrightTypo": 1}
    for key in reversed(path):
        value = {key: value}
    return json.dumps(value)


def main():
    cases = [line.split("\t") for line in opts.cases.read_text().splitlines() if "\t" in line and line[0] != "#"]
    kept = refused_too = total = refused = seeded = 0
    with tempfile.TemporaryDirectory() as folder:
        charts = {}
        for case, archive, *arguments in cases:
            if opts.only not in case:
                continue
            if archive not in charts:
                charts[archive] = unpack(opts.charts / archive, pathlib.Path(folder) / archive)
                subprocess.run([opts.bin, "-q", "schema", str(charts[archive]), "--force"], check=True)
            words = arguments[0].split() if arguments else []
            done = template(charts[archive], words)
            total += 1
            skipped = done if not done.returncode else template(charts[archive], [*words, "--skip-schema-validation"])
            if done.returncode == skipped.returncode:
                kept += 1
                refused_too += REFUSED in done.stderr
            else:
                print(f"{case}: {done.stderr}", flush=True)
        for chart in charts.values() if opts.typos else []:
            schema = json.loads((chart / "values.schema.json").read_text())
            paths = list(closed(schema, []))
            for path in paths[:: max(1, len(paths) // opts.typos)][: opts.typos]:
                seeded += 1
                if "chartwrightTypo" in template(chart, ["--set-json", typo(path)]).stderr:
                    refused += 1
                else:
                    print(f"{chart.name}: a typo below {'.'.join(path) or 'the top'} is not refused", flush=True)
    print(f"{kept} of {total} cases end as without a schema ({refused_too} that fail anyway fail in the schema first); {refused} of {seeded} unknown keys refused")
    sys.exit(0 if kept == total and refused == seeded and total else 1)


main()
