"""`make bench`: measures gitops-ci beside its peers; prints a table and writes benchmarks/results/latest.json.

The exit code is 0 even where a target is missed, and 1 where something could not be measured: benchmarks inform.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import (
    databases,
    discovery,
    growth,
    kubernetes,
    linting,
    measure,
    merging,
    plan,
    planning,
    policies,
    publishing,
    searching,
    startup,
    validating,
)
from benchmarks.measure import MB, Impossible, Row, Skipped

RESULTS = measure.ROOT / "benchmarks" / "results" / "latest.json"
MEASUREMENTS = {
    "startup": startup.measured,
    "discovery": discovery.measured,
    "growth": growth.measured,
    "planning": planning.measured,
    "merging": merging.measured,
    "plan": plan.measured,
    "policies": policies.measured,
    "databases": databases.measured,
    "secrets": searching.measured,
    "publishing": publishing.measured,
    "linting": linting.measured,
    "validating": validating.measured,
    "kubernetes": kubernetes.measured,
}
_HEAD = ("what", "ours", "peer", "ratio", "target", "")


def main() -> int:
    """Runs the measurements that are asked for."""
    arguments = argparse.ArgumentParser(prog="benchmarks/run.py", description="Times gitops-ci beside its peers.")
    arguments.add_argument("--only", action="append", choices=MEASUREMENTS, help="just this one (repeatable)")
    arguments.add_argument("--quick", action="store_true", help="small repositories and few rounds: rough numbers")
    given = arguments.parse_args()
    rows: list[Row] = []
    notes: list[str] = []
    failed = False
    for name in given.only or MEASUREMENTS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            with tempfile.TemporaryDirectory(prefix="gitops-ci-bench-") as place:
                rows += MEASUREMENTS[name](Path(place), quick=given.quick)
        except Skipped as reason:
            notes.append(f"{name} skipped: {reason}")
        except Impossible as reason:
            notes.append(f"{name} could not be measured: {reason}")
            failed = True
    print("\n".join((*table(rows), *notes)))
    write(rows, notes, quick=given.quick)
    return int(failed)


def table(rows: Iterable[Row]) -> list[str]:
    """The rows as aligned text."""
    cells = [_HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if column in (0, 4) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _cells(row: Row) -> tuple[str, ...]:
    judged = "" if row.ok is None else "ok" if row.ok else "over"
    peer = "" if row.peer is None else _amount(row.peer, row.unit)
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}×"
    return row.what, _amount(row.ours, row.unit), peer, ratio, row.target, judged


def _amount(value: float, unit: str) -> str:
    if unit == "requests":
        return f"{value:g}"
    return f"{value / MB:.0f} MB" if unit == "B" else f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def write(rows: Iterable[Row], notes: Iterable[str], *, quick: bool) -> None:
    """The same as JSON, with the machine it was measured on."""
    document = {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": {"system": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()},
        "rows": [asdict(row) | {"ratio": row.ratio, "ok": row.ok} for row in rows],
        "notes": list(notes),
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
