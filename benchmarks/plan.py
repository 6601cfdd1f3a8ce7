"""What a large plan costs between the engine and the reader: read, masked and rendered, beside `json.load` of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks import measure, plan_document
from benchmarks.measure import MB, Impossible, Program, Row

_CHANGES = 50_000
_PEER = "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))"
_OURS = Path(__file__).with_name("render_plan.py")


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`terraform show -json` of 100 MB to report.json, comment.md and report.txt; the peer only loads it."""
    changes = _CHANGES // 10 if quick else _CHANGES
    document, out = place / "plan.json", place / "out"
    size = plan_document.write(document, changes)
    ours = Program((sys.executable, "-I", str(_OURS), str(document), str(out)))
    peer = Program((sys.executable, "-I", "-c", _PEER, str(document)))
    best = measure.alternating({"ours": (ours,), "peer": (peer,)}, rounds=2 if quick else 3)
    _verify(out, changes)
    what = f"{changes:,} changes, {size / MB:.0f} MB"
    return [
        measure.compared(f"plan JSON, {what} / json.load", best["ours"].seconds, best["peer"].seconds, times=2),
        Row("  peak memory / the file's size", best["ours"].peak_bytes, size, "B", "≤ 3×", 3.0 * size),
        Row("  peak memory of json.load", best["peer"].peak_bytes, size, "B"),
    ]


def _verify(out: Path, changes: int) -> None:
    """Raises Impossible where the report does not tell every change, or tells a secret."""
    content = (out / "report.json").read_bytes()
    [plan] = json.loads(content)["plans"]
    if len(plan["changes"]) != changes or not all(change["attributes"] for change in plan["changes"]):
        raise Impossible(f"the report tells {len(plan['changes'])} of {changes} changes")
    for name in ("report.json", "comment.md", "report.txt"):
        if any(secret in (out / name).read_bytes() for secret in plan_document.SECRETS):
            raise Impossible(f"{name} tells a secret")
