"""Environments that are directories of one branch: what enters a stack, its counterpart has on the base branch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from gitops_ci.config_gate import seconds
from gitops_ci.gate.case import Case
from gitops_ci.gate.promoted import Promoted, Question
from gitops_ci.gate.promotion import entering
from gitops_ci.gate.promotion.entering import Entering
from gitops_ci.gate.promotion.pieces import Piece
from gitops_ci.gate.promotion.weighing import Held
from gitops_ci.model.verdict import Decision, VerdictReason

_FETCH = "check out the whole history (`fetch-depth: 0`)"


def held(case: Case) -> Iterator[Held]:
    """What holds up each stack that something enters."""
    past = case.promoted or Promoted()
    for each in entering.of(case):
        found = (*_missing(each, past), *_soaking(each, past, case.now), *_unknown(each, case))
        yield Held(environment=each.stack.environment, gate=each.gate, reasons=found)


def question(each: Entering) -> Question | None:
    """What has to be known of the history of one stack."""
    soak = seconds(each.gate.soak)
    waiting = frozenset(piece.identity for piece in each.there) if soak else frozenset()
    missing = frozenset(piece.identity for piece in each.missing)
    if not waiting and not missing:
        return None
    others = tuple(stack.id for stack in each.counterparts)
    return Question(stack=each.stack.id, counterparts=others, waiting=waiting, missing=missing, soak=soak)


def _missing(each: Entering, past: Promoted) -> Iterator[VerdictReason]:
    """What its counterpart does not have on the base branch; what the stack itself had before is a way back."""
    new = [piece for piece in each.missing if (each.stack.id, piece.identity) not in past.before]
    if not new:
        return
    source, verb = each.source, "was" if len(new) == 1 and new[0].what not in ("tree", "file") else "were"
    if each.unread_there:
        wrong = each.unread_there[0]
        message = f"whether {_listed(new)} {verb} in {source} first is not known: {wrong.path}: {wrong.message}"
        remedy = f"mend the file of {source} first"
        yield _reason("gate/promotion-unknown", "undecided", message, remedy, each)
        return
    if not each.counterparts:
        message = f"{source} has no stack {each.stack.kind}/{each.stack.name}; entering: {_listed(new)}"
        remedy = f"bring the stack to {source} first, or name it under promotion_except where it belongs here alone"
    elif all(piece in each.together for piece in new):
        message = f"{_listed(new)} {verb} not in {source} first: this same change brings it there"
        remedy = f"change {source} in a pull request of its own, and {each.stack.environment} after it is merged"
        if any(piece.what == "tree" for piece in new):
            remedy += "; files that both share need a version or a folder of their own for that, or promotion_together"
    else:
        message = f"{_listed(new)} {verb} not in {source} first"
        remedy = f"bring it to {source} first; `gitops-ci promote --stack {each.stack.id}` then writes the change"
    yield _reason("gate/promotion-missing", "blocked", message, remedy, each)


def _soaking(each: Entering, past: Promoted, now: datetime) -> Iterator[VerdictReason]:
    """What has not been there for long enough; a way back need not wait."""
    soak = timedelta(seconds=seconds(each.gate.soak))
    if not soak:
        return
    for piece in each.there:
        since = past.since.get((each.stack.id, piece.identity))
        if since is None:
            why = past.lacking or "the history of the base branch was not looked at"
            message = f"since when {each.source} has had {piece.label} is not known: {why}"
            yield _reason("gate/promotion-soak", "undecided", message, _FETCH, each)
        elif now - since < soak:
            message = (
                f"{piece.label} has been in {each.source} since {_told(since)}, and has to be for {each.gate.soak}"
            )
            yield _reason("gate/promotion-soak", "blocked", message, f"wait until {_told(since + soak)}", each)
    if each.gate.promotion_together and each.together:
        message = (
            f"{_listed(each.together)} would enter {each.source} only now, and has to be there for {each.gate.soak}"
        )
        remedy = f"change {each.source} in a pull request of its own, and wait"
        yield _reason("gate/promotion-soak", "blocked", message, remedy, each)


def _unknown(each: Entering, case: Case) -> Iterator[VerdictReason]:
    """What may be something else than what is in the environment before, or anything."""
    for wrong in each.unread:
        place = wrong.path if wrong.line is None else f"{wrong.path}:{wrong.line}"
        message = f"what enters cannot be told: {place}: {wrong.message}"
        yield _reason("gate/promotion-unknown", "undecided", message, "mend the file at the place named", each)
    moving = [piece for piece in (*each.there, *each.together) if not piece.fixed]
    if moving:
        message = f"{_listed(moving)} may be another one in {each.stack.environment} than it was in {each.source}"
        remedy = "name one version, tag or commit that stays what it is"
        yield _reason("gate/promotion-unknown", "undecided", message, remedy, each)
    ambiguous = case.head.ambiguous | case.base.ambiguous
    for stack_id in sorted(ambiguous & {each.stack.id, *(other.id for other in each.counterparts)}):
        message = f"several directories are called {stack_id}, so what enters cannot be told"
        remedy = "rename one of the directories, or name the stacks under layout.stacks in gitops-ci.yml"
        yield _reason("gate/promotion-unknown", "undecided", message, remedy, each)


def _listed(pieces: Iterable[Piece]) -> str:
    labels = [piece.label for piece in pieces]
    more = f" and {len(labels) - 3:,} more" if len(labels) > 3 else ""
    return ", ".join(labels[:3]) + more


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _reason(rule: str, decision: Decision, message: str, remedy: str, each: Entering) -> VerdictReason:
    return VerdictReason(rule=rule, decision=decision, message=message, remedy=remedy, stack=each.stack.id)
