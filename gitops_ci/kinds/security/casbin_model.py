"""What a change of a Casbin model lets through: a matcher that asks less, an effect that allows by default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gitops_ci.kinds.security.casbin import Model

ALLOW = "some(where(p.eft==allow))"
DENY = "!some(where(p.eft==deny))"
EFFECTS = {
    ALLOW: 1,
    f"{ALLOW}&&{DENY}": 0,
    "priority(p.eft)||deny": 0,
    "subjectPriority(p.eft)||deny": 0,
    DENY: 3,
}
"""The effects that Casbin knows, without spaces, and how much each lets through beside the others."""


def effect(written: str) -> str:
    """An effect as `EFFECTS` has it: without spaces, and with Casbin's `_` for a dot undone."""
    return "".join(written.split()).replace("p_eft", "p.eft")


def lost(before: object, after: object) -> tuple[str, ...]:
    """What the model allows now and did not before, as far as its text tells."""
    if not isinstance(before, Model) or not isinstance(after, Model):
        return ()
    return (*_effects(before, after), *_matchers(before, after))


def _effects(before: Model, after: Model) -> Iterator[str]:
    was = {each.name: effect(each.value) for each in before.of("policy_effect")}
    for each in after.of("policy_effect"):
        old = was.get(each.name)
        if old is None or old == effect(each.value):
            continue
        if effect(each.value) == DENY:
            yield "allows whatever no row denies"
        elif EFFECTS.get(effect(each.value), 3) > EFFECTS.get(old, 0):
            yield "a row that denies no longer counts"


def _matchers(before: Model, after: Model) -> Iterator[str]:
    was = {each.name: each.value for each in before.of("matchers")}
    for each in after.of("matchers"):
        old = was.get(each.name)
        if old is None or old == each.value:
            continue
        gone = Counter(_parts(old, "&&")) - Counter(_parts(each.value, "&&"))
        new = Counter(_parts(each.value, "&&")) - Counter(_parts(old, "&&"))
        if gone and not new:
            yield f"matches without `{next(iter(gone))}`"
        elif each.value.count("||") > old.count("||"):
            yield "matches in a further way (`||`)"


def _parts(matcher: str, operator: str) -> Iterator[str]:
    """The parts of a matcher between the operators that are in no brackets."""
    depth, part = 0, ""
    index = 0
    while index < len(matcher):
        character = matcher[index]
        depth += (character in "([") - (character in ")]")
        if depth == 0 and matcher.startswith(operator, index):
            yield " ".join(part.split())
            part = ""
            index += len(operator)
            continue
        part += character
        index += 1
    yield " ".join(part.split())
