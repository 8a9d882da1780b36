#!/usr/bin/env python3
"""Sends what every chart renders to, with every one of its cases, to an API server that judges it and keeps nothing.

    dry_run.py [CHART...]       needs KUBECONFIG

The pods that miss the pod security standard `restricted` are counted, as the server's warnings name them.
"""
from charts import *

RESTRICTED = "pod-security.kubernetes.io/warn=restricted"


def judge(chart, case):
    """The objects that were accepted, the warnings, and the problem."""
    rendered = template(HELMS["4.3"], chart, case)
    if rendered.returncode:
        return 0, [], told(rendered)
    used, made = namespaces(rendered.stdout)
    make_namespaces({chart.namespace, *used, *made})
    kubectl("label", "--overwrite", "namespace", chart.namespace, RESTRICTED)
    done = kubectl_in(chart.namespace, "apply", "--server-side", "--dry-run=server", "--force-conflicts", "--validate=strict",
                      "--field-manager=charts-check", "-f", "-", text=rendered.stdout)
    accepted = sum("serverside-applied" in line for line in done.stdout.splitlines())
    warnings = [line.removeprefix("Warning: ") for line in done.stderr.splitlines() if line.startswith("Warning: ")]
    refused = "\n      ".join(line for line in done.stderr.splitlines() if not line.startswith("Warning: "))
    return accepted, warnings, refused or (told(done) if done.returncode else "")


def main():
    need_cluster()
    figure = Figure("dry run", "chart", "cases", "objects", "not restricted", "other warnings", "refused")
    unpacked, notes, total = package(), set(), 0
    jobs = [(chart, case) for chart in charts() if not chart.is_library and chart not in unpacked for case in chart.cases or [None]]
    results = dict(zip(jobs, pool(lambda job: judge(*job), jobs)))
    for chart in charts():
        own = [(case, *results[chart, case]) for case in chart.cases or [None] if (chart, case) in results]
        if chart in unpacked:
            figure.fail(chart, f"package: {unpacked[chart]}")
        for case, _, warnings, problem in own:
            if problem:
                figure.fail(chart, f"{case.name if case else 'defaults'}: {problem}")
            notes.update(f"{chart.title}: {warning}" for warning in warnings)
        lax = [warning for _, _, warnings, _ in own for warning in warnings if "violate PodSecurity" in warning]
        others = sum(len(warnings) for _, _, warnings, _ in own) - len(lax)
        total += len(own)
        figure.row(chart.title, len(own), sum(accepted for _, accepted, _, _ in own), len(lax), others, sum(bool(problem) for *_, problem in own))
    for note in sorted(notes):
        print(f"warning {note}")
    figure.end(f"{total} cases of {len(charts())} charts")


if __name__ == "__main__":
    main()
