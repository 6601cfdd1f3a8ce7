"""One resource before and after as Attributes: the places that differ, with sensitive values left out.

A value is left out where Terraform marks it, where the document carries no marks at all (Terraform before 0.15), and
where its name or it itself looks like a secret that the provider forgot to mark.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, structs

from gitops_ci.kinds.terraform.plans import cosmetic, masking, pairing
from gitops_ci.kinds.terraform.plans.masking import MAX_DEPTH, Masking, TooDeep
from gitops_ci.model.plan import Attribute, JsonValue
from gitops_ci.policy import secrets

Step = str | int
Path = tuple[Step, ...]


class Sides(Struct, frozen=True, kw_only=True, gc=False):
    """What a plan says about one place: values, the marks of each (True, or a structure with marks deeper down).

    `forcing` are the paths from here to what forces a replacement; an empty one means this very place. `hidden` is
    for what is secret whatever the marks say.
    """

    before: JsonValue = None
    after: JsonValue = None
    before_sensitive: Any = None
    after_sensitive: Any = None
    unknown: Any = None
    forcing: tuple[Path, ...] = ()
    hidden: bool = False

    def at(self, name: str) -> Sides:
        """The same for one attribute."""
        before, after = _item(self.before, name), _item(self.after, name)
        unknown = self.unknown and _inside(self.unknown, name)
        named = masking.names_secret(name, self.before, self.after)
        return Sides(
            before=before,
            after=after,
            before_sensitive=self.before_sensitive and _inside(self.before_sensitive, name),
            after_sensitive=self.after_sensitive and _inside(self.after_sensitive, name),
            unknown=unknown,
            forcing=self.forcing and _towards(self.forcing, (name,)),
            hidden=self.hidden or (named and (bool(unknown) or not _is_told(before, after))),
        )

    def element(self, one: int | None, other: int | None) -> Sides:
        """The same for an element by its index before and after; what is known of each is by its own index."""
        return Sides(
            before=_item(self.before, one),
            after=_item(self.after, other),
            before_sensitive=_inside(self.before_sensitive, one),
            after_sensitive=_inside(self.after_sensitive, other),
            unknown=_inside(self.unknown, other),
            forcing=_towards(self.forcing, (one, other)),
            hidden=self.hidden,
        )

    @property
    def sensitive(self) -> bool:
        """Whether all of this place is a secret."""
        marked = self.before_sensitive or self.after_sensitive
        return self.hidden or (bool(marked) and (_whole(self.before_sensitive) or _whole(self.after_sensitive)))

    @property
    def holds_secret(self) -> bool:
        """Whether some part of this place is one by its mark or its name."""
        return (
            self.sensitive
            or masking.is_marked(self.before_sensitive)
            or masking.is_marked(self.after_sensitive)
            or masking.holds_named_secret(self.before)
            or masking.holds_named_secret(self.after)
        )


def of(sides: Sides, known: Masking) -> list[Attribute]:
    """Every place where the sides differ, as deep as both have the same shape. Raises TooDeep."""
    found: list[Attribute] = []
    _collect("", sides, known, 0, found)
    return found


def _collect(path: str, sides: Sides, known: Masking, depth: int, found: list[Attribute]) -> None:
    """Secrets are not entered, but an object itself (depth 0) always is, so that its attributes are named."""
    if depth > MAX_DEPTH:
        raise TooDeep("values are nested too deeply")
    unknown = _whole(sides.unknown)
    if depth and (unknown or sides.sensitive):
        if unknown or not pairing.same(sides.before, sides.after):
            found.append(_attribute(path, sides, known, unknown=unknown))
        return
    shape = _shape(sides)
    if shape is dict:
        _attributes(path, sides, known, depth, found)
    elif shape is list:
        _elements(path, sides, known, depth, found)
    elif (depth or not _is_object(sides)) and not pairing.same(sides.before, sides.after):
        found.append(_attribute(path, sides, known, unknown=masking.is_marked(sides.unknown)))


def _attributes(path: str, sides: Sides, known: Masking, depth: int, found: list[Attribute]) -> None:
    """What differs of an object; a scalar about which nothing else is said needs no Sides of its own: most are so."""
    before, after = sides.before or {}, sides.after or {}
    quiet = not (sides.before_sensitive or sides.after_sensitive or sides.forcing or sides.hidden)
    for name in _names(sides):
        one, other = before.get(name), after.get(name)
        unknown = sides.unknown and _inside(sides.unknown, name)
        if not unknown and pairing.same(one, other):
            continue
        inner = _joined(path, known.name(name))
        plain = quiet and not unknown and not isinstance(one, dict | list) and not isinstance(other, dict | list)
        if plain and not masking.names_secret(name, before, after):
            found.append(_told(inner, one, other, known))
        else:
            _collect(inner, sides.at(name), known, depth + 1, found)


def _attribute(path: str, sides: Sides, known: Masking, *, unknown: bool) -> Attribute:
    forces = bool(sides.forcing)
    if sides.holds_secret:
        return Attribute(path=path, sensitive=True, unknown=unknown, forces_replacement=forces)
    told = _told(path, sides.before, sides.after, known)
    if not unknown and not forces:
        return told
    return structs.replace(told, unknown=unknown, forces_replacement=forces, cosmetic=told.cosmetic and not unknown)


def _told(path: str, before: JsonValue, after: JsonValue, known: Masking) -> Attribute:
    """A place that neither marks nor names make a secret; its values may still look like one."""
    shown = known.pair(before, after)
    if shown is None:
        return Attribute(path=path, sensitive=True)
    if type(before) is str and type(after) is str and cosmetic.means_the_same(before, after):
        return Attribute(path=path, before=shown[0], after=shown[1], cosmetic=True)
    return Attribute(path=path, before=shown[0], after=shown[1])


def _elements(path: str, sides: Sides, known: Masking, depth: int, found: list[Attribute]) -> None:
    unknown = sides.unknown if isinstance(sides.unknown, list) else []
    if sides.before is None or (sides.after is None and not unknown):
        for index in range(max(len(sides.before or ()), len(sides.after or ()), len(unknown))):
            _collect(f"{path}[{index}]", sides.element(index, index), known, depth + 1, found)
        return
    after = [*(sides.after or ()), *[None] * (len(unknown) - len(sides.after or ()))]
    for pair in pairing.pairs(sides.before, after, lambda index: masking.is_marked(_inside(unknown, index))):
        here = f"{path}{pair.label}"
        element = sides.element(pair.before, pair.after)
        if pair.equal:
            found.append(_attribute(here, element, known, unknown=False))
            continue
        told = len(found)
        _collect(here, element, known, depth + 1, found)
        if told == len(found) and (pair.moved or pair.before is None or pair.after is None):
            found.append(Attribute(path=here))  # a null that came or went, or a move without another difference


def _shape(sides: Sides) -> type | None:
    """Whether to go on by attribute (dict) or by element (list); None where this place is to be compared whole."""
    before, after, unknown = sides.before, sides.after, sides.unknown
    shape = type(unknown if before is None and after is None else after if before is None else before)
    if shape is not dict and shape is not list:
        return None
    if (before is not None and type(before) is not shape) or (after is not None and type(after) is not shape):
        return None
    return shape if before or after or (unknown and type(unknown) is shape) else None


def _is_object(sides: Sides) -> bool:
    return isinstance(sides.before if sides.after is None else sides.after, dict)


def _names(sides: Sides) -> list[str]:
    """The attributes of either side, and those that only apply will bring."""
    names: dict[str, None] = {}
    for side in (sides.before, sides.after, sides.unknown):
        if isinstance(side, dict):
            names.update(dict.fromkeys(side))
    return list(names)


def _item(value: JsonValue, key: Step | None) -> JsonValue:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _inside(mark: Any, key: Step | None) -> Any:
    """The mark of one item; where marks and values do not have the same shape, one mark stands for all."""
    if not mark or key is None:
        return None
    if isinstance(mark, dict) and isinstance(key, str):
        return mark.get(key)
    if isinstance(mark, list) and isinstance(key, int):
        return mark[key] if key < len(mark) else None
    return masking.is_marked(mark)


def _towards(forcing: tuple[Path, ...], steps: tuple[Step | None, ...]) -> tuple[Path, ...]:
    """What is left of the paths that lead through here; a place that forces a replacement does so with all in it."""
    return tuple(path[1:] for path in forcing if not path or path[0] in steps)


def _whole(mark: Any) -> bool:
    return bool(mark) and not isinstance(mark, dict | list)


def _is_told(before: JsonValue, after: JsonValue) -> bool:
    """Whether values under the name of a secret are none: yes or no, or where the secret is."""
    return masking.is_harmless(before) and masking.is_harmless(after) and (before is not None or after is not None)


@lru_cache(maxsize=8192)
def _joined(path: str, name: str) -> str:
    """A path with one more name; what looks like a secret in a name is masked."""
    name = secrets.masked(name)
    if not name.replace("_", "").replace("-", "").isalnum():
        return f"{path}[{msgspec.json.encode(name).decode()}]"
    return f"{path}.{name}" if path else name
