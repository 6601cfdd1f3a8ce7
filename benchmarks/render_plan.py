"""`python -I render_plan.py PLAN OUT`: what `gitops-ci run` does with a plan's JSON, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

from gitops_ci.commands import output
from gitops_ci.kinds.terraform.plans import plan_json
from gitops_ci.model.plan import Plan, summarise
from gitops_ci.model.report import Planned, Report, Tool
from gitops_ci.render.links import Links


def main(document: Path, out: Path) -> None:
    """Reads the plan, and writes the report, the comment and the text."""
    found = plan_json.parse(document.read_bytes())
    plan = Plan(
        stack="production/terraform/main",
        status="changed",
        summary=summarise(found.changes),
        changes=found.changes,
        outputs=found.outputs,
    )
    report = Report(
        tool=Tool("benchmark"),
        base="a" * 40,
        head="b" * 40,
        planned=Planned(commit="b" * 40, tree="c" * 40),
        config_digest="",
        started_at="2026-11-25T10:00:00+00:00",
        seconds=1.0,
        plans=(plan,),
    )
    output.write_report(report, out, Links(), environments=("production",))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
