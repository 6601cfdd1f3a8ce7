"""YAML as its values with the line of each, document by document; read as Kubernetes reads it, traps told by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml
from msgspec import Struct

from gitops_ci.policy.documents import yaml_scalars

MAX_DEPTH = 200
MAX_ALIASED = 100_000
"""Values that aliases may stand for in one file beside those that are written: a bomb has more."""

_INDENTED = re.compile(rf"^[ \t?:-]{{{MAX_DEPTH},}}", re.MULTILINE)

_ODD_SEPARATOR = re.compile(r"^---(?![ \t\r\n]|\Z)", re.MULTILINE)
_SAYING_SEPARATOR = re.compile(r"^---[ \t]+(?![#\s])", re.MULTILINE)
_NO_TAG = re.compile(r"(?:&\S+\s+)?!\s")

_TAGGED_MERGE, _SET = f"{yaml_scalars.TAG}merge", f"{yaml_scalars.TAG}set"
_SHORT = 64  # characters of a key that is remembered
_PLAIN, _BARE, _MERGE = "plain", "!", "<<"
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parser):  # type: ignore[misc]  # of C where that is there
    """Composes nodes, and leaves it to us what a word without a tag means."""

    def resolve(self, kind: type[yaml.Node], _: Any, implicit: Any) -> str:
        return _PLAIN if kind is yaml.ScalarNode and implicit[0] else _BARE


class _Redefining(yaml.composer.Composer, _Loader):
    """Lets an anchor be there twice, as YAML 1.2 has it and Kubernetes reads it; libyaml's own composer does not."""

    def __init__(self, text: str) -> None:
        _Parser.__init__(self, text)
        yaml.composer.Composer.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if not self.check_event(yaml.AliasEvent):
            self.anchors.pop(self.peek_event().anchor, None)
        return super().compose_node(parent, index)


_ANCHOR = re.compile(r"(?:^|[\s\[{,])&([^\s,\[\]{}]+)")


def _loader(text: str) -> Any:
    """The fast one, unless an anchor may be there twice."""
    names = _ANCHOR.findall(text) if "&" in text else []
    return _Loader(text) if len(names) == len(set(names)) else _Redefining(text)


Place = tuple[str | int, ...]
"""The keys and indices that lead to a value."""


class YamlProblem(Exception):
    """Why a file, or the rest of one, cannot be read; the line counts from one.

    `everywhere` says that Kubernetes cannot read it either: then nothing of it is deployed as it is.
    """

    def __init__(self, line: int, message: str, *, everywhere: bool = False) -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.everywhere = everywhere


class Document(Struct, frozen=True):
    """One document: its value, the line it begins in, the line of each value, and keys that are there twice.

    `doubts` are lines that kubectl and kustomize do not read alike, and why: what such a document is to Kubernetes
    depends on who applies it.
    """

    value: Any
    line: int
    lines: Mapping[Place, int]
    duplicates: tuple[tuple[Place, int], ...] = ()
    doubts: tuple[tuple[int, str], ...] = ()

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
    odd = _ODD_SEPARATOR.search(text)
    if odd is not None:
        raise YamlProblem(text.count("\n", 0, odd.start()) + 1, "a line that begins with --- and is no separator")
    saying = _SAYING_SEPARATOR.search(text)
    told = (
        () if saying is None else ((text.count("\n", 0, saying.start()) + 1, "a separator with something behind it"),)
    )
    try:
        if text.count("[") + text.count("{") >= MAX_DEPTH or _INDENTED.search(text) is not None:
            _bound(text)
        loader = _loader(text)
        while loader.check_node():
            root = loader.get_node()
            if told and isinstance(root, yaml.ScalarNode):
                raise YamlProblem(_line(root), "a text behind ---, where others see a document")
            walk = _Walk(text)
            value = None if root is None else walk.into(root, ())
            if value is not None:
                doubts = tuple(dict.fromkeys((*told, *walk.doubts)))
                yield Document(value, _line(root), walk.lines, tuple(walk.duplicates), doubts)
    except yaml.YAMLError as error:
        raise _problem(error, text) from None
    except (RecursionError, ValueError) as error:
        raise YamlProblem(1, f"not valid YAML: {type(error).__name__}") from None


