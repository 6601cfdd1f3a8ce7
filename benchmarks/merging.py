"""How long `report` takes to merge the shards of a large change, beside a Python that only reads their JSON."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Program, Row
from gitops_ci.model.plan import Attribute, Change, Plan, summarise
from gitops_ci.model.report import Part, Planned, Report, Tool
from gitops_ci.model.stack import AffectedStack, Reason, stack_id
from gitops_ci.render import report_json

_STACKS = 8  # a shard
_CHANGES = tuple(
    Change(
        address=f"aws_instance.web[{number}]",
        type="aws_instance",
        action="update",
        attributes=tuple(Attribute(path=f"tags.t{each}", before="x" * 20, after="y" * 20) for each in range(5)),
    )
    for number in range(10)
)
_READ = "import json, sys\nfor path in sys.argv[1:]:\n    json.load(open(path, 'rb'))"


def measured(place: Path, *, quick: bool) -> list[Row]:
    """256 reports of eight stacks with ten changes each."""
    count = 32 if quick else 256
    stacks = [_stack(number) for number in range(count * _STACKS)]
    part = Part(expected=tuple(stack.id for stack in stacks), environments=("production",))
    paths = []
    for shard in range(count):
        paths.append(str(place / f"{shard}.json"))
        Path(paths[-1]).write_bytes(_report(stacks[shard * _STACKS : (shard + 1) * _STACKS], part))
    programs = {
        "json": Program((sys.executable, "-c", _READ, *paths)),
        "report": Program(measure.gitops_ci("report", *paths, "--format", "markdown"), cwd=place),
    }
    best = measure.alternating({name: (each,) for name, each in programs.items()}, rounds=3)
    name = f"report of {count} shards / json.load of them"
    return [measure.compared(name, best["report"].seconds, best["json"].seconds, times=6)]


def _stack(number: int) -> AffectedStack:
    name = f"stack-{number:04}"
    return AffectedStack(
        id=stack_id("production", "terraform", name),
        environment="production",
        kind="terraform",
        name=name,
        path=f"environments/production/terraform/{name}",
        change="modified",
        certainty="module",
        reasons=tuple(Reason(f"modules/m{each}/main.tf", (f"modules/m{each}",)) for each in range(5)),
    )


def _report(stacks: list[AffectedStack], part: Part) -> bytes:
    summary = summarise(_CHANGES)
    return report_json.encode(
        Report(
            tool=Tool("1.0.0"),
            base="b" * 40,
            head="a" * 40,
            planned=Planned(commit="a" * 40, tree="c" * 40),
            config_digest="d",
            started_at="2026-05-04T10:00:00Z",
            seconds=1.0,
            stacks=tuple(stacks),
            plans=tuple(Plan(stack=stack.id, status="changed", changes=_CHANGES, summary=summary) for stack in stacks),
            part=part,
        )
    )
