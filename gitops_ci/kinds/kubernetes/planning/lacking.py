"""What is missing at the ends of a change: what makes a plan fail, and what is only told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

import msgspec
from msgspec import Struct

from gitops_ci.config_kubernetes import Accepted
from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.kinds.kubernetes.sources import Deployment
from gitops_ci.model.plan import BLOCKING_CODES, Change, Problem, Unseen
from gitops_ci.policy import secrets

_NOT_RENDERED = "not-rendered"
_UNSEEN = (_NOT_RENDERED, "cluster-values", "set-offline", "revision-missing")
_WRONG_BEFORE = "wrong-at-base"
LEFT_OUT = "left-out"
"""Of a plan that says what it could not look at, and need not."""
_SAID = {**dict.fromkeys(_UNSEEN, "not rendered: "), _WRONG_BEFORE: "wrong at base as well: "}
_NAMED = 5
"""Gaps that are named; of more the rest is counted."""


class Lacking(Struct, frozen=True):
    """The gaps of both ends that make a plan fail, and what is to be told of the others.

    `unseen` are those that somebody accepted and that are not surely the same at both ends: what they deploy changes.
    """

    base: tuple[Gap, ...]
    head: tuple[Gap, ...]
    told: tuple[Problem, ...] = ()
    unseen: tuple[Unseen, ...] = ()

    def is_sure(self, change: Change) -> bool:
        """Whether an object that comes or goes really does: an end may only lack it, as a part is not rendered."""
        if change.action in ("delete", "forget"):
            return not _hidden(self.head, self.base)
        return change.action != "create" or not _hidden(self.base, self.head)

    def failure(self, *, removed: bool) -> Problem | None:
        """Why a plan is not whole, if it is not."""
        found = _failure(self.base) if removed else _failure(self.head, self.base)
        return found or _unknown(self.base)


def between(base: Sequence[Gap], head: Sequence[Gap], accepted: Sequence[Accepted], *, stays: bool = True) -> Lacking:
    """What is missing at base and at head. `stays`: the same thing deploys the stack to the same place at both ends.

    What both ends lack alike, and pinned, with the same patches, images and values upon it, hides no change. What
    somebody accepted in the configuration of base is told.
    """
    alike = {_key(each) for each in base} & {_key(each) for each in head} if stays else set()
    same = [each for each in head if each.fixed and _key(each) in alike]
    left_out = [(each, reason) for each in (*head, *base) if (reason := _reason(each, accepted))]
    unchanged = {_key(each) for each in same}
    fine = {_key(each) for each in (*same, *(each for each, _ in left_out))}
    told = [*_told("the same at both ends", (each.what for each in same))]
    for reason in dict.fromkeys(reason for _, reason in left_out):
        told += _told(f"accepted ({reason})", (each.what for each, why in left_out if why == reason))
    return Lacking(
        base=tuple(each for each in base if _key(each) not in fine),
        head=tuple(each for each in head if _key(each) not in fine),
        told=tuple(told),
        unseen=tuple(_unseen((each, reason) for each, reason in left_out if _key(each) not in unchanged)),
    )


def _unseen(accepted: Iterable[tuple[Gap, str]]) -> Iterator[Unseen]:
    """Each once, at the place that head asks for it, or else base."""
    found = {each.what: (each, reason) for each, reason in reversed([*accepted])}
    for what, (each, reason) in sorted(found.items()):
        why = secrets.masked(f"not rendered, and accepted ({reason})")
        yield Unseen(what=secrets.masked(what), sort="source", why=why, path=each.path, line=each.line)


def elsewhere(was: Deployment, is_now: Deployment) -> Problem | None:
    """Another address or revision than before: that it holds what is rendered here nobody knows."""
    known = {address for address, _ in was.revisions}
    moving = any(revision for _, revision in was.revisions)
    new = [
        f"{address} at {revision}" if revision else address
        for address, revision in sorted(set(is_now.revisions) - set(was.revisions))
        if address not in known or (moving and revision)
    ]
    if not new or not known or was.by != is_now.by:
        return None
    message = f"not rendered: {is_now.by} now takes {', '.join(new)}, which is not what is seen here"
    return Problem(code=_NOT_RENDERED, message=secrets.masked(message), path=is_now.path, line=is_now.line)


def _key(gap: Gap) -> tuple[str, str]:
    return gap.message, gap.fixed


def _reason(gap: Gap, accepted: Sequence[Accepted]) -> str:
    if gap.code not in _UNSEEN or not gap.what:
        return ""
    return next((each.reason for each in accepted if fnmatchcase(gap.what, each.source)), "")


def _told(why: str, names: Iterable[str]) -> Iterator[Problem]:
    found = list(dict.fromkeys(names))
    more = [f"{len(found) - _NAMED:,} more"] if len(found) > _NAMED else []
    for each in (*found[:_NAMED], *more):
        yield Problem(code=LEFT_OUT, message=secrets.masked(f"not rendered, and {why}: {each}"))


def _hidden(gaps: Sequence[Gap], others: Sequence[Gap]) -> bool:
    """Whether something is missing here that is not missing at the other end just the same."""
    known = {each.message for each in others}
    return any(each.message not in known for each in gaps)


def _failure(gaps: Sequence[Gap], base: Sequence[Gap] = ()) -> Problem | None:
    """Why a plan is not whole: what is wrong comes first, as it can be mended; what `base` has is not this change's."""
    if not gaps:
        return None
    known = {each.message for each in base}
    ours = [
        msgspec.structs.replace(each, code=_WRONG_BEFORE)
        if each.message in known and each.code in BLOCKING_CODES
        else each
        for each in gaps
    ]
    ordered = sorted(ours, key=lambda gap: gap.code not in BLOCKING_CODES)
    first = ordered[0]
    told = list(dict.fromkeys(each.message for each in ordered))
    more = [f"(and {len(told) - _NAMED:,} more)"] if len(told) > _NAMED else []
    skipped = _SAID.get(first.code, "")
    message = "\n".join([skipped + told[0], *told[1:_NAMED], *more])
    return Problem(code=first.code, message=message, path=first.path, line=first.line)


def _unknown(base: Sequence[Gap]) -> Problem | None:
    """What base deploys and cannot be rendered here, and head has no more: nobody knows what goes, or what is new.

    A base that no engine takes is another thing: nothing of it is deployed. A path that was wrong there may have been
    right before, and what was deployed of it still is.
    """
    first = next((each for each in base if each.code not in BLOCKING_CODES or each.what), None)
    if first is None:
        return None
    message = f"not rendered at base, so what goes with it is not known: {first.message}"
    code = _NOT_RENDERED if first.code in BLOCKING_CODES else first.code
    return Problem(code=code, message=message, path=first.path, line=first.line)