def _bound(text: str) -> None:
    """Refuses what would take the stack: libyaml's composer recurses without a limit."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise YamlProblem(1, "nested too deeply")


class _Walk:
    """Makes the value of a node, and notes the line of every value and what is in doubt."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.lines: dict[Place, int] = {}
        self.duplicates: list[tuple[Place, int]] = []
        self.doubts: list[tuple[int, str]] = []
        self._seen: set[int] = set()
        self._aliased = self._depth = 0

    def into(self, node: yaml.Node, place: Place) -> Any:
        if self._depth > MAX_DEPTH:
            raise YamlProblem(_line(node), "nested too deeply, or an alias that contains itself")
        if id(node) in self._seen:
            self._aliased += 1
            if self._aliased > MAX_ALIASED:
                raise YamlProblem(_line(node), "the aliases stand for too much")
        self._seen.add(id(node))
        if place not in self.lines:
            self.lines[place] = _line(node)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._depth += 1
        value: Any = None
        if isinstance(node, yaml.SequenceNode):
            value = [self.into(item, (*place, index)) for index, item in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            value = self._mapping(node, place)
            if node.tag == _SET:
                self._doubt(node, "a set, which kubectl and kustomize do not give the same values")
        self._depth -= 1
        return value

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        try:
            if node.tag == _PLAIN and not node.style:
                value, doubt = yaml_scalars.plain(text)
                if not isinstance(value, str) and self._is_bare(node):
                    value, doubt = text, "`!` before a word that kustomize takes for no text"
            elif node.tag in (_PLAIN, _BARE):
                value, doubt = text, None
            else:
                value, doubt = yaml_scalars.tagged(node.tag, text)
        except ValueError as error:
            raise YamlProblem(_line(node), str(error)) from None
        if doubt is not None:
            self._doubt(node, doubt)
        return value

    def _is_bare(self, node: yaml.ScalarNode) -> bool:
        """Whether `!` alone stands before a word: the parser keeps that to itself."""
        start = node.start_mark.index
        return self._text[start : start + 1] in ("!", "&") and _NO_TAG.match(self._text, start) is not None

    def _doubt(self, node: yaml.Node, why: str) -> None:
        self.doubts.append((_line(node), why))

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        """As kubectl has it: what is written later wins, be it a key or what `<<` brings.

        Keys come first all the same, so that it is their lines that count.
        """
        names: set[str] = set()
        pairs = [None if _is_merge(key) else self._pair(key, value, place, names) for key, value in node.value]
        found: dict[str, Any] = {}
        merges = 0
        for (key, value), pair in zip(node.value, pairs, strict=True):
            if pair is not None:
                found[pair[0]] = pair[1]
                continue
            merged = self._merged(value, place)
            if merges or not found.keys().isdisjoint(merged):
                self._doubt(key, "kubectl and kustomize differ in what << brings here: have one <<, before all keys")
            merges += 1
            found.update(merged)
        return found

    def _pair(self, key: yaml.Node, value: yaml.Node, place: Place, names: set[str]) -> tuple[str, Any]:
        name = self._key(key)
        if name in names:
            self.duplicates.append(((*place, name), _line(key)))
            self._doubt(key, "a key that is there twice")
        names.add(name)
        where = (*place, name)
        self.lines.setdefault(where, _line(key))
        return name, self.into(value, where)

    def _merged(self, node: yaml.Node, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in node.value if isinstance(node, yaml.SequenceNode) else (node,):
            if not isinstance(each, yaml.MappingNode):
                raise YamlProblem(_line(each), "<< of something that is no mapping")
            found = self.into(each, place) | found  # the first one wins
        return found

    def _key(self, key: yaml.Node) -> str:
        """A key as it is written; one that kubectl makes something else of is in doubt."""
        if not isinstance(key, yaml.ScalarNode):
            raise YamlProblem(_line(key), "a key that is no single word", everywhere=True)
        if key.tag == _PLAIN and not key.style and _is_word(key.value):
            return str(key.value)
        before = len(self.doubts)
        value = self._scalar(key)
        del self.doubts[before:]
        text = value if isinstance(value, str) else str(key.value)
        if yaml_scalars.key(value) != text or text == _MERGE or key.tag == _TAGGED_MERGE:
            self._doubt(key, "a key that is another one to kubectl or kustomize: quote it")
        return text


def _is_merge(key: yaml.Node) -> bool:
    if not isinstance(key, yaml.ScalarNode) or key.value != _MERGE:
        return False
    return not key.style if key.tag in (_PLAIN, _BARE) else key.tag == _TAGGED_MERGE


@lru_cache(maxsize=4096)
def _is_word(text: str) -> bool:
    """Whether a plain key is a text to everybody: nearly all are."""
    return text[:1].isalpha() and len(text) <= _SHORT and isinstance(yaml_scalars.plain(text)[0], str)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _problem(error: yaml.YAMLError, text: str) -> YamlProblem:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if isinstance(error, yaml.MarkedYAMLError) and mark is not None:
        said = ", ".join(filter(None, (error.context, error.problem)))
        # a document alone is what kubectl reads, and JSON it reads by JSON's own rules
        is_syntax = isinstance(error, yaml.scanner.ScannerError | yaml.parser.ParserError)
        everywhere = is_syntax and "<document start>" not in said and not text.lstrip().startswith("{")
        line = mark.line + 1
        return YamlProblem(line, f"not valid YAML at column {mark.column + 1}: {said}", everywhere=everywhere)
    return YamlProblem(1, f"not valid YAML: {getattr(error, 'reason', 'it cannot be read')}")
