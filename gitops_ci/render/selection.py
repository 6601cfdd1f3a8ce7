"""Which attributes of a Change a reader needs, most telling first; the others are counted, never dropped in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, structs

from gitops_ci.model.plan import Attribute, Change, JsonValue
from gitops_ci.render.signed import Limits

_NAMES = re.compile(r"(?:.*_)?(?:name|identifier)|id|bucket|title|repository|domain", re.IGNORECASE)
_TELLING = re.compile(
    r"(?:.*_)?(?:type|size|class|version|engine|image|ami|capacity|count|cidr(?:_block)?s?|region|location|zone|port|protocol"
    r"|policy|role|sku|tier|kind|replicas|memory|cpu|storage|public|publicly_accessible|encrypted|deletion_protection)",
    re.IGNORECASE,
)
_LABELS = frozenset({"tags", "labels", "annotations"})
_TWINS = {"tags_all": "tags", "effective_labels": "labels", "terraform_labels": "labels"}
"""Attributes in which providers repeat another one with their defaults (AWS, Google)."""
_FIRST_PART = re.compile(r"[^.\[]*")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*")
_INDEXED = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)
_PARTS = 60
"""Parts of an object that is created or deleted up to which it is shown as attributes of their own."""


class Selection(Struct, frozen=True):
    """The attributes to show, in order, and how many others there are of which sort.

    `unknown` are the paths of those that a new object gets when it is made, `twins` pairs of an attribute that is left
    out and the one that it repeats.
    """

    shown: tuple[Attribute, ...]
    unknown: tuple[str, ...] = ()
    cosmetic: tuple[str, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    left: int = 0


def of(change: Change, limits: Limits) -> Selection:
    """What to show of a change, in time linear in its attributes but for their sorting."""
    whole = change.action in ("create", "delete")
    kept: list[Attribute] = []
    unknown: list[str] = []
    cosmetic: list[str] = []
    for each in change.attributes:
        if each.forces_replacement:
            kept.append(each)
        elif each.cosmetic:
            cosmetic.append(each.path)
        elif each.unknown and not each.sensitive and (change.action == "replace" or (whole and each.before is None)):
            unknown.append(each.path)
        elif not (whole and _absent(each)):
            kept.append(each)
    kept, twins = _without_twins(_joined(kept) if whole else kept)
    kept.sort(key=_rank)
    parts = [part for each in kept[: limits.attributes] for part in _parts(each)]
    most = limits.deleted if change.action == "delete" else limits.attributes
    left = len(kept) - len(kept[: limits.attributes]) + len(parts[most:])
    return Selection(tuple(parts[:most]), tuple(unknown), tuple(cosmetic), twins, left)


def formatting_only(change: Change) -> bool:
    """Whether an update alters nothing but white space or the order of keys."""
    return (
        change.action == "update"
        and not (change.importing or change.previous_address or change.destructive)
        and bool(change.attributes)
        and all(each.cosmetic for each in change.attributes)
    )


def _absent(attribute: Attribute) -> bool:
    return attribute.before is None and attribute.after is None and not (attribute.sensitive or attribute.unknown)


def _joined(attributes: list[Attribute]) -> list[Attribute]:
    """The attributes of a whole object with each list of plain values as one: `ports = [80, 443]`."""
    found: list[Attribute] = []
    items: list[Attribute] = []
    path = ""
    for each in attributes:
        place = _INDEXED.fullmatch(each.path) if _one_sided(each) and not each.forces_replacement else None
        if place and items and place[1] == path and place[2] == str(len(items)) and _made(each) == _made(items[0]):
            items.append(each)
            continue
        found += [_list(path, items)] if items else []
        items = [each] if place and place[2] == "0" else []
        path = place[1] if place else ""
        found += [] if items else [each]
    return [*found, _list(path, items)] if items else found


def _list(path: str, items: list[Attribute]) -> Attribute:
    if _made(items[0]):
        return Attribute(path=path, after=[each.after for each in items])
    return Attribute(path=path, before=[each.before for each in items])


def _made(attribute: Attribute) -> bool:
    return attribute.before is None


def _one_sided(attribute: Attribute) -> bool:
    """Whether a plain value is there before only, or after only."""
    return (attribute.before is None) is not (attribute.after is None) and not (
        attribute.sensitive or attribute.unknown
    )


def _without_twins(attributes: list[Attribute]) -> tuple[list[Attribute], tuple[tuple[str, str], ...]]:
    """The attributes without those that only repeat another one, part by part; and which those are."""
    groups: dict[str, dict[str, Attribute]] = {}
    for each in attributes:
        first = _first_part(each.path)
        if first in _TWINS or first in _TWINS.values():
            groups.setdefault(first, {})[each.path[len(first) :]] = structs.replace(each, path="")
    twins = tuple((one, other) for one, other in _TWINS.items() if one in groups and groups[one] == groups.get(other))
    left_out = {one for one, _ in twins}
    return [each for each in attributes if _first_part(each.path) not in left_out] if left_out else attributes, twins


def _rank(attribute: Attribute) -> int:
    """How much an attribute tells; less is more. Parts of one object or list have the same rank and stay together."""
    if attribute.forces_replacement:
        return 0
    first = _first_part(attribute.path)
    if first in _LABELS or first in _TWINS:
        return 6
    if len(first) < len(attribute.path):
        return 4
    if not attribute.sensitive and (attribute.after if attribute.before is None else attribute.before) in (
        False,
        "",
        [],
        {},
    ):
        return 5 if attribute.before is None or attribute.after is None else 3
    return 1 if _NAMES.fullmatch(first) else 2 if _TELLING.fullmatch(first) else 3


def _first_part(path: str) -> str:
    found = _FIRST_PART.match(path)
    return found[0] if found else ""


def _parts(attribute: Attribute) -> list[Attribute]:
    """An object that is wholly there or wholly gone as one attribute for each of its values, without its nulls."""
    value = attribute.after if attribute.before is None else attribute.before
    if not _one_sided(attribute) or not isinstance(value, (dict, list, tuple)) or not value:
        return [attribute]
    found: list[Attribute] = []
    side = "after" if _made(attribute) else "before"
    for path, part in _values(attribute.path, value, 0):
        if len(found) == _PARTS:
            return [attribute]
        found.append(structs.replace(attribute, path=path, **{side: part}))
    return found or [attribute]


def _values(path: str, value: JsonValue, depth: int) -> Iterator[tuple[str, JsonValue]]:
    """Paths and values within an object or a list of objects; a list of plain values is one value."""
    if isinstance(value, dict) and value and depth < 8:
        for key, part in value.items():
            inner = f".{key}" if _IDENTIFIER.fullmatch(key) else f'["{key}"]'
            yield from _values(path + inner, part, depth + 1)
    elif isinstance(value, (list, tuple)) and any(isinstance(part, dict) for part in value) and depth < 8:
        for index, part in enumerate(value):
            yield from _values(f"{path}[{index}]", part, depth + 1)
    elif value is not None:
        yield path, value
