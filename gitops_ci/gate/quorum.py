"""Whether enough people agree: who counts, who is missing, what could not be read, as reasons of the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from gitops_ci.config_gate import Approvers
from gitops_ci.gate import voices
from gitops_ci.gate.voices import Voice
from gitops_ci.model.pull_request import PullRequest, Unreadable
from gitops_ci.model.verdict import Decision, VerdictReason

ANYONE = "anyone who may write and had no part in it"
_SOME = 3


class Count(Struct, frozen=True, kw_only=True):
    """Who agrees (logins in lower case), of how many that are `asked`.

    `possible` is how many there would be with those of whom something could not be read (`unread`); None where nobody
    knows. `hidden` says why one more than asked is needed. `against` asked for changes; of `doubted` that could
    not be read. `aside` tells of those whose word does not count, and why.
    """

    given: tuple[str, ...]
    asked: int
    possible: int | None
    unread: tuple[Unreadable, ...] = ()
    hidden: Unreadable | None = None
    against: tuple[str, ...] = ()
    doubted: tuple[Unreadable, ...] = ()
    aside: tuple[str, ...] = ()

    @property
    def decision(self) -> Decision:
        """What is not known is never taken for an agreement, nor for the lack of an objection."""
        if self.against:
            return "blocked"
        if len(self.given) >= self.asked + (self.hidden is not None) and not self.doubted:
            return "pass"
        return "undecided" if self.possible is None or self.possible >= self.asked else "blocked"


class Subject(Struct, frozen=True, kw_only=True):
    """What people agree to: the `rule` that asks, `how` somebody agrees, and `who` may.

    It is about one `stack`, or about `what` a message begins with ("12 stacks of production: ").
    """

    rule: str
    how: str
    what: str = ""
    who: str = ANYONE
    stack: str | None = None


def of(
    pull_request: PullRequest, approvers: Approvers, asked: int, agreed: Iterable[Voice] | Unreadable | None = None
) -> Count:
    """Counts those of the approvers who agree: in a review, or as `agreed` has them."""
    found = voices.of_reviews(pull_request) if agreed is None else agreed
    if isinstance(found, Unreadable):
        return Count(given=(), asked=asked, possible=None, unread=(found,))
    given, unread, aside = set[str](), dict[str, Unreadable](), list[str]()
    for voice in found:
        outside = _outside(voice, approvers, pull_request)
        match _but(voice, outside):
            case Unreadable() as what:
                unread[voice.person.key] = what
            case "":
                given.add(voice.person.key)
            case but if voice.label:
                aside.append(f"{voice.person.login}, who set the label, {but}")
            case but if not isinstance(outside, str) or not outside:  # what others say is not looked at here
                aside.append(f"{voice.person.login} {but}")
            case _:
                pass
    against = [
        (voice.person.login, _but(voice, _outside(voice, approvers, pull_request)))
        for voice in voices.against(pull_request)
    ]
    return Count(
        given=tuple(sorted(given)),
        asked=asked,
        possible=len(given | unread.keys()),
        unread=tuple(dict.fromkeys(each for key, each in unread.items() if key not in given)),
        hidden=voices.hidden(pull_request),
        against=tuple(login for login, but in against if not but),
        doubted=tuple(but for _, but in against if isinstance(but, Unreadable)),
        aside=tuple(dict.fromkeys(aside)),
    )


def _but(voice: Voice, outside: str | Unreadable) -> str | Unreadable:
    """Why a voice does not count. Of whoever is not asked nothing else has to be known, or strangers lock a change."""
    if isinstance(voice.but, Unreadable) and isinstance(outside, str) and outside:
        return outside
    return voice.but or outside


def _outside(voice: Voice, approvers: Approvers, pull_request: PullRequest) -> str | Unreadable:
    found = voices.belongs(approvers, voice.person.key, pull_request)
    return found if isinstance(found, Unreadable) else "" if found else "is not one of those who are asked"


def reasons(count: Count, subject: Subject) -> Iterator[VerdictReason]:
    """Why a count is not enough; nothing where it is."""
    unread = (*count.doubted, *count.unread)
    has = f"{subject.what}{len(count.given)} of {count.asked} {'approval' if count.asked == 1 else 'approvals'}"
    match count.decision:
        case "pass":
            return
        case "blocked" if count.against:
            who = some(count.against)
            theirs = structs.replace(subject, rule="gate/changes-requested", who=who)
            yield _reason(
                theirs, "blocked", f"{subject.what}{who} asked for changes", f"make them; then {who} approves"
            )
        case "blocked":
            aside = f"; {some(count.aside, '; ')}" if count.aside else ""
            yield _reason(subject, "blocked", f"{subject.what}{_missing(count)}{aside}", subject.how)
        case "undecided" if unread or count.hidden is None:
            unclear = structs.replace(subject, rule="gate/approvals-unreadable")
            message = f"{has}; {some(dict.fromkeys(map(_unknown, unread)), '; ')}"
            remedy = _permission(unread, f"{subject.how}: those whose word is known to count")
            yield _reason(unclear, "undecided", message, remedy)
        case "undecided":
            unclear = structs.replace(subject, rule="gate/pushers-unknown")
            message = f"{has}, which may be the author's own: {_unknown(count.hidden)}"
            remedy = _permission((count.hidden,), f"{subject.how}: one more than asked for")
            yield _reason(unclear, "undecided", message, remedy)


def _missing(count: Count) -> str:
    missing = count.asked - len(count.given)
    of = f" of {count.asked}" if count.given else ""
    return f"{missing}{of} approval{'' if count.asked == 1 else 's'} {'is' if missing == 1 else 'are'} missing"


def some(words: Iterable[str], joint: str = ", ") -> str:
    """The first few of several words."""
    every = list(words)
    return joint.join((*every[:_SOME], *((f"{len(every) - _SOME} more",) if len(every) > _SOME else ())))


def who(approvers: Approvers) -> str:
    """The approvers in words."""
    named = (*approvers.users, *(f"a member of {team}" for team in approvers.teams))
    return some(named) if named else ANYONE


def _unknown(what: Unreadable) -> str:
    return f"not known: {what.what}"


def _permission(unread: Iterable[Unreadable], otherwise: str) -> str:
    asked = some(dict.fromkeys(each.permission for each in unread if each.permission))
    return f"give the gate's token {asked}; or {otherwise}" if asked else otherwise


def _reason(subject: Subject, decision: Decision, message: str, remedy: str) -> VerdictReason:
    return VerdictReason(
        rule=subject.rule, decision=decision, message=message, remedy=remedy, who=subject.who, stack=subject.stack
    )
