"""One resource before and after as Attributes: the places that differ, with sensitive values left out.

A value is left out where Terraform marks it, where the document carries no marks at all (Terraform before 0.15), and
where its name says that it is a secret that the provider forgot to mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from gitops_ci.model.plan import Attribute, JsonValue

MAX_DEPTH = 100
"""Values nested deeper are refused: no provider has them, and everything after us would have to bear them."""

_SECRET_NAME = re.compile(
    r"(?:pass(?:word|wd|phrase)?|secret|token|private_?key|api_?key|access_?key|credential|connection_?string|kubeconfig)"
    r"s?(?:_?(?:value|string|base64|wo|pem|openssh|pkcs8|json))?$",
    re.IGNORECASE,
)
_NAMING = ("name", "key")  # of the pair {name = "DB_PASSWORD", value = "…"}, as containers and charts have it


class TooDeep(ValueError):
    """A value is nested deeper than MAX_DEPTH."""


class Sides(Struct, frozen=True, kw_only=True):
    """What a plan says about one object: values, the marks of each (True, or a structure with marks deeper down)."""

    before: JsonValue = None
    after: JsonValue = None
    before_sensitive: Any = None
    after_sensitive: Any = None
    unknown: Any = None
    replace_paths: tuple[tuple[str | int, ...], ...] = ()
    hidden: bool = False

    def at(self, key: str | int) -> Sides:
        """The same for one item or attribute."""
        return Sides(
            before=_item(self.before, key),
            after=_item(self.after, key),
            before_sensitive=_inside(self.before_sensitive, key),
            after_sensitive=_inside(self.after_sensitive, key),
            unknown=_inside(self.unknown, key),
            hidden=self.hidden or _is_secret(key, self.before, self.after),
        )

    @property
    def sensitive(self) -> bool:
        """Whether all of this place is a secret."""
        return self.hidden or _whole(self.before_sensitive) or _whole(self.after_sensitive)

    @property
    def holds_secret(self) -> bool:
        """Whether some part of this place is one."""
        return (
            self.sensitive
            or _marked(self.before_sensitive)
            or _marked(self.after_sensitive)
            or _names_secret(self.before)
            or _names_secret(self.after)
        )


def is_secret_name(name: str) -> bool:
    """Whether something of this name is a secret by its name alone."""
    return _SECRET_NAME.search(name) is not None


def of(sides: Sides) -> Iterator[Attribute]:
    """Every place where the sides differ, as deep as both have the same shape. Raises TooDeep."""
    forcing = tuple(_path_text(path) for path in sides.replace_paths)
    for path, found, unknown in _leaves("", sides, 0):
        secret = found.holds_secret
        yield Attribute(
            path=path,
            before=None if secret else found.before,
            after=None if secret else found.after,
            sensitive=secret,
            unknown=unknown,
            forces_replacement=any(_overlaps(path, forced) for forced in forcing),
        )


def _leaves(path: str, sides: Sides, depth: int) -> Iterator[tuple[str, Sides, bool]]:
    """(path, what is there, whether it is unknown until apply); secrets are not entered, an object itself always is."""
    if depth > MAX_DEPTH:
        raise TooDeep("values are nested too deeply")
    unknown = _whole(sides.unknown)
    differs = unknown or sides.before != sides.after
    if depth and (sides.sensitive or unknown):
        if differs:
            yield path, sides, unknown
        return
    keys = _keys(sides)
    if keys is not None:
        for key in keys:
            inner = f"{path}[{key}]" if isinstance(key, int) else _joined(path, key)
            yield from _leaves(inner, sides.at(key), depth + 1)
    elif differs and (depth or not isinstance(sides.before if sides.after is None else sides.after, dict)):
        yield path, sides, _marked(sides.unknown)


def _keys(sides: Sides) -> list[str] | list[int] | None:
    """The keys to go on with, or None where this place is to be compared whole."""
    values = [side for side in (sides.before, sides.after) if side is not None]
    unknown = sides.unknown
    if all(isinstance(value, dict) for value in values) and (values or isinstance(unknown, dict)):
        more = unknown if isinstance(unknown, dict) else {}
        return list(dict.fromkeys(key for side in (*values, more) for key in side)) or None
    if all(isinstance(value, list) for value in values) and (values or isinstance(unknown, list)):
        lengths = [len(value) for value in values]
        length = max([*lengths, len(unknown) if isinstance(unknown, list) else 0])
        return list(range(length)) if length else None
    return None


def _item(value: JsonValue, key: str | int) -> JsonValue:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _inside(mark: Any, key: str | int) -> Any:
    """The mark of one item; where marks and values do not have the same shape, one mark stands for all."""
    if isinstance(mark, dict) and isinstance(key, str):
        return mark.get(key)
    if isinstance(mark, list) and isinstance(key, int):
        return mark[key] if key < len(mark) else None
    return _marked(mark)


def _whole(mark: Any) -> bool:
    return bool(mark) and not isinstance(mark, dict | list)


def _marked(mark: Any) -> bool:
    return any(_whole(value) for _, value in _below(mark))


def _names_secret(value: JsonValue) -> bool:
    return any(
        isinstance(inner, dict) and any(_is_secret(key, inner, None) for key in inner) for _, inner in _below(value)
    )


def _is_secret(key: str | int, before: JsonValue, after: JsonValue) -> bool:
    """Whether what `key` holds is a secret by its name, or by the name that stands beside it."""
    if not isinstance(key, str):
        return False
    if key == "value":
        beside = (side.get(naming) for side in (before, after) if isinstance(side, dict) for naming in _NAMING)
        return any(isinstance(name, str) and is_secret_name(name) for name in beside)
    return is_secret_name(key)


def _below(value: Any) -> Iterator[tuple[int, Any]]:
    """The value and everything below it, with its depth."""
    pending = [(0, value)]
    while pending:
        depth, current = pending.pop()
        if depth > MAX_DEPTH:
            raise TooDeep("values are nested too deeply")
        yield depth, current
        if isinstance(current, dict):
            pending.extend((depth + 1, inner) for inner in current.values())
        elif isinstance(current, list):
            pending.extend((depth + 1, inner) for inner in current)


def _overlaps(path: str, forced: str) -> bool:
    inner, outer = (path, forced) if len(path) >= len(forced) else (forced, path)
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _joined(path: str, key: str) -> str:
    if not key.replace("_", "").replace("-", "").isalnum():
        return f"{path}[{msgspec.json.encode(key).decode()}]"
    return f"{path}.{key}" if path else key


def _path_text(path: tuple[str | int, ...]) -> str:
    text = ""
    for key in path:
        text = f"{text}[{key}]" if isinstance(key, int) else _joined(text, key)
    return text
