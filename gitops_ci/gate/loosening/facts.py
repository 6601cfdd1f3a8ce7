"""What a configuration says, as flat facts that can be compared: one mapping a section, one an environment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from gitops_ci.config import Config, Environment
from gitops_ci.config_gate import Approvers, Gate
from gitops_ci.config_policy import Policy
from gitops_ci.model.plan import JsonValue
from gitops_ci.model.stack import Kind

Facts = Mapping[str, JsonValue]
"""Key, as the file writes it → a word, a number, a truth, or a list; None where it does not say."""


def of(config: Config, kinds: Collection[Kind]) -> dict[str, Facts]:
    """Section (`gate.production`, `policy`) → its facts. What only says how something is shown is left out.

    `kinds` are those of which a gate asks for something of its own, here or in what this is compared with.
    """
    found: dict[str, Facts] = {}
    for environment in config.environments:
        found[f"environment.{environment.name}"] = dict(_environment(environment))
        found[f"gate.{environment.name}"] = dict(_gate(config.gate(environment.name), kinds))
    found["layout"] = _plain(config.layout)
    for name in config.kinds.__struct_fields__:
        found[f"kinds.{name}"] = dict(_flat(_plain(getattr(config.kinds, name))))
    found["policy"] = dict(_policy(config.policy))
    return found


def _environment(environment: Environment) -> Iterator[tuple[str, JsonValue]]:
    yield "enforcement", environment.enforcement
    yield "aliases", list(environment.aliases)
    yield "branch", environment.branch
    yield "promotes_from", environment.promotes_from
    yield "runner", environment.runner
    yield "github_environment", environment.github_environment
    yield "bind.backend", list(environment.bind.backends)
    yield "bind.accounts", list(environment.bind.accounts)


def _gate(gate: Gate, kinds: Collection[Kind]) -> Iterator[tuple[str, JsonValue]]:
    """What holds in the end: a kind has at least the approvals of all, and the approvers of all where it names none."""
    yield "approvals", gate.approvals
    yield "approvers", _named(gate.approvers)
    for kind in kinds:
        own = gate.by_kind.get(kind)
        yield f"by_kind.{kind}.approvals", max(gate.approvals, own.approvals if own is not None else 0)
        approvers = own.approvers if own is not None and own.approvers.named else gate.approvers
        yield f"by_kind.{kind}.approvers", _named(approvers)
    yield "owners", gate.owners
    yield "destroy", gate.destroy
    yield "protected_types", list(gate.protected_types)
    yield "promotion", gate.promotion
    yield "soak", gate.soak
    yield "freeze", [_plain(window) for window in gate.freeze]
    yield "override.label", gate.override.label
    yield "override.approvers", _named(gate.override.approvers)


def _named(approvers: Approvers) -> list[str]:
    return [*approvers.users, *approvers.teams]


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
    for key, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
