"""Labels that are bound to exactly one thing: their name ends with 128 bits of a hash over it, head and base branch.

The hash needs no secret: it only says what is meant. What a label is worth follows from who set it, which GitHub tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from msgspec import structs

from gitops_ci.config_gate import Approvers
from gitops_ci.gate import quorum, voices
from gitops_ci.gate.quorum import Count
from gitops_ci.gate.voices import Voice
from gitops_ci.model.pull_request import PullRequest, Unreadable

HOW = "(docs/rules/gate.md#labels-that-are-bound)"
"""Where it says how such a label is made and set."""
DIGITS = 32
"""Hexadecimal digits of 128 bits."""


def name(prefix: str, what: Iterable[object], pull_request: PullRequest) -> str:
    """The label that stands for `what` (values that JSON can hold, in any order) of this pull request's head.

    It is bound to the branch that the pull request goes to, and not to that branch's tip: what the tip does to the
    change is in `what`. Where it alters nothing the consent stays, so that a merge queue's commit, which is planned
    against another base each time, can pass.
    """
    frame = ("gitops-ci/label/1", prefix, pull_request.number, pull_request.base_ref, pull_request.head)
    digest = hashlib.sha256()
    for part in (encoded(frame), *sorted(map(encoded, what))):
        digest.update(len(part).to_bytes(8, "big") + part)
    return f"{prefix}-{digest.hexdigest()[:DIGITS]}"


def encoded(value: object) -> bytes:
    """A value as JSON that is the same whoever wrote it, and in whichever order of keys."""
    try:
        return msgspec.json.encode(value, order="sorted")
    except UnicodeEncodeError:  # a path that is no UTF-8, in a report that was never written to a file
        return ascii(value).encode()


def count(label: str, pull_request: PullRequest, approvers: Approvers, *, by_review: bool) -> Count:
    """Whether one of the approvers agreed: by the label, or `by_review`.

    Who set the label may be the unknown author of the change as well as who approved it: then a review by another of
    the approvers makes up for that, and never for the label.
    """
    by_label, reviews = voices.of_label(pull_request, label), voices.of_reviews(pull_request)
    setter = (by_label,) if isinstance(by_label, Voice) else ()
    reviewers = reviews if isinstance(reviews, tuple) else ()
    found = quorum.of(pull_request, approvers, 1, (*setter, *(reviewers if by_review else ())))
    if found.given and found.hidden is not None:
        found = quorum.of(pull_request, approvers, 1, (*setter, *reviewers))
    asked = (by_label, reviews if by_review else None)
    unread = tuple(each for each in asked if isinstance(each, Unreadable))
    if not unread or found.decision == "pass":
        return found
    return structs.replace(found, possible=None, unread=(*unread, *found.unread))


def outdated(label: str, pull_request: PullRequest) -> tuple[str, ...]:
    """Labels like this one that are bound to something else: another head, or other changes."""
    if isinstance(pull_request.labels, Unreadable):
        return ()
    prefix = label[:-DIGITS].lower()
    names = (each.name for each in pull_request.labels)
    return tuple(each for each in names if each.lower().startswith(prefix) and each.lower() != label.lower())
