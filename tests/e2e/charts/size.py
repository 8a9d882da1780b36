#!/usr/bin/env python3
"""Weighs every chart: its archive, and the release record that install.py found in the cluster.

    size.py [CHART...]      needs $WORK/records.json, which install.py writes
"""
import json
from charts import *

ARCHIVE, RECORD = 400_000, 300_000


def main():
    figure = Figure("size", "chart", "archive bytes", "release record bytes")
    file = work() / "records.json"
    records, unpacked = json.loads(file.read_text()) if file.exists() else {}, package()
    for chart in charts():
        archive = chart.archive.stat().st_size if chart not in unpacked else 0
        record = records.get(chart.title, 0)
        figure.row(chart.title, archive, "-" if chart.is_library else record)
        if not 0 < archive < ARCHIVE:
            figure.fail(chart, unpacked.get(chart, f"the archive has {archive} bytes, fewer than {ARCHIVE} are asked for"))
        if not chart.is_library and not 0 < record < RECORD:
            figure.fail(chart, f"the release record has {record} bytes, fewer than {RECORD} are asked for" if record else "was not installed")
    figure.end(f"{len(charts())} charts, at most {ARCHIVE} bytes of archive and {RECORD} of release record")


if __name__ == "__main__":
    main()
