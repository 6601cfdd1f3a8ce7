"""Puts one run's plans and findings together as a Report."""

from __future__ import annotations

import datetime
import time
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

import gitops_ci
from gitops_ci.commands.change import Change
from gitops_ci.commands.options import Outside
from gitops_ci.discover.snapshot import changed_paths
from gitops_ci.gate import verdict as verdicts
from gitops_ci.gate.merging import Claimed
from gitops_ci.github.event import Event
from gitops_ci.model import finding
from gitops_ci.model.report import Part, Planned, Report, Tool, Unread
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import Verdict, VerdictReason
from gitops_ci.policy.rules import catalog

if TYPE_CHECKING:
    from gitops_ci.render.links import Links


_MOST_UNREAD = 100


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Clock(Struct, frozen=True):
    """When a run began."""

    started_at: str = msgspec.field(default_factory=lambda: _now().isoformat(timespec="seconds"))
    tick: float = msgspec.field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Wall time since then."""
        return round(time.monotonic() - self.tick, 3)


def report(
    change: Change,
    outside: Outside,
    clock: Clock,
    *,
    found: Claimed,
    verdict: Verdict | None = None,
    part: Part | None = None,
    unread: tuple[str, ...] = (),
) -> Report:
    """The Report of one run; `unread` are the changed files that no stack reads."""
    snapshot = change.head.snapshot
    return Report(
        tool=Tool(gitops_ci.__version__),
        repository=outside.settings.repository,
        pull_request=change.event.pull_request,
        base=change.base_commit,
        base_ref=change.event.base_ref,
        head=change.head_commit,
        planned=Planned(commit=snapshot.commit, tree=snapshot.tree),
        config_digest=change.config_digest,
        run=outside.settings.run,
        started_at=clock.started_at,
        seconds=clock.seconds(),
        stacks_total=len(change.head.stacks.keys() | (change.base.stacks.keys() if change.base is not None else set())),
        stacks=found.stacks,
        changed_files=len(changed_paths(change.base.snapshot, snapshot)) if change.base is not None else 0,
        unread=Unread(count=len(unread), paths=unread[:_MOST_UNREAD]),
        plans=found.plans,
        findings=finding.ordered(catalog.documented(found.findings)),
        policies=found.policies,
        verdict=verdict,
        part=part,
    )


def blank(event: Event, outside: Outside) -> Report:
    """A report about an event's commit that nobody has looked at."""
    clock = Clock()
    return Report(
        tool=Tool(gitops_ci.__version__),
        repository=outside.settings.repository,
        pull_request=event.pull_request,
        base=event.base,
        base_ref=event.base_ref,
        head=event.head,
        planned=Planned(commit=event.head, tree=""),
        config_digest="",
        run=outside.settings.run,
        started_at=clock.started_at,
        seconds=0.0,
    )


def part(change: Change, expected: tuple[AffectedStack, ...], reasons: tuple[VerdictReason, ...]) -> Part:
    """What the report says for whoever merges it with others."""
    return Part(
        expected=tuple(stack.id for stack in expected),
        reasons=verdicts.ordered(reasons),
        environments=environment_order(change),
        detail=change.config.report.comment.detail,
        comment=change.config.report.comment.mode,
    )


def links(outside: Outside) -> Links:
    """Where a comment of this run leads to; nothing where the job does not say which repository it is."""
    from gitops_ci.model.rule import DOCS
    from gitops_ci.render.links import Links

    settings = outside.settings
    if settings.repository is None:
        return Links(docs=DOCS)
    repository = f"{settings.server_url}/{settings.repository}"
    run = f"{repository}/actions/runs/{settings.run.id}" if settings.run is not None else None
    return Links(repository=repository, run=run, docs=DOCS)


def environment_order(change: Change) -> tuple[str, ...]:
    """Environments as they are shown: the end of the promotion order (production) first."""
    return tuple(environment.name for environment in reversed(change.config.environments))
