"""What of a protection goes away, or what is opened, between two states of one thing; in words for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gitops_ci.kinds.security import casbin_model, constraints, policies, traffic

if TYPE_CHECKING:
    from gitops_ci.kinds.security.items import Item

_JUDGES: Mapping[str, Callable[[object, object], tuple[str, ...]]] = {
    "rego.rule": policies.lost,
    "ConstraintTemplate": policies.template_lost,
    "NetworkPolicy": traffic.lost,
    "casbin.model": casbin_model.lost,
    "constraint": constraints.lost,
    "Kustomization": constraints.no_longer_applied,
}
"""What only both sides together show, by the type of `Item.facts`' owner."""


_REWRITTEN = "rewritten: whether it refuses less than before, its text alone does not tell"
_TEXTS = frozenset({"ClusterPolicy", "Policy", "ValidatingPolicy", "ValidatingAdmissionPolicy"})
"""Kinds whose rules are expressions or patterns, which are not understood."""


def lost(before: Item | None, after: Item | None) -> tuple[str, ...]:
    """Why a change takes a protection away or opens something; empty where nothing of the kind is seen."""
    reasons: list[str] = []
    if before is not None:
        kept = frozenset(after.closes) if after is not None else frozenset[str]()
        reasons += [f"no longer {each}" for each in before.closes if each not in kept][:1]
    if after is not None:
        known = frozenset(before.opens) if before is not None else frozenset[str]()
        reasons += [each for each in after.opens if each not in known]
    if before is not None and after is not None and (judge := _judge(before)) is not None:
        reasons += judge(before.facts, after.facts)
    return tuple(dict.fromkeys(reasons))


def unclear(before: Item | None, after: Item | None) -> str | None:
    """What a reader has to judge, because no text tells it."""
    if before is None or after is None or (before.meaning is not None and before.meaning == after.meaning):
        return None
    if before.type in ("rego.rule", "ConstraintTemplate"):
        return _REWRITTEN if policies.is_denying(before.facts) else None
    return _REWRITTEN if before.type in _TEXTS and before.content.get("spec") != after.content.get("spec") else None


def _judge(item: Item) -> Callable[[object, object], tuple[str, ...]] | None:
    return _JUDGES.get("constraint" if item.key[0] == "constraints.gatekeeper.sh" else item.type)
