"""The difference between two configurations as Changes, each with what it asks less for than before."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.config import Config
from gitops_ci.gate.loosening import facts, judging
from gitops_ci.gate.loosening.facts import Facts
from gitops_ci.model.plan import Action, Attribute, Change, JsonValue
from gitops_ci.model.stack import KINDS
from gitops_ci.policy import secrets

_Fact = tuple[str, JsonValue, JsonValue]  # a key, and what it says before and after

_SHOWN = 3
_LONGEST = 160
_UNCLEAR = "whether it asks for less than before is for people to judge: "
_ARGUMENTS = frozenset({"init_args", "plan_args"})
"""Keys whose values may hold a secret."""


def changes(before: Config, after: Config, path: str) -> Iterator[Change]:
    """A Change for each section that differs; `path` is the file's.

    `destructive` where it asks for less than before; else `reason` says what of it people have to judge.
    """
    gates = [each.gate for config in (before, after) for each in config.environments if each.gate is not None]
    kinds = [kind for kind in KINDS if any(gate.by_kind.get(kind) is not None for gate in gates)]
    was, now = facts.of(before, kinds), facts.of(after, kinds)
    for section in {**was, **now}:
        ends = was.get(section), now.get(section)
        differing = list(_differing(*ends))
        if differing:
            yield _change(section, differing, ends, path)


def loosened(before: Config, after: Config) -> tuple[str, ...]:
    """What the second asks less for than the first, in words: `the gate of production: approvals 2 → 1`."""
    return tuple(f"{_named(each.address)}: {each.reason}" for each in changes(before, after, "") if each.destructive)


def _named(section: str) -> str:
    kind, _, name = section.partition(".")
    return f"the {kind} {'of ' if kind == 'gate' else ''}{name}" if kind in ("gate", "environment") else section


def _differing(was: Facts | None, now: Facts | None) -> Iterator[_Fact]:
    """The facts that differ; of a part that is there at one end only, nothing but that."""
    before, after = was or {}, now or {}
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    for key in keys:
        if key.partition(".")[0] == key or key.partition(".")[0] not in keys:
            yield key, before.get(key), after.get(key)


def _change(section: str, told: list[_Fact], ends: tuple[Facts | None, Facts | None], path: str) -> Change:
    was, now = ends
    action: Action = "create" if was is None else "delete" if now is None else "update"
    reason, looser = _reason(action, told)
    return Change(
        address=section,
        type=section.partition(".")[0],
        action=action,
        reason=reason,
        path=path,
        destructive=looser,
        attributes=tuple(_attribute(*each) for each in told),
    )


def _reason(action: Action, told: list[_Fact]) -> tuple[str | None, bool]:
    """What to say of a section, and whether it asks for less."""
    if action == "delete":
        return "it is gone", True
    if action == "create":
        return None, False
    judged = [(judging.loosens(*each), each) for each in told]
    for verdict, words in ((True, ""), (None, _UNCLEAR)):
        said = [_said(*each) for found, each in judged if found is verdict]
        if said:
            more = f" and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
            return words + "; ".join(said[:_SHOWN]) + more, verdict is True
    return None, False


def _said(key: str, before: JsonValue, after: JsonValue) -> str:
    text = key if key in _ARGUMENTS else secrets.masked(judging.told(key, before, after))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _attribute(key: str, before: JsonValue, after: JsonValue) -> Attribute:
    if key in _ARGUMENTS:
        return Attribute(path=key, sensitive=True)
    return Attribute(path=key, before=_masked(before), after=_masked(after))


def _masked(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return secrets.masked(value)
        case list():
            return [_masked(each) for each in value]
        case dict():
            return {key: _masked(each) for key, each in value.items()}
        case _:
            return value
