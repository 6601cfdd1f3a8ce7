"""Which attributes of a Change a reader needs, most telling first; the others are counted, never dropped in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

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
_TWINS = {"tags_all": "tags", "effective_labels": "labels", "terraform_labels": "labels", "output": "input"}
"""Attributes in which providers repeat another one, some with their defaults (AWS, Google, `terraform_data`)."""
_FIRST_PART = re.compile(r"[^.\[]*")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*")
_INDEXED = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)
_FEW = 3
"""Sensitive values of an object that is created or deleted up to which each is named on a line of its own."""
_PARTS = 60
"""Parts of an object that is created or deleted up to which it is shown as attributes of their own."""


Sort = Literal["shown", "unknown", "sensitive", "empty", "cosmetic", "absent"]


class Selection(Struct, frozen=True):
    """The attributes to show, in order, and how many others there are.

    `counted` holds the paths of those that are only counted, by their sort; `twins` attributes that repeat another one,
    that other one, how many parts are left out for it, and whether those are all.
    """

    shown: tuple[Attribute, ...]
    counted: dict[Sort, list[str]] = {}
    twins: tuple[tuple[str, str, int, bool], ...] = ()
    left: int = 0


def of(change: Change, limits: Limits) -> Selection:
    """What to show of a change, in time linear in its attributes but for their sorting."""
    whole = change.action in ("create", "delete")
    hidden = whole and sum(each.sensitive and not each.unknown for each in change.attributes) > _FEW
    sorts: dict[Sort, list[Attribute]] = {}
    for each in change.attributes:
        sorts.setdefault(_sort(each, change, hidden=hidden), []).append(each)
    kept = sorts.pop("shown", [])
    sorts.pop("absent", None)
    kept, twins = _without_twins(_joined(kept))
    kept.sort(key=_rank)
    parts = [part for each in kept[: limits.attributes] for part in _parts(each)]
    most = limits.deleted if change.action == "delete" else limits.attributes
    left = len(kept) - len(kept[: limits.attributes]) + len(parts[most:])
    counted = {sort: [each.path for each in several] for sort, several in sorts.items()}
    return Selection(tuple(parts[:most]), counted, twins, left)


def _sort(each: Attribute, change: Change, *, hidden: bool) -> Sort:
    """Where an attribute belongs; `hidden` where each secret on a line of its own would be too many."""
    whole = change.action in ("create", "delete")
    if each.forces_replacement:
        return "shown"
    if each.cosmetic:
        return "cosmetic"
    made = change.action == "create" or (change.action == "replace" and not each.sensitive)
    if each.unknown and made:
        return "unknown"
    if each.sensitive:
        return "sensitive" if hidden else "shown"
    if each.unknown:
        return "shown"
    if whole and (each.before is None or each.after is None):
        value = each.after if each.before is None else each.before
        return "absent" if value is None else "empty" if value in ("", [], {}) else "shown"
    return "shown"


def formatting_only(change: Change) -> bool:
    """Whether an update alters nothing but white space or the order of keys."""
    return (
        change.action == "update"
        and not (change.importing or change.previous_address or change.destructive)
        and bool(change.attributes)
        and all(each.cosmetic for each in change.attributes)
    )


def _joined(attributes: list[Attribute]) -> list[Attribute]:
    """The attributes, with each list of plain values that is there on one side only as one: `ports = [80, 443]`.

    Such a list is known by its first element, which is there on one side only as the element at its place.
    """
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


def _without_twins(attributes: list[Attribute]) -> tuple[list[Attribute], tuple[tuple[str, str, int, bool], ...]]:
    """The attributes without parts of some that only repeat the same part of another one; and which those are."""
    groups: dict[str, dict[str, Attribute]] = {}
    for each in attributes:
        first = _first_part(each.path)
        if first in _TWINS or first in _TWINS.values():
            groups.setdefault(first, {})[each.path[len(first) :]] = each
    repeated: set[int] = set()
    twins = []
    for twin, other in _TWINS.items():
        parts, others = groups.get(twin, {}), groups.get(other, {})
        same = [each for rest, each in parts.items() if rest in others and _alike(each, others[rest])]
        if same:
            twins.append((twin, other, len(same), len(same) == len(parts)))
            repeated.update(id(each) for each in same)
    return [each for each in attributes if id(each) not in repeated], tuple(twins)


def _alike(one: Attribute, other: Attribute) -> bool:
    return not one.forces_replacement and structs.replace(one, path="") == structs.replace(other, path="")


def _rank(attribute: Attribute) -> int:
    """How much an attribute tells; less is more. Parts of one object or list have the same rank and stay together."""
    if attribute.forces_replacement:
        return 0
    first = _first_part(attribute.path)
    if first in _LABELS or _TWINS.get(first) in _LABELS:
        return 6
    if len(first) < len(attribute.path):
        return 4
    if _one_sided(attribute) and (attribute.after if attribute.before is None else attribute.before) in (False, 0):
        return 5
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
