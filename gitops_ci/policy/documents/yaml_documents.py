"""YAML as its values with the line of each, document by document; read as Kubernetes reads it, traps told by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from msgspec import Struct

MAX_DEPTH = 200
MAX_ALIASED = 100_000
"""Values that aliases may stand for in one file beside those that are written: a bomb has more."""

_INDENTED = re.compile(rf"^[ \t?:-]{{{MAX_DEPTH},}}", re.MULTILINE)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"
_AS_TEXT = frozenset({_TAG + "timestamp", _TAG + "value", _TAG + "binary"})
"""What YAML 1.1 has a type for and Kubernetes takes as text."""

Place = tuple[str | int, ...]
"""The keys and indices that lead to a value."""


class YamlProblem(Exception):
    """Why a file, or the rest of one, cannot be read; the line counts from one."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Document(Struct, frozen=True):
    """One document: its value, the line it begins in, the line of each value, and keys that are there twice."""

    value: Any
    line: int
    lines: Mapping[Place, int]
    duplicates: tuple[tuple[Place, int], ...] = ()

    def line_of(self, place: Place) -> int:
        """The line of a value, or of the nearest one around it that is written."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return self.line


def documents(content: bytes) -> Iterator[Document]:
    """The documents of a file that are not empty, in order; `---` separates them.

    Raises YamlProblem at the first that cannot be read, after those before it were given.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlProblem(line, f"not UTF-8: the byte 0x{content[error.start]:02x}") from None
    try:
        if text.count("[") + text.count("{") >= MAX_DEPTH or _INDENTED.search(text) is not None:
            _bound(text)
        loader = _Loader(text)
        while loader.check_node():
            root = loader.get_node()
            if root is not None and root.tag != _TAG + "null":
                yield _document(loader, root)
    except yaml.YAMLError as error:
        raise _problem(error) from None
    except (RecursionError, ValueError) as error:
        raise YamlProblem(1, f"not valid YAML: {type(error).__name__}") from None


def _bound(text: str) -> None:
    """Refuses what would take the stack: libyaml's composer recurses without a limit."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise YamlProblem(1, "nested too deeply")


def _document(loader: Any, root: yaml.Node) -> Document:
    walk = _Walk()
    walk.into(root, ())
    value = loader.construct_document(root)
    return Document(value, root.start_mark.line + 1, walk.lines, tuple(walk.duplicates))


class _Walk:
    """Notes the line of every value and settles how odd scalars are read."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.duplicates: list[tuple[Place, int]] = []
        self._seen: set[int] = set()
        self._aliased = 0

    def into(self, node: yaml.Node, place: Place) -> None:
        if len(place) > MAX_DEPTH:
            raise YamlProblem(node.start_mark.line + 1, "nested too deeply, or an alias that contains itself")
        if id(node) in self._seen:
            self._aliased += 1
            if self._aliased > MAX_ALIASED:
                raise YamlProblem(node.start_mark.line + 1, "the aliases stand for too much")
        self._seen.add(id(node))
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            _settle(node)
        elif isinstance(node, yaml.SequenceNode):
            node.tag = _TAG + "seq"
            for index, item in enumerate(node.value):
                self.into(item, (*place, index))
        elif isinstance(node, yaml.MappingNode):
            node.tag = _TAG + "map"
            self._mapping(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> None:
        known: set[str] = set()
        for key, value in sorted(node.value, key=lambda pair: pair[0].tag == _MERGE):  # its own keys win
            if key.tag == _MERGE:
                for each in value.value if isinstance(value, yaml.SequenceNode) else (value,):
                    self.into(each, place)
                continue
            name = self._key(key)
            where = (*place, name)
            if name in known:
                self.duplicates.append((where, key.start_mark.line + 1))
            known.add(name)
            self.lines.setdefault(where, key.start_mark.line + 1)
            self.into(value, where)

    @staticmethod
    def _key(key: yaml.Node) -> str:
        """Keys are text in JSON, whatever YAML makes of `on` or `1`."""
        if not isinstance(key, yaml.ScalarNode):
            raise YamlProblem(key.start_mark.line + 1, "a key that is no single word")
        key.tag = _TAG + "str"
        return str(key.value)


def _settle(node: yaml.ScalarNode) -> None:
    if node.tag in _AS_TEXT or not node.tag.startswith(_TAG):  # `!Ref` and the like: what is written
        node.tag = _TAG + "str"


def _problem(error: yaml.YAMLError) -> YamlProblem:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if isinstance(error, yaml.MarkedYAMLError) and mark is not None:
        said = ", ".join(filter(None, (error.context, error.problem)))
        return YamlProblem(mark.line + 1, f"not valid YAML at column {mark.column + 1}: {said}")
    return YamlProblem(1, f"not valid YAML: {getattr(error, 'reason', 'it cannot be read')}")
