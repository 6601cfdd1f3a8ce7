"""Environments that are branches: what is merged into one is in the branch before it, by ancestry or by content."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta

from gitops_ci.config import Environment
from gitops_ci.config_gate import Gate, seconds
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate.case import Case
from gitops_ci.gate.promoted import Promoted, Upstream
from gitops_ci.gate.promotion import counterparts
from gitops_ci.gate.promotion.weighing import Held
from gitops_ci.model.verdict import Decision, VerdictReason


def entered(case: Case) -> Iterator[tuple[Environment, str]]:
    """The environments whose own branch this is merged into, each with the branch that it is promoted from."""
    branches = {each.base_ref for each in case.pull_requests}
    for environment in case.config.environments:
        source = counterparts.before(environment.name, case.config)
        if source is None or source.branch is None or environment.branch not in branches:
            continue
        if counterparts.has_own_branch(environment, source) and case.config.gate(environment.name).promotion != "off":
            yield environment, source.branch


def held(case: Case) -> Iterator[Held]:
    """What holds the change up in each environment that is a branch."""
    known = (case.promoted or Promoted()).upstream
    for environment, branch in entered(case):
        gate = case.config.gate(environment.name)
        upstream = known.get(environment.name)
        found = tuple(_found(upstream, branch, gate, case))
        yield Held(environment=environment.name, gate=gate, reasons=found)


def differing(case: Case, tip: Snapshot) -> tuple[str, ...]:
    """The paths that this changes to something else than `tip` has."""
    head = case.head.snapshot
    changed = snapshots.changed_paths(case.base.snapshot, head)
    return tuple(path for path in changed if head.entries.get(path) != tip.entries.get(path))


def _found(upstream: Upstream | None, branch: str, gate: Gate, case: Case) -> Iterator[VerdictReason]:
    if upstream is None or upstream.tip is None:
        message = f"what the branch {branch} has is not known: this clone lacks it"
        yield _reason("gate/promotion-unknown", "undecided", message, f"fetch the branch {branch} as well")
        return
    paths = () if upstream.has_head else differing(case, upstream.tip)
    if paths:
        some = ", ".join(paths[:3]) + (", …" if len(paths) > 3 else "")
        noun = "1 file is" if len(paths) == 1 else f"{len(paths):,} files are"
        message = f"{noun} not as the branch {branch} has it: {some}"
        yield _reason("gate/promotion-missing", "blocked", message, f"merge it into {branch} first, then from there")
        return
    yield from _soaking(upstream, branch, gate, case)


def _soaking(upstream: Upstream, branch: str, gate: Gate, case: Case) -> Iterator[VerdictReason]:
    soak = timedelta(seconds=seconds(gate.soak))
    if not soak:
        return
    if upstream.since is None:
        message = f"since when the branch {branch} has had this is not known"
        remedy = "check out the whole history (`fetch-depth: 0`)"
        yield _reason("gate/promotion-soak", "undecided", message, remedy)
    elif case.now - upstream.since < soak:
        until = f"{(upstream.since + soak).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        message = f"the branch {branch} has had this for less than {gate.soak}"
        yield _reason("gate/promotion-soak", "blocked", message, f"wait until {until}")


def _reason(rule: str, decision: Decision, message: str, remedy: str) -> VerdictReason:
    return VerdictReason(rule=rule, decision=decision, message=message, remedy=remedy)
