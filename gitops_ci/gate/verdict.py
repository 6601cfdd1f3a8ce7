"""The verdict: every rule family's reasons joined; blocked before undecided before pass (trust.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import structs

from gitops_ci.model.plan import Plan
from gitops_ci.model.verdict import Decision, Verdict, VerdictReason

_ORDER: tuple[Decision, ...] = ("blocked", "undecided", "pass")


def of(reasons: Iterable[VerdictReason], *, plans: Iterable[Plan], judges_pull_request: bool) -> Verdict:
    """The decision that follows. Without the pull request's state its rules are left out, and that is said."""
    told = ordered(reasons)
    decision = told[0].decision if told else "pass"
    known = tuple(plans)
    left_out = (*(() if judges_pull_request else _left_out(known)), *_not_rendered(known))
    return Verdict(decision=decision, reasons=told, left_out=left_out)


def at_least(decision: Decision, told: Verdict) -> Verdict:
    """A verdict that is no better than `decision`."""
    return structs.replace(told, decision=min(decision, told.decision, key=_ORDER.index))


def ordered(reasons: Iterable[VerdictReason]) -> tuple[VerdictReason, ...]:
    """Each reason once, what decides first."""
    return tuple(sorted(dict.fromkeys(reasons), key=_weight))


def _weight(reason: VerdictReason) -> tuple[int, bool, str, str, str]:
    """By decision, what a rule found before what could not be found out; the same whoever was asked first."""
    checked = reason.rule.startswith("checks/")
    return _ORDER.index(reason.decision), checked, reason.stack or "", reason.rule, reason.message


def _left_out(plans: tuple[Plan, ...]) -> tuple[str, ...]:
    if not plans:
        return ()
    said = ["approvals, promotion order and freeze windows (they need the pull request)"]
    destroyed = sum(change.destructive for plan in plans for change in plan.changes)
    if destroyed:
        noun = "changes" if destroyed > 1 else "change"
        said.append(f"whether somebody agreed to {destroyed:,} destructive {noun} (it needs the pull request)")
    return tuple(said)


def _not_rendered(plans: Iterable[Plan]) -> Iterator[str]:
    """What plans could not look at, and need not: each once, with the stacks that take it."""
    stacks: dict[str, list[str]] = {}
    for plan in plans:
        for line in plan.reason.message.split("\n") if plan.reason and plan.reason.code == "left-out" else ():
            if line.startswith("not rendered, "):
                stacks.setdefault(line, []).append(plan.stack)
    for line, takers in stacks.items():
        more = f" and {len(takers) - 1:,} more" if len(takers) > 1 else ""
        yield f"{line} ({takers[0]}{more})"
