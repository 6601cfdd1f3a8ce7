"""What a change of a Rego rule lets through: definitions gone, conditions added, a default that allows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from gitops_ci.kinds.security import rego
from gitops_ci.kinds.security.rego import Definition
from gitops_ci.kinds.security.rego_words import RegoError

_DENYING = re.compile(r"(?:\w*_)?(?:deny|violation|warn)(?:_\w*)?")
_ALLOWING = re.compile(r"(?:allow|exception|exempt|authorized|permit)\w*")
_SEVERITY = re.compile(r"^\s*severity:\s*[\"']?(\w+)", re.MULTILINE)
_COMPARED = 200
"""Definitions of one rule that are compared one by one: more are generated, and told by their number and text."""
_RANKS = {"critical": 4, "error": 3, "high": 3, "warning": 2, "medium": 2, "notice": 1, "info": 1, "low": 1}

Definitions = tuple[Definition, ...]


def opens(definitions: Definitions) -> tuple[str, ...]:
    """What is allowed without a condition."""
    return tuple(
        f"allows by default (`{' '.join(each.head)}`)"
        for each in definitions
        if each.head[:1] == ("default",) and _ALLOWING.fullmatch(_last(each)) and each.head[-1:] == ("true",)
    )


def is_denying(facts: object) -> bool:
    """Whether definitions refuse something, by the names that conftest and Gatekeeper give such rules."""
    return isinstance(facts, tuple) and any(_DENYING.fullmatch(_last(each)) for each in facts)


def _last(definition: Definition) -> str:
    return definition.name.rpartition(".")[2]


def lost(before: object, after: object) -> tuple[str, ...]:
    """What definitions of one rule let through that those before did not."""
    if not isinstance(before, tuple) or not isinstance(after, tuple) or not before or not after:
        return ()
    known, now = Counter(map(_words, before)), Counter(map(_words, after))
    gone = [each for each in before if known[_words(each)] > now[_words(each)]]
    new = [each for each in after if now[_words(each)] > known[_words(each)]]
    reasons = list(_lowered(before, after))
    for definition in gone[:_COMPARED]:
        other = next(
            (each for each in new[:_COMPARED] if each.head == definition.head and _related(definition, each)), None
        )
        if other is None:
            continue
        new.remove(other)
        reasons += _conditions(definition, other)
    if is_denying(before) and len(after) < len(before):
        reasons.append(f"{len(before) - len(after)} of {len(before)} definitions no longer refuse anything")
    if _ALLOWING.fullmatch(_last(before[0])) and len(after) > len(before):
        reasons.append(f"{len(after) - len(before)} more definition allows")
    return tuple(reasons)


def _words(definition: Definition) -> object:
    return definition.head, definition.conditions


def _related(one: Definition, other: Definition) -> bool:
    if one.conditions is None or other.conditions is None:
        return False
    left, right = set(one.conditions), set(other.conditions)
    return left < right or right < left


def _conditions(before: Definition, after: Definition) -> Iterator[str]:
    was, now = set(before.conditions or ()), set(after.conditions or ())
    if was < now and _DENYING.fullmatch(_last(before)):
        added = [each for each in after.conditions or () if each not in was]
        yield f"refuses only where also `{_written(added[0])}`"
    if now < was and _ALLOWING.fullmatch(_last(before)):
        gone = [each for each in before.conditions or () if each not in now]
        yield f"allows without `{_written(gone[0])}`"


def _written(words: tuple[str, ...]) -> str:
    text = re.sub(r" ?([.\[\](),]) ?", r"\1", " ".join(words))
    return text if len(text) <= 80 else f"{text[:79]}…"


def _lowered(before: Definitions, after: Definitions) -> Iterator[str]:
    """A severity in the annotations that is less than it was."""
    was, now = (
        sorted(_RANKS.get(each.lower(), 0) for one in side for each in _SEVERITY.findall(one.metadata))
        for side in (before, after)
    )
    if (
        is_denying(before)
        and was
        and len(was) == len(now)
        and any(one > other for one, other in zip(was, now, strict=True))
    ):
        yield "its severity is lowered"


def template(text: str) -> Definitions | None:
    """The definitions of the Rego inside of a Gatekeeper template; None for what cannot be read."""
    try:
        return rego.parse(text).definitions
    except RegoError:
        return None


def template_lost(before: object, after: object) -> tuple[str, ...]:
    """The same for the rules inside of a template, by name."""
    if not isinstance(before, tuple) or not isinstance(after, tuple):
        return ()
    reasons: list[str] = []
    for name in dict.fromkeys(each.name for each in before):
        was = tuple(each for each in before if each.name == name)
        now = tuple(each for each in after if each.name == name)
        if not now and is_denying(was):
            reasons.append(f"`{name}` is gone, which refused")
        reasons += lost(was, now)
    return tuple(reasons)
