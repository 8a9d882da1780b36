#!/usr/bin/env python3
"""Measure `chartwright lint` against `helm lint` over a folder of chart archives.

    benches/lint_against_helm.py CHARTWRIGHT HELM [FOLDER] [ROUNDS]

FOLDER is ~/.cache/chartwright-corpus where none is named, ROUNDS is 5. All programs lint all charts in one call, and each
chart in a call of its own, alternately; medians of processor time and wall time are compared. Written to
benches/lint_results.md. Ends with status 1 when a figure misses what it must reach.
"""
import os, pathlib, resource, statistics, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUST = {"called as helm": 20, "own face, Helm's rules": 20, "own face, all rules": 10}


def run(command):
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall


def measure(programs, charts, rounds):
    """The median processor and wall time of each program: all charts in one call, and the sum of one call each."""
    together, apart = {name: [] for name in programs}, {name: [] for name in programs}
    for _ in range(rounds):
        for name, command in programs.items():
            together[name].append(run([*command, *charts]))
        for name, command in programs.items():
            each = [run([*command, chart]) for chart in charts]
            apart[name].append(tuple(map(sum, zip(*each))))
    return [{name: tuple(map(statistics.median, zip(*costs))) for name, costs in kind.items()} for kind in (together, apart)]


def main():
    ours, helm = map(os.path.realpath, sys.argv[1:3])
    folder = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else "~/.cache/chartwright-corpus").expanduser()
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    charts = sorted(map(str, folder.glob("*.tgz")))
    if not charts:
        sys.exit(f"no charts in {folder}")
    with tempfile.TemporaryDirectory() as place:
        link = pathlib.Path(place) / "helm"
        link.symlink_to(ours)
        programs = {
            "helm": [helm, "lint"],
            "called as helm": [str(link), "lint"],
            "own face, Helm's rules": [ours, "lint", "--rules", "helm"],
            "own face, all rules": [ours, "lint", "--rules", "all"],
        }
        results = measure(programs, charts, rounds)
    version = subprocess.run([helm, "version", "--short"], capture_output=True, text=True).stdout.strip()
    lines = [
        "# Lint measured against Helm",
        "",
        f"Made by `benches/lint_against_helm.py`: {len(charts)} charts, medians of {rounds} alternating rounds, Helm {version}, "
        f"{os.cpu_count()} cores.",
    ]
    missed = False
    for title, costs in zip(("all charts in one call", "each chart in a call of its own, summed"), results):
        lines += ["", f"## {title}", "", "| program | processor ms | times | wall ms | times | must reach |", "|---|---|---|---|---|---|"]
        for name, (processor, wall) in costs.items():
            ratios = costs["helm"][0] / processor, costs["helm"][1] / wall
            must = MUST.get(name)
            failed = must is not None and min(ratios) < must
            missed |= failed
            bound = "" if must is None else f"{must} times" + (" **missed**" if failed else "")
            lines.append(
                f"| {name} | {processor * 1000:.0f} | {ratios[0]:.1f} | {wall * 1000:.0f} | {ratios[1]:.1f} | {bound} |"
            )
    text = "\n".join(lines) + "\n"
    (ROOT / "benches" / "lint_results.md").write_text(text)
    print(text)
    sys.exit(1 if missed else 0)


main()
