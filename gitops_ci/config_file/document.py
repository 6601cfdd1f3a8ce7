"""From bytes to plain values with the line of each key: YAML, with its traps refused by name."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

MAX_BYTES = 1 << 20
MAX_VALUES = 50_000
MAX_DEPTH = 40
MAX_ALIASES = 100

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]*)?(?:[eE][-+]?[0-9]{1,3})?")
_ADVICE = {"\t": " (a tab: indent with spaces)", "@": " (put it in quotes)", "`": " (put it in quotes)"}
_DATES = (("until",), ("from",), ("to",))
"""Keys whose dates are taken as written."""
_UNPRINTABLE = "expected one line without control characters"

Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """What is wrong at a key: the line counts from one; an empty path is the file itself."""

    line: int
    path: Path
    text: str


class Refused(Exception):  # never leaves this package
    """Nothing more can be found out about the file."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(line, (), text)


def decoded(content: bytes) -> str:
    """The file as text; raises Refused where it is too large or not UTF-8."""
    if len(content) > MAX_BYTES:
        raise Refused(1, "expected at most 1 MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refused(line, f"expected UTF-8, found the byte 0x{content[error.start]:02x}") from None


class Document:
    """The file's values (`data`), the line of each key, and what is wrong with it as YAML (`problems`)."""

    def __init__(self, text: str) -> None:
        """Raises Refused where `text` is not YAML, or more than a configuration can be."""
        self.problems: list[Problem] = []
        self.data: Any = None
        self._lines: dict[Path, int] = {}
        self._values = 0
        try:
            _bound(text)
            loader = _Loader(text)
            root = loader.get_single_node()
            self.empty = root is None or root.tag == _TAG + "null"
            if not self.empty:
                self._lines[()] = root.start_mark.line + 1
                self._walk(root, ())
                self.data = loader.construct_document(root)
        except yaml.YAMLError as error:
            raise _not_yaml(error, text) from None

    def at(self, path: Path, text: str) -> Problem:
        """A problem at a key, or at the nearest one around it that is written in the file."""
        known = (path[:length] for length in range(len(path), -1, -1) if path[:length] in self._lines)
        return Problem(self._lines[next(known)], path, text)

    def _walk(self, node: yaml.Node, path: Path) -> None:
        """Notes the line of every key; aliases are followed as if written out, so what they cost is bounded here."""
        self._values += 1
        if len(path) > MAX_DEPTH or self._values > MAX_VALUES:
            raise Refused(node.start_mark.line + 1, "an alias contains itself, or the aliases stand for too much")
        if isinstance(node, yaml.ScalarNode):
            self._scalar(node, path)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._lines[*path, index] = item.start_mark.line + 1
                self._walk(item, (*path, index))
        elif isinstance(node, yaml.MappingNode):
            self._mapping(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> None:
        """Merged keys first, so that the lines of the mapping's own keys win, as their values do."""
        seen: dict[str, int] = {}
        for key, value in sorted(node.value, key=lambda pair: pair[0].tag != _MERGE):
            if not isinstance(key, yaml.ScalarNode):
                raise Refused(key.start_mark.line + 1, "expected a key that is a single word")
            where = path if key.tag == _MERGE else (*path, self._key(key, path, seen))
            self._walk(value, where)

    def _key(self, key: yaml.ScalarNode, path: Path, seen: dict[str, int]) -> str:
        name, where, line = str(key.value), (*path, key.value), key.start_mark.line + 1
        is_a_key_of_ours = name == "on" and path[:2] == ("policy", "rego")
        if key.tag != _TAG + "str" and not is_a_key_of_ours:
            self.problems.append(Problem(line, where, "YAML reads this key as something else than text: quote it"))
        key.tag = _TAG + "str"
        if not name.isprintable():
            self.problems.append(Problem(line, where, _UNPRINTABLE))
        if name in seen:
            self.problems.append(Problem(line, where, f"is there twice: first in line {seen[name]}"))
        self._lines[where] = seen[name] = line
        return name

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> None:
        """Settles how a word without quotes is read: YAML 1.1 has more numbers and dates than anyone expects.

        `off` is what a severity may be, so it is taken as written wherever below `policy.severity`; the same with the
        dates of a waiver's `until` and of a freeze's `from` and `to`, and with what a rule of the gate may be.
        """
        tag = node.tag.removeprefix(_TAG)
        if tag == "timestamp" and path[-1:] not in _DATES:
            self.problems.append(self.at(path, "expected text, found a date: put it in quotes"))
        odd_number = tag in ("int", "float") and node.value[-1:] not in "fFnN" and not _NUMBER.fullmatch(node.value)
        off = node.value == "off" and (path[:2] == ("policy", "severity") or path[-2:-1] == ("gate",))
        if tag in ("timestamp", "value", "merge") or odd_number or off:
            node.tag = _TAG + "str"
        if not node.value.isprintable():
            self.problems.append(self.at(path, _UNPRINTABLE))


def _bound(text: str) -> None:
    """Refuses what would take the memory or the stack of the composer: libyaml's recurses without a limit."""
    depth = aliases = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > MAX_DEPTH or count > MAX_VALUES or aliases > MAX_ALIASES:
            raise Refused(line, f"expected at most {MAX_DEPTH} levels, {MAX_VALUES} values and {MAX_ALIASES} aliases")
        if getattr(event, "tag", None) is not None:
            raise Refused(line, "expected plain values: tags such as !!int or !secret are not read")


def _not_yaml(error: yaml.YAMLError, text: str) -> Refused:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if isinstance(error, yaml.MarkedYAMLError) and mark is not None:
        line, column = mark.line, mark.column
        advice = _ADVICE.get("".join(text.split("\n")[line : line + 1])[column : column + 1], "")
        said = ", ".join(filter(None, (error.context, error.problem)))
        return Refused(line + 1, f"not valid YAML at column {column + 1}: {said}{advice}")
    line = text.encode()[: getattr(error, "position", 0)].count(b"\n") + 1
    return Refused(line, f"not valid YAML: {getattr(error, 'reason', 'it cannot be read')}")
