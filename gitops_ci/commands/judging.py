"""Hands what a run has found to the one place where findings become final."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from msgspec import Struct

from gitops_ci.commands.assembly import Clock
from gitops_ci.commands.change import Change
from gitops_ci.commands.options import Options
from gitops_ci.discover.snapshot import Snapshot, changed_paths
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan
from gitops_ci.model.policy import PolicyRun
from gitops_ci.policy import comparison, settled
from gitops_ci.policy.notices import LookedAt
from gitops_ci.policy.scope import Scope
from gitops_ci.policy.settled import Asked, Rules
from gitops_ci.policy.waivers import comments, file

NOWHERE = LookedAt()
"""Nothing is said about waivers that nothing needs: a part was looked at, or not by all rules."""


class Judge(Struct, frozen=True, kw_only=True):
    """What decides about the findings of a change, read before anything is looked for."""

    change: Change
    source: Snapshot
    rules: Rules

    def final(
        self,
        findings: Iterable[Finding],
        *,
        owners: Mapping[str, tuple[str, ...]] | None = None,
        looked_at: LookedAt = NOWHERE,
    ) -> tuple[Finding, ...]:
        """The findings as they count. Comments are looked for where something is found, and in what changed."""
        found = tuple(findings)
        head = self.change.head.snapshot
        base = self.change.base.snapshot if self.change.base is not None else head
        paths = (*(each.path for each in found if each.path), *changed_paths(base, head))
        moved = comparison.moves(base, head)
        asked = Asked(
            comments=comments.beside(self.source, head, paths, moved if self.source is base else {}),
            owners=owners or {},
            moved=moved,
            looked_at=looked_at,
        )
        return settled.of(found, self.rules, asked)


def prepared(change: Change, options: Options, clock: Clock) -> Judge:
    """Reads waivers and baseline from base, or from head where there is no base or its rules are tried.

    Raises ConfigError where they cannot be read. A day begins at midnight UTC.
    """
    head = change.head.snapshot
    source = head if change.base is None or options.config_from == "worktree" else change.base.snapshot
    return Judge(change=change, source=source, rules=settled.rules(change.config, _today(clock), source, head))


def without_baseline(change: Change, clock: Clock) -> Judge:
    """Judges by head's own waivers, and by no baseline."""
    head, today = change.head.snapshot, _today(clock)
    waivers = file.read(head, change.config.policy.waivers, today)
    return Judge(change=change, source=head, rules=Rules(config=change.config, today=today, waivers=waivers))


def _today(clock: Clock) -> datetime.date:
    return datetime.datetime.fromisoformat(clock.started_at).date()


def looked_at(
    options: Options, scope: Scope, runs: Iterable[PolicyRun], plans: Iterable[Plan] | None = None
) -> LookedAt:
    """What a run asked; nothing where only a part was asked for.

    Without `plans` only policies were asked, with the plan documents of the scope.
    """
    if options.stacks or options.environments or options.kinds or options.shard:
        return NOWHERE
    answered = (run.name for run in runs if not run.problems)
    inspected = () if plans is None else ("layout", "terraform", "database", "security")
    good = scope.plans if plans is None else {each.stack for each in plans if each.status not in ("failed", "skipped")}
    return LookedAt(
        families=frozenset((*inspected, *answered)),
        whole=options.everything,
        planned=all(stack in good for stack in scope.stacks),
        paths=frozenset(scope.paths),
        stacks=frozenset(scope.stacks),
        changed=scope.changed,
        gone=scope.changed - scope.head.entries.keys(),
    )
