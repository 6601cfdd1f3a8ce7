"""What a configuration says, as flat facts that can be compared: one mapping a section, one an environment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from gitops_ci.config import Config, Environment
from gitops_ci.config_gate import Gate, KindGate
from gitops_ci.config_policy import Policy
from gitops_ci.model.plan import JsonValue
from gitops_ci.model.stack import Kind

Facts = Mapping[str, JsonValue]
"""Key, as the file writes it → a word, a number, a truth, or a list; None where it does not say."""


_SHOWING = ("version", "report")
"""Sections that only say how something is read and shown."""


def of(config: Config, kinds: Collection[Kind]) -> dict[str, Facts]:
    """Section (`gate.production`, `policy`) → its facts, whatever keys it has.

    `kinds` are those of which a gate asks for something of its own, here or in what this is compared with.
    """
    found: dict[str, Facts] = {}
    for environment in config.environments:
        found[f"environment.{environment.name}"] = dict(_environment(environment))
        found[f"gate.{environment.name}"] = dict(_gate(config.gate(environment.name), kinds))
    for name in config.kinds.__struct_fields__:
        found[f"kinds.{name}"] = dict(_flat(_plain(getattr(config.kinds, name))))
    found["policy"] = dict(_policy(config.policy))
    for name in config.__struct_fields__:
        if name not in ("environments", "kinds", "policy", *_SHOWING):
            found[name] = dict(_flat(_plain(getattr(config, name))))
    return found


def _environment(environment: Environment) -> Iterator[tuple[str, JsonValue]]:
    told = _plain(environment)
    told["bind"]["backend"] = list(environment.bind.backends)
    yield from _flat({key: value for key, value in told.items() if key not in ("name", "gate")})


def _gate(gate: Gate, kinds: Collection[Kind]) -> Iterator[tuple[str, JsonValue]]:
    """What holds in the end: a kind has at least the approvals of all, and the approvers of all where it names none."""
    told = _plain(gate)
    del told["by_kind"]
    yield from _flat(told)
    for kind in kinds:
        special = gate.by_kind.get(kind) or KindGate()
        approvers = special.approvers if special.approvers.named else gate.approvers
        yield f"by_kind.{kind}.approvals", max(gate.approvals, special.approvals)
        yield f"by_kind.{kind}.approvers", [*approvers.users, *approvers.teams]


def _policy(policy: Policy) -> Iterator[tuple[str, JsonValue]]:
    """A checker that is not asked has no facts but that."""
    told = _plain(policy)
    yield "rego", told.pop("rego")
    for key, severity in told.pop("severity").items():
        yield f"severity.{key}", severity
    for checker in ("builtin", "checkov"):
        section = told.pop(checker)
        yield checker, section is not None
        yield from ((f"{checker}.{key}", value) for key, value in (section or {}).items())
    yield from _flat(told)


def _plain(section: msgspec.Struct) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(section))  # lists, where it has tuples
    return told


def _flat(section: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Keys with those that they lie below; approvers are one list."""
    for key, value in section.items():
        if isinstance(value, dict) and value.keys() == {"users", "teams"}:
            yield f"{above}{key}", [*value["users"], *value["teams"]]
        elif isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
