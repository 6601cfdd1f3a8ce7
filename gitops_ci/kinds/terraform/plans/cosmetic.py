"""Whether two texts mean the same: JSON or YAML written otherwise, or only their line endings differ.

Conservative, as white space can matter: what is not known to be without meaning is a change.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

_LONGEST = 1_000_000  # characters that are read as JSON; a tenth of that as YAML, which is read much more slowly

_STYLE = str.maketrans("", "", " \t\r\n\"'{}[],-|>")


def means_the_same(before: str, after: str) -> bool:
    """True for different texts of the same meaning: three cases, nothing else.

    - Both are JSON objects or lists with the same content; the order of keys and the white space between may differ.
    - Both are YAML mappings or lists with the same nodes (the tags and the very text of each scalar), the same comment
      lines, no alias; the order of keys, indentation, quoting and flow style may differ.
    - Both are the same lines, two or more, with another line ending (CRLF) or other white space after the last; not
      in scripts (`#!`), where a carriage return changes what runs.
    """
    if before == after or min(len(before), len(after)) < 2 or max(len(before), len(after)) > _LONGEST:
        return False
    if before.lstrip()[:1] in ("{", "[") and after.lstrip()[:1] in ("{", "["):
        return _same_json(before, after)
    if "\n" not in before.strip() or "\n" not in after.strip():
        return False
    if before.replace("\r\n", "\n").rstrip() == after.replace("\r\n", "\n").rstrip():
        return not before.startswith("#!")
    return max(len(before), len(after)) <= _LONGEST // 10 and _same_yaml(before, after)


def _same_json(before: str, after: str) -> bool:
    try:
        return _read(before) == _read(after)
    except (ValueError, RecursionError):
        return False


class _Number(str):
    """A number as it is written, equal to no text; `1` and `1.0` differ."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return type(other) is _Number and str.__eq__(self, other)


def _read(text: str) -> object:
    return json.loads(text, object_pairs_hook=_unique, parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key is there twice: which of the two counts is the reader's choice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _same_yaml(before: str, after: str) -> bool:
    if len(before.translate(_STYLE)) != len(after.translate(_STYLE)) or _letters(before) != _letters(after):
        return False
    if _comments(before) != _comments(after) or "*" in before:
        return False
    import yaml  # only where two texts are nearly equal, and it loads slowly

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        nodes = [list(yaml.compose_all(text, Loader=loader)) for text in (before, after)]
        return bool(nodes[0]) and [_content(each) for each in nodes[0]] == [_content(each) for each in nodes[1]]
    except (yaml.YAMLError, ValueError, RecursionError):
        return False


def _letters(text: str) -> list[str]:
    """What only style cannot change."""
    return sorted(text.translate(_STYLE))


def _comments(text: str) -> Counter[str]:
    """Lines with a `#`, which may be a comment and may mean something (`#cloud-config`)."""
    return Counter(line.strip() for line in text.splitlines() if "#" in line)


def _content(node: Any) -> object:
    """A node as tags and texts; raises ValueError where it is no collection or has a key twice."""
    kind = type(node).__name__
    if kind == "ScalarNode":
        raise ValueError("a plain text: its white space is its own")
    return _below(node)


def _below(node: Any) -> object:
    match type(node).__name__:
        case "MappingNode":
            found = {repr(_below(key)): _below(value) for key, value in node.value}
            if len(found) < len(node.value):
                raise ValueError("a key is there twice")
            return node.tag, found
        case "SequenceNode":
            return node.tag, [_below(each) for each in node.value]
        case _:
            return node.tag, node.value
