"""The verdict: every rule family's reasons joined; blocked before undecided before pass (trust.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import structs

from gitops_ci.model.plan import Plan
from gitops_ci.model.verdict import Decision, Verdict, VerdictReason

_PLACED, _NAMED = 3, 10
"""What is deployed from elsewhere that is told with its place, and with its name."""
_ORDER: tuple[Decision, ...] = ("blocked", "undecided", "pass")


def of(reasons: Iterable[VerdictReason], *, plans: Iterable[Plan], judges_pull_request: bool) -> Verdict:
    """The decision that follows. Without the pull request's state its rules are left out, and that is said."""
    told = ordered(reasons)
    decision = told[0].decision if told else "pass"
    known = tuple(plans)
    left_out = (*_unseen(known), *(() if judges_pull_request else _left_out(known)), *_not_rendered(known))
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


def _unseen(plans: tuple[Plan, ...]) -> Iterator[str]:
    """What the change has deployed that is not in the repository: each once, the first with a place that asks for it.

    What is more is named only: whoever reads it wants to know what is destroyed first.
    """
    places: dict[tuple[str, str], dict[str, None]] = {}
    for each in (each for plan in plans for each in plan.unseen):
        found = places.setdefault((each.what, each.why), {})
        if each.path is not None:
            found[f"{each.path}:{each.line}" if each.line is not None else each.path] = None
    several = list(places.items())
    placed = _PLACED if len(several) > _PLACED + 1 else len(several)  # one more line is no longer than its summary
    for (what, why), asking in several[:placed]:
        more = f" and {len(asking) - 1:,} more" if len(asking) > 1 else ""
        yield f"what {what} deploys: {why}{f' ({next(iter(asking))}{more})' if asking else ''}"
    rest = [what for (what, _), _ in several[placed:]]
    if rest:
        left = f" and {len(rest) - _NAMED:,} more" if len(rest) > _NAMED else ""
        yield f"what {', '.join(rest[:_NAMED])}{left} deploy: not in this repository, either"


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
            is_unseen = any(line == f"{each.why}: {each.what}" for each in plan.unseen)
            if line.startswith("not rendered, ") and not is_unseen:
                stacks.setdefault(line, []).append(plan.stack)
    for line, takers in stacks.items():
        more = f" and {len(takers) - 1:,} more" if len(takers) > 1 else ""
        yield f"{line} ({takers[0]}{more})"
