"""What publishing a large report costs: rendering beside `json.dumps` of the same, and requests to GitHub's API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Program, Row
from gitops_ci.commands import publish
from gitops_ci.commands.options import Options, Outside
from gitops_ci.github.event import Event
from gitops_ci.model import finding
from gitops_ci.model.plan import Attribute, Change, Plan, summarise
from gitops_ci.model.report import Part, Planned, Report, Tool
from gitops_ci.model.stack import AffectedStack, Reason, stack_id
from gitops_ci.model.verdict import Verdict
from gitops_ci.render import report_json
from gitops_ci.settings import Settings
from tests.integration.github_server import BASE, HEAD, TOKEN, Server

_ACTIONS = ("update", "create", "replace", "delete")
_ROUNDS = 5


def measured(place: Path, *, quick: bool) -> list[Row]:
    """500 stacks in two environments with forty changes each, and a finding in each stack."""
    count = 50 if quick else 500
    written = report_json.encode(report(count, "one"))
    again = report_json.decode(written)
    document = json.loads(written)
    changes = sum(len(plan.changes) for plan in again.plans)
    name = f"{count} stacks with {changes:,} changes"
    rendered = _fastest(lambda: publish.of(again, Event(), Options(), _outside(place)))
    dumped = _fastest(lambda: json.dumps(document))
    rows = [measure.compared(f"comment, status and check run of {name} / json.dumps of it", rendered, dumped, times=3)]
    return [*rows, *requests(place, count)]


def _fastest(call: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - begun)
    return best


def _outside(place: Path) -> Outside:
    import io

    settings = Settings(repository="acme/infra")
    return Outside(stdout=io.StringIO(), stderr=io.StringIO(), settings=settings, cwd=place, scratch=place)


def requests(place: Path, count: int) -> list[Row]:
    """How often GitHub is asked: by a first run, one that finds the same, and one that finds something else."""
    server = Server()
    try:
        rows = []
        runs = (("one", "1", "first", None), ("one", "2", "nothing changed", 12), ("two", "3", "all changed", 25))
        for content, run, what, most in runs:
            file = place / f"{content}.json"
            file.write_bytes(report_json.encode(report(count, content)))
            server.repository.requests.clear()
            sample = _program(place, server, file, run).run()
            asked = len(server.repository.requests)
            limit = {} if most is None else {"target": f"≤ {most}", "limit": float(most)}
            rows.append(Row(f"publish {count} stacks, {what}: requests", asked, unit="requests", **limit))  # type: ignore[arg-type]
            rows.append(Row(f"publish {count} stacks, {what}: time, a server on the same machine", sample.seconds))
        return rows
    finally:
        server.close()


def _program(place: Path, server: Server, file: Path, run: str) -> Program:
    event = place / "event.json"
    side = {"repo": {"id": 1}}
    pull = {"number": 7, "base": {"sha": BASE, "ref": "main", **side}, "head": {"sha": HEAD, **side}}
    event.write_text(json.dumps({"pull_request": pull}))
    env = {
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "acme/infra",
        "GITHUB_API_URL": server.url,
        "GITHUB_RUN_ID": run,
        "GITOPS_CI_TOKEN": TOKEN,
    }
    return Program(measure.gitops_ci("publish", str(file)), cwd=place, env=env)


def report(count: int, content: str) -> Report:
    """A report of `count` stacks; `content` is in what it says."""
    names = [(("production", "staging")[number % 2], f"app-{number // 2:03}") for number in range(count)]
    plans = [_plan(stack_id(environment, "terraform", name), name, content) for environment, name in names]
    found = (
        finding.make(
            "terraform/x", "warning", f"{content} of {name}", help="h", path=f"{environment}/{name}.tf", line=1
        )
        for environment, name in names
    )
    return Report(
        tool=Tool("1.0.0"),
        repository="acme/infra",
        pull_request=7,
        base=BASE,
        head=HEAD,
        planned=Planned(commit=HEAD, tree="c" * 40),
        config_digest="d",
        started_at="2026-05-04T10:00:00Z",
        seconds=1.0,
        stacks=tuple(_stack(environment, name) for environment, name in names),
        plans=tuple(sorted(plans, key=lambda plan: plan.stack)),
        findings=finding.ordered(found),
        verdict=Verdict(decision="pass"),
        part=Part(environments=("production", "staging")),
    )


def _stack(environment: str, name: str) -> AffectedStack:
    return AffectedStack(
        id=stack_id(environment, "terraform", name),
        environment=environment,
        kind="terraform",
        name=name,
        path=f"environments/{environment}/terraform/{name}",
        change="modified",
        certainty="module",
        reasons=(Reason("modules/vpc/main.tf", ("modules/vpc",)),),
    )


def _plan(stack: str, name: str, content: str) -> Plan:
    changes = tuple(
        Change(
            address=f"module.app.aws_instance.web[{number}]",
            type="aws_instance",
            action=_ACTIONS[number % len(_ACTIONS)],  # type: ignore[arg-type]  # each is an Action
            attributes=tuple(
                Attribute(path=f"tags.t{each}", before=f"{content} {name}", after=f"{content} {number}")
                for each in range(5)
            ),
        )
        for number in range(40)
    )
    return Plan(stack=stack, status="changed", changes=changes, summary=summarise(changes), seconds=1.0)
