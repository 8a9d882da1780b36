#!/usr/bin/env python3
"""Lint published charts with the baseline beside this file and tell what is left, by rule.

    compare.py CHARTWRIGHT FOLDER_WITH_ARCHIVES

Ends with status 1 when an entry of the baseline is no longer found, or when it has more than 30 of them or one without
a reason.
"""
import collections, json, pathlib, subprocess, sys

chartwright, folder = sys.argv[1], pathlib.Path(sys.argv[2])
baseline = pathlib.Path(__file__).parent / "baseline.json"
archives = sorted(map(str, folder.glob("*.tgz")))


def lint(*flags):
    done = subprocess.run([chartwright, "lint", *flags, "--output", "json", *archives], capture_output=True, text=True)
    return [finding for chart in json.loads(done.stdout)["charts"] for finding in chart["findings"]]


known = [finding for chart in json.loads(baseline.read_text())["charts"] for finding in chart["findings"]]
everything, left = lint(), lint("--baseline", str(baseline))
rules = collections.Counter(finding["rule"] for finding in left if not finding["implied"])
for rule, count in sorted(rules.items()):
    print(f"{count:5} {rule}")
gone = len(everything) - len(left)
print(f"{len(archives)} charts, {sum(rules.values())} findings beside {len(known)} of the baseline, {gone} of which are found")
sys.exit(0 if gone == len(known) <= 30 and all(one.get("reason") for one in known) else 1)
