"""Whether a fact of the configuration asks for less than it did: one judge a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from gitops_ci.model.plan import JsonValue

Judge = Callable[[JsonValue, JsonValue], bool | None]

_SECONDS = {"m": 60, "h": 3600, "d": 86400}


def _fewer(before: JsonValue, after: JsonValue) -> bool:
    return bool((after or 0) < (before or 0))


def _off(before: JsonValue, after: JsonValue) -> bool:
    return bool(before) and not after


def _on(before: JsonValue, after: JsonValue) -> bool:
    return bool(after) and not before


def _shorter(before: JsonValue, after: JsonValue) -> bool:
    return _seconds(after) < _seconds(before)


def _seconds(duration: JsonValue) -> int:
    return int(duration[:-1]) * _SECONDS[duration[-1]] if duration else 0


def _down(*weakest_first: str) -> Judge:
    def judge(before: JsonValue, after: JsonValue) -> bool:
        return weakest_first.index(after) < weakest_first.index(before)

    return judge


def _lost(before: JsonValue, after: JsonValue) -> bool:
    """Of a list each member of which asks for something."""
    return any(each not in (after or ()) for each in before or ())


def _gained(before: JsonValue, after: JsonValue) -> bool:
    """Of a list each member of which permits something."""
    return any(each not in (before or ()) for each in after or ())


def _widened(before: JsonValue, after: JsonValue) -> bool:
    """Of a list of those who may, where nobody named is everybody."""
    return bool(before) and (not after or _gained(before, after))


def _narrowed(before: JsonValue, after: JsonValue) -> bool:
    """Of a list of what is asked, where nothing named is everything."""
    return bool(after) and (not before or _lost(before, after))


def _severity(before: JsonValue, after: JsonValue) -> bool | None:
    """Where it is not said, or by place, it may be anything."""
    ranks = ("off", "notice", "warning", "error")
    if before == "off" or after == "error":
        return False
    return ranks.index(after) < ranks.index(before) if before in ranks and after in ranks else None


_JUDGES: Mapping[str, Judge] = {
    "*approvals": _fewer,
    "*approvers": _widened,
    "owners": _off,
    "destroy": _down("off", "protected", "all"),
    "protected_types": _lost,
    "promotion": _down("off", "warn", "block"),
    "promotion_together": _on,
    "promotion_except": _gained,
    "soak": _shorter,
    "freeze": _lost,
    "enforcement": _down("warn", "block"),
    "aliases": _lost,
    "bind.*": _widened,
    "*.allow": _gained,
    "require": _lost,
    "forbid": _lost,
    "severity.*": _severity,
    "builtin": _off,
    "builtin.rules": _lost,
    "builtin.required_*": _lost,
    "builtin.public_ports": _gained,
    "checkov": _off,
    "checkov.frameworks": _narrowed,
    "checkov.checks": _narrowed,
    "checkov.skip": _gained,
    "secrets.enabled": _off,
    "secrets.commits": _off,
    "secrets.ignore": _gained,
}
"""Key, or a pattern of keys → its judge. What no judge knows is for people to judge."""

_NEUTRAL = ("*timeout", "plan_base")
"""What changes how long something takes, or how much is told."""


def loosens(key: str, before: JsonValue, after: JsonValue) -> bool | None:
    """Whether a fact that differs asks for less; None where that cannot be told from the values."""
    if any(fnmatchcase(key, pattern) for pattern in _NEUTRAL):
        return False
    judge = next((judge for pattern, judge in _JUDGES.items() if fnmatchcase(key, pattern)), None)
    return None if judge is None else judge(before, after)


def told(key: str, before: JsonValue, after: JsonValue) -> str:
    """The difference in a few words: `approvals 2 → 1`, `approvers: mallory added`."""
    if not (isinstance(before, list | None) and isinstance(after, list | None)):
        return f"{key} {_word(before)} → {_word(after)}"
    gained = [_word(each) for each in after or () if each not in (before or ())]
    lost = [_word(each) for each in before or () if each not in (after or ())]
    said = [f"{_some(words)} {verb}" for words, verb in ((gained, "added"), (lost, "removed")) if words]
    return f"{key}: {', '.join(said) or 'in another order'}"


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")


def _word(value: JsonValue) -> str:
    match value:
        case None:
            return "not said"
        case bool():
            return "on" if value else "off"
        case dict():
            return " ".join(f"{key} {_word(each)}" for key, each in value.items() if each)
        case list():
            return ", ".join(map(_word, value))
        case _:
            return str(value)
