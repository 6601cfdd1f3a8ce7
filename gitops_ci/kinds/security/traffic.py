"""What a NetworkPolicy lets in and out, as pairs of peer and port, and what a change of it lets in besides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

ANY = "anything"
_PAIRS = 10_000
"""Pairs of a rule up to which each is looked at: nobody writes more, and a rule of more is taken as a whole."""


class Traffic(Struct, frozen=True):
    """Which pods a policy is about (as JSON), the directions it rules, and what it allows in each."""

    pods: str
    directions: frozenset[str]
    allowed: frozenset[tuple[str, str, str]]


def of(document: dict[str, Any]) -> Traffic:
    """The traffic of one NetworkPolicy (networking.k8s.io/v1)."""
    spec = document.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    types = spec.get("policyTypes")
    implied = ("Ingress", "Egress") if spec.get("egress") else ("Ingress",)
    directions = frozenset(map(str, types)) if isinstance(types, list) and types else frozenset(implied)
    pods = _written(spec.get("podSelector") or {})
    return Traffic(pods, directions, frozenset(_allowed(spec)))


def _allowed(spec: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for direction, where in (("Ingress", "from"), ("Egress", "to")):
        rules = spec.get(direction.lower())
        for rule in rules if isinstance(rules, list) else ():
            told = rule if isinstance(rule, dict) else {}
            peers, ports = _each(told.get(where)), _each(told.get("ports"))
            if len(peers) * len(ports) > _PAIRS:
                peers, ports = [_written(peers)], [_written(ports)]
            yield from ((direction, peer, port) for peer in peers for port in ports)


def _each(listed: Any) -> list[str]:
    """Each peer or port; none written means all of them."""
    return [_peer(item) for item in listed] if isinstance(listed, list) and listed else [ANY]


def _peer(item: Any) -> str:
    if isinstance(item, dict) and len(item) <= 3 and "port" in item:
        end = f"-{item['endPort']}" if "endPort" in item else ""
        return f"{item.get('protocol', 'TCP')} {item['port']}{end}"
    if isinstance(item, dict) and isinstance(block := item.get("ipBlock"), dict) and not block.get("except"):
        cidr = str(block.get("cidr"))
        return ANY if cidr in ("0.0.0.0/0", "::/0") else cidr
    if isinstance(item, dict) and item and item.keys() <= {"podSelector", "namespaceSelector"}:
        told = [_selected(noun, item[f"{noun}Selector"]) for noun in ("pod", "namespace") if f"{noun}Selector" in item]
        return " in ".join(told)
    return _written(item)


def _selected(noun: str, selector: Any) -> str:
    """`pods with app=shop`, or every one."""
    if not selector:
        return f"every {noun}"
    labels = selector.get("matchLabels") if isinstance(selector, dict) and len(selector) == 1 else None
    if isinstance(labels, dict):
        return f"{noun}s with {', '.join(f'{name}={value}' for name, value in sorted(labels.items()))}"
    return f"{noun}s with {_written(selector)}"


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def lost(before: object, after: object) -> tuple[str, ...]:
    """What the policy lets through now and did not before."""
    if not isinstance(before, Traffic) or not isinstance(after, Traffic):
        return ()
    reasons: list[str] = []
    gone = sorted(before.directions - after.directions)
    reasons += [f"no longer rules {each.lower()}: all of it is allowed" for each in gone]
    if after.pods not in (before.pods, "{}"):
        reasons.append("is about other pods than before")
    for direction, peer, port in sorted(after.allowed - before.allowed):
        wider = ((direction, there, at) for there in (peer, ANY) for at in (port, ANY))
        if direction in before.directions and before.allowed.isdisjoint(wider):
            word, at = ("from" if direction == "Ingress" else "to"), "any port" if port == ANY else port
            reasons.append(f"allows traffic {word} {_short(peer)} on {_short(at)}")
    return tuple(reasons)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
