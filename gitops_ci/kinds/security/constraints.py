"""What a change of a Gatekeeper constraint, or of a list of what is applied, leaves out that was covered before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_EXEMPTING = re.compile(r"exempt|exclud|ignore|skip|allow|permit|except|whitelist", re.IGNORECASE)
_SELECTORS = ("namespaceSelector", "labelSelector", "scope", "source", "name")


def lost(before: object, after: object) -> tuple[str, ...]:
    """What a constraint (its `spec`) no longer covers, or asks for."""
    was, now = _mapping(before), _mapping(after)
    match, matches = _mapping(was.get("match")), _mapping(now.get("match"))
    return (*_narrowed(match, matches), *_parameters(was.get("parameters"), now.get("parameters"), ""))


def _narrowed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    excluded = _texts(after.get("excludedNamespaces")) - _texts(before.get("excludedNamespaces"))
    if excluded:
        yield f"leaves out the namespaces {', '.join(sorted(excluded))}"
    sides = (_texts(before.get("namespaces")), _texts(after.get("namespaces"))), (_kinds(before), _kinds(after))
    for noun, (was, now) in zip(("namespaces", "kinds"), sides, strict=True):
        gone = sorted(each for each in was - now if not now & {"*", "*.*", f"*.{each.partition('.')[2]}"})
        if now and not was:
            yield f"is about some {noun} only"
        elif gone and now:
            yield f"is no longer about the {noun} {', '.join(gone)}"
    for name in _SELECTORS:
        if after.get(name) and after.get(name) != before.get(name):
            yield f"selects by another {name} than before"


def _kinds(match: Mapping[str, Any]) -> set[str]:
    """The kinds that a constraint is about, each with its group (`Deployment.apps`, `*.*` for all)."""
    listed = match.get("kinds")
    found = [_mapping(each) for each in (listed if isinstance(listed, list) else ())]
    return {
        f"{kind}.{group}" if group else kind
        for each in found
        for kind in _texts(each.get("kinds"))
        for group in _texts(each.get("apiGroups")) or {""}
    }


def _parameters(before: Any, after: Any, name: str) -> Iterator[str]:
    """Less that is asked for, or more that is let off, as the names of parameters tell."""
    if isinstance(before, dict) or isinstance(after, dict):
        was, now = _mapping(before), _mapping(after)
        for key in {**was, **now}:
            yield from _parameters(was.get(key), now.get(key), key)
    elif isinstance(before, list) or isinstance(after, list):
        had, has = _texts(before), _texts(after)
        if _EXEMPTING.search(name):
            if has - had:
                yield f"lets off {', '.join(sorted(has - had))} ({name})"
        elif had - has:
            yield f"no longer names {', '.join(sorted(had - has))} in {name}"


def no_longer_applied(before: object, after: object) -> tuple[str, ...]:
    """Files that a kustomization named and does not name any more; patches that it names now."""
    was, now = _mapping(before), _mapping(after)
    gone = sorted(_texts(was.get("resources")) - _texts(now.get("resources")))
    new = sorted(
        each
        for name in ("patches", "patchesStrategicMerge", "patchesJson6902")
        for each in _texts(now.get(name)) - _texts(was.get(name))
    )
    told = [f"no longer applies {', '.join(gone[:3])}"] if gone else []
    return (*told, *(["patches what it applies"] if new else []))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> set[str]:
    items = value if isinstance(value, list) else ()
    return {item if isinstance(item, str) else json.dumps(item, sort_keys=True, default=str) for item in items}
