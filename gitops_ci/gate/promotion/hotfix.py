"""Whether somebody lets a change into an environment that it was not promoted to: a label with approvals.

Who set the label and who approved had no part in the change; one person may do both. An approval is of the head, so
that what is pushed later needs another one.
"""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.config_gate import Hotfix
from gitops_ci.gate import quorum, voices
from gitops_ci.gate.quorum import Count
from gitops_ci.model.pull_request import PullRequest, Unreadable


class Lift(Struct, frozen=True, kw_only=True):
    """What became of it for one pull request: `granted` where it is let in, by these; `asked` where the label is there.

    Else `lacking` says what is missing, and `unknown` what could not be read, so that nobody knows.
    """

    pull_request: PullRequest
    asked: bool = False
    granted: bool = False
    by: tuple[str, ...] = ()
    lacking: str = ""
    unknown: Unreadable | None = None


def of(settings: Hotfix, pull_request: PullRequest) -> Lift:
    """Whether a pull request is a hotfix that enough people agreed to."""
    voice = voices.of_label(pull_request, settings.label)
    if voice is None:
        return Lift(pull_request=pull_request)
    if isinstance(voice, Unreadable):
        return Lift(pull_request=pull_request, asked=isinstance(pull_request.labels, tuple), unknown=voice)
    label = quorum.of(pull_request, settings.approvers, 1, (voice,))
    count = quorum.of(pull_request, settings.approvers, settings.approvals)
    if label.given and count.decision == "pass":
        by = tuple(dict.fromkeys((*label.given, *count.given)))
        return Lift(pull_request=pull_request, asked=True, granted=True, by=by)
    lacking = _lacking(label, settings.label) if not label.given else _missing(count)
    return Lift(pull_request=pull_request, asked=True, lacking=lacking, unknown=_unknown(label, count))


def _lacking(label: Count, name: str) -> str:
    aside = quorum.some(label.aside, "; ")
    return f"{aside}, and set the label {name}" if aside else f"who set the label {name} may not"


def _missing(count: Count) -> str:
    if count.against:
        return f"{quorum.some(count.against)} asked for changes"
    aside = f" ({quorum.some(count.aside, '; ')})" if count.aside else ""
    return f"it has {len(count.given)} of {count.asked} approvals of the head{aside}"


def _unknown(label: Count, count: Count) -> Unreadable | None:
    """What would have to be known; None where it would change nothing."""
    if not label.given:
        return next(iter(label.unread), None)
    if count.decision != "undecided":
        return None
    return next(iter((*count.doubted, *count.unread)), count.hidden)
