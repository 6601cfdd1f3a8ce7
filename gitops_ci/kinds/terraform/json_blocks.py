"""The structure of a file in Terraform's JSON syntax, as the same blocks that native syntax gives.

https://developer.hashicorp.com/terraform/language/syntax/json: what is a block and how many labels it has follows from
where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gitops_ci.kinds.terraform.blocks import MAX_DEPTH, Attribute, Block, Body, Unreadable

_LABELS = {
    "": {
        "terraform": 0, "provider": 1, "resource": 2, "data": 2, "ephemeral": 2, "action": 2, "list": 2, "module": 1,
        "variable": 1, "output": 1, "locals": 0, "moved": 0, "import": 0, "removed": 0, "check": 1,
    },
    "terraform": {
        "backend": 1, "cloud": 0, "required_providers": 0, "provider_meta": 1, "state_store": 1, "encryption": 0,
    },
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
        document = json.loads(text, object_pairs_hook=_Object)
    except (ValueError, RecursionError) as error:
        raise Unreadable("is not valid JSON", getattr(error, "lineno", None)) from None
    bodies = document if isinstance(document, list) else [document]
    if not all(isinstance(each, _Object) for each in bodies):
        raise Unreadable("is not a JSON object", 1)
    return _body(_Object(item for each in bodies for item in each), "", text, 0)


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
            attributes.append(Attribute(name, _written(value), _line(text, name)))
    return Body(tuple(attributes), tuple(blocks))


def _blocks(type: str, labels: tuple[str, ...], left: int, value: Any, text: str, depth: int) -> Iterator[Block]:
    """The blocks that a property stands for: an object or a list of objects at each label."""
    for each in _listed(value):
        if left and isinstance(each, _Object):
            for label, inner in each:
                if label != "//":
                    yield from _blocks(type, (*labels, label), left - 1, inner, text, depth)
        elif isinstance(each, _Object):
            line = _line(text, labels[-1] if labels else type)
            yield Block(type, labels, line, _body(each, type, text, depth + 1))
        elif each is not None:
            raise Unreadable(f"has a {type} that is no object", _line(text, type))


def _listed(value: Any) -> Iterator[Any]:
    """A block's value; lists inside of lists are one list."""
    if isinstance(value, list):
        for each in value:
            yield from _listed(each)
    else:
        yield value


def _written(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, _Object):
        return {key: _plain(inner) for key, inner in value}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _line(text: str, name: str) -> int:
    """Where `name` first stands as a string; the parser does not say."""
    found = text.find(json.dumps(name, ensure_ascii=False))
    return text.count("\n", 0, found) + 1 if found > 0 else 1
