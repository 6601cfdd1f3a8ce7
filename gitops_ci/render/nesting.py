"""Attributes whose paths begin alike as blocks, so that a long prefix is read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from gitops_ci.model.plan import Attribute

_PART = re.compile(r'\.?[^.\[\]]+|\.?\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]|.', re.DOTALL)
_OF_ONE_SIDE = re.compile(r"\[[+-](\d+)\]")
"""An element that only one side has: the sign before the line says which."""
_LONGEST = 300
_DEEPEST = 16
_FEW = 2
_LONG_PREFIX = 24
"""A block's line is worth it for more than two attributes, or for two with a prefix of this length."""


class Block(Struct, frozen=True):
    """A common beginning of paths and what stands below it, with the rest of each path as its name."""

    path: str
    entries: tuple[Attribute | Block, ...]

    def attributes(self) -> Iterator[Attribute]:
        """Everything below, at any depth."""
        for entry in self.entries:
            if isinstance(entry, Block):
                yield from entry.attributes()
            else:
                yield entry


class _Node(Struct):
    own: list[Attribute] = []
    below: dict[str, _Node] = {}
    count: int = 0


def parts(path: str) -> list[str]:
    """Any text as the parts of a path, which joined are the text: `a[0]["b.c"].d` is `a`, `[0]`, `["b.c"]`, `.d`."""
    if len(path) > _LONGEST or not path:
        return [path]
    found = [match[0] for match in _PART.finditer(path)]
    return found if len(found) <= _DEEPEST else [*found[: _DEEPEST - 1], "".join(found[_DEEPEST - 1 :])]


def nested(attributes: Sequence[Attribute]) -> tuple[Attribute | Block, ...]:
    """The attributes, named by the rest of their paths, within blocks; each where the first of its block stands."""
    root = _Node()
    for each in attributes:
        node = root
        for part in parts(each.path):
            node.count += 1
            node = node.below.setdefault(part, _Node())
        node.own.append(each)
        node.count += 1
    return tuple(_entries(root, ""))


def _entries(node: _Node, prefix: str) -> Iterator[Attribute | Block]:
    for part, child in node.below.items():
        path = prefix + _OF_ONE_SIDE.sub(r"[\1]", part if prefix else part.removeprefix("."))
        yield from (structs.replace(each, path=path) for each in child.own)
        rest = child.count - len(child.own)
        if not rest:
            continue
        if len(child.below) > 1 and (rest > _FEW or len(path) >= _LONG_PREFIX):
            yield Block(path, tuple(_entries(child, "")))
        else:
            yield from _entries(child, path)
