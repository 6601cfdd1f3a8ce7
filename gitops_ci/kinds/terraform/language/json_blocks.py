"""The structure of a file in Terraform's JSON syntax, as the same blocks that native syntax gives.

https://developer.hashicorp.com/terraform/language/syntax/json: what is a block and how many labels it has follows from
where it stands. Expressions are written anew in native syntax, so that no other reader has to know both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from gitops_ci.kinds.terraform.language import templates
from gitops_ci.kinds.terraform.language.blocks import MAX_DEPTH, Attribute, Block, Body, Unreadable
from gitops_ci.kinds.terraform.language.native_syntax import Unbalanced

_LABELS = {
    "": {
        "terraform": 0, "provider": 1, "resource": 2, "data": 2, "ephemeral": 2, "action": 2, "list": 2, "module": 1,
        "variable": 1, "output": 1, "locals": 0, "moved": 0, "import": 0, "removed": 0, "check": 1,
    },
    "terraform": {
        "backend": 1, "cloud": 0, "required_providers": 0, "provider_meta": 1, "state_store": 1, "encryption": 0,
    },
    "encryption": {"key_provider": 2, "method": 2, "state": 0, "plan": 0, "remote_state_data_sources": 0},
    "cloud": {"workspaces": 0},
    "resource": {"provisioner": 1, "connection": 0, "lifecycle": 0},
    "removed": {"provisioner": 1, "lifecycle": 0},
    "check": {"data": 2, "assert": 0},
    "provisioner": {"connection": 0},
    "provider": {"assume_role": 0, "assume_role_with_web_identity": 0, "endpoints": 0},
    "backend": {"assume_role": 0, "workspaces": 0},
}  # fmt: skip
"""Block types by the type of the block that they stand in (`""`: the file), with their number of labels."""


class _Object(tuple[tuple[str, Any], ...]):
    """An object with all of its properties: one that is given twice means two blocks."""

    __slots__ = ()


def read(text: str) -> Body:
    """The structure of one document. Raises Unreadable."""
    try:
        document = json.loads(text, object_pairs_hook=_Object, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise Unreadable("is not valid JSON", getattr(error, "lineno", None)) from None
    return _body(_merged(document, text), "", text, 0)


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _body(properties: _Object, type: str, text: str, depth: int) -> Body:
    if depth > MAX_DEPTH:
        raise Unreadable("has objects that are nested too deeply", None)
    attributes: list[Attribute] = []
    blocks: list[Block] = []
    known = _LABELS.get(type, {})
    for name, value in properties:
        if name == "//":
            continue
        if name in known:
            blocks += _blocks(name, (), known[name], value, text, depth)
        else:
            attributes.append(Attribute(name, _written(value, line := _line(text, name)), line))
    return Body(tuple(attributes), tuple(blocks))


def _blocks(type: str, labels: tuple[str, ...], left: int, value: Any, text: str, depth: int) -> Iterator[Block]:
    """The blocks that a property stands for: an object (or a list of them) at each label, then a body or a list."""
    if value is None:
        return
    if left:
        for label, inner in _merged(value, text):
            yield from _blocks(type, (*labels, label), left - 1, inner, text, depth)
        return
    line = _line(text, labels[-1] if labels else type)
    for each in value if isinstance(value, list) else (value,):
        yield Block(type, labels, line, _body(_merged(each, text), type, text, depth + 1))


def _merged(value: Any, text: str) -> _Object:
    """The properties of an object, or of all objects in a list. Raises Unreadable for anything else."""
    several = value if isinstance(value, list) else [value]
    if not all(isinstance(each, _Object) for each in several):
        raise Unreadable("has something else where an object is needed", 1)
    return _Object(item for each in several for item in each)


def _written(value: Any, line: int) -> str:
    """A JSON value as an expression of native syntax; a string is a template there as here."""
    match value:
        case str():
            return _string(value, line)
        case _Object():
            return "{" + ", ".join(f"{_string(key, line)} = {_written(inner, line)}" for key, inner in value) + "}"
        case list():
            return "[" + ", ".join(_written(each, line) for each in value) + "]"
        case _:
            return json.dumps(value)


def _string(value: str, line: int) -> str:
    """A template as a quoted string. One that is not closed is refused, also where Terraform takes it as it stands."""
    try:
        pieces = list(templates.pieces(value, 0, len(value), quoted=False))
    except Unbalanced as error:
        raise Unreadable(str(error), line) from None
    written, position = "", 0
    for piece in pieces:
        if piece.kind == "text":
            written += _quoted(value[piece.start : piece.end])
            position = piece.end
        else:
            closed = value.index("}", piece.end) + 1
            written += value[position:closed]
            position = closed
    return f'"{written}"'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")


def _line(text: str, name: str) -> int:
    """Where `name` first stands as a string; the parser does not say."""
    found = text.find(json.dumps(name, ensure_ascii=False))
    return text.count("\n", 0, found) + 1 if found > 0 else 1
