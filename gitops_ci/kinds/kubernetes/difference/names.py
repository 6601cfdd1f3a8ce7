"""Names that kustomize generates: `config-5fd9c7mm2k` is `config`, and a hash of what it holds.

Of a Secret that hash is one of its values, which is why it is never told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import structs

from gitops_ci.kinds.kubernetes.objects import Object

_HASHED = re.compile(r"(.+)-[2456789bcdfghkmt]{10}")
"""What kustomize appends: ten characters of an alphabet without vowels and look-alikes (api/hasher/hasher.go)."""
_KINDS = ("ConfigMap", "Secret")
_REFERS = re.compile(r"config-?map|secret", re.IGNORECASE)
"""What a field is called that names a ConfigMap or a Secret (`secretName`, `configMapRef.name`, `auth-secret`)."""
_OWN = "name"


def generated(objects: Iterable[Object]) -> dict[str, str]:
    """Names with a hash in them → the names without; not where another object already has that one."""
    there = Counter[tuple[str, str, str]]()
    found: list[tuple[tuple[str, str, str], str]] = []
    for each in objects:
        identity = each.identity
        if identity.group or identity.kind not in _KINDS:
            continue
        match = _HASHED.fullmatch(identity.name)
        plain = (identity.kind, identity.namespace, match[1] if match else identity.name)
        there[plain] += 1
        if match:
            found.append((plain, identity.name))
    return {name: plain[2] for plain, name in found if there[plain] == 1}


def settled(one: Any, other: Any, known: tuple[Mapping[str, str], Mapping[str, str]]) -> Iterator[tuple[str, bool]]:
    """Plain names that stand for a generated one at one end only, each with whether it is generated at the second."""
    if isinstance(one, str) and isinstance(other, str):
        plain, is_now = known[0].get(one), known[1].get(other)
        if one != other and (plain is None) != (is_now is None) and (plain or one) == (is_now or other):
            yield plain or one, is_now is not None
    elif isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in one.keys() & other.keys():
            yield from settled(one[key], other[key], known)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for mine, theirs in zip(one, other, strict=True):
            yield from settled(mine, theirs, known)


def without(each: Object, known: Mapping[str, str]) -> Object:
    """An object with the plain names in place of the generated ones, its own and those that it refers to."""
    if not known:
        return each
    value = _replaced(each.value, known, "")
    identity = each.identity
    if identity.kind in _KINDS and not identity.group and identity.name in known:
        identity = structs.replace(identity, name=known[identity.name])
        value = {**value, "metadata": {**value["metadata"], _OWN: identity.name}}
    return each if value is each.value else structs.replace(each, identity=identity, value=value)


def _replaced(value: Any, known: Mapping[str, str], field: str) -> Any:
    """The same object where nothing in it is such a name.

    `field` is what the value stands in. The same word elsewhere is something else, such as an image or a user.
    """
    if isinstance(value, str):
        return known.get(value, value) if value in known and _REFERS.search(field) else value
    if isinstance(value, Mapping):
        items = {
            key: _replaced(inner, known, field if key == _OWN and isinstance(inner, str) else key)
            for key, inner in value.items()
        }
        return items if any(items[key] is not inner for key, inner in value.items()) else value
    if isinstance(value, list):
        several = [_replaced(inner, known, field) for inner in value]
        return several if any(one is not other for one, other in zip(several, value, strict=True)) else value
    return value
