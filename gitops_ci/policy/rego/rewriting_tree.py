"""Reads the embedded engine's syntax tree: nodes, their names, and where they are in the text (in bytes)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

QUOTED = ("String", "RawString")
REFERENCES = ("RefDot", "RefBrack")
_BARE = ("String", "RawString", "Number", "Bool", "Null", "Var")


def kind(node: Json) -> str:
    """What a node is: its one key."""
    return next(iter(node))


def inner(node: Json) -> Json:
    """What a node holds."""
    found: Json = next(iter(node.values()))
    return found


def is_node(value: Any) -> bool:
    """Whether a value of the tree is a node: one capital key."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value))[0].isupper()


def children(value: Any) -> Iterator[Json]:
    """The nodes right below."""
    if isinstance(value, dict):
        parts: Any = value.values()
    elif isinstance(value, list):
        parts = value
    else:
        return
    for part in parts:
        if is_node(part):
            yield part
        else:
            yield from children(part)


def nodes(value: Any) -> Iterator[Json]:
    """The nodes below, at any depth, and the value itself where it is one."""
    todo = [value]
    while todo:
        each = todo.pop()
        if is_node(each):
            yield each
            each = inner(each)
        todo += reversed(list(children(each)))


def queries(value: Any) -> Iterator[Json]:
    """The bodies below, outer ones first."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            if "stmts" in each:
                yield each
            todo += each.values()
        elif isinstance(each, list):
            todo += each


def dotted(ref: Json) -> tuple[str, ...]:
    """The parts of a reference that is constant; empty where it is not."""
    match ref:
        case {"Var": {"value": str(name)}}:
            return (name,)
        case {"RefDot": {"refr": before, "field": [_, name]}}:
            start = dotted(before)
            return (*start, name) if start else ()
        case {"RefBrack": {"refr": before, "index": {"String": {"value": name}} | {"RawString": {"value": name}}}}:
            start = dotted(before)
            return (*start, name) if start else ()
        case _:
            return ()


def prefix(ref: Json) -> tuple[str, ...]:
    """The constant parts that a reference begins with."""
    parts = dotted(ref)
    while not parts and kind(ref) in REFERENCES:
        ref = inner(ref)["refr"]
        parts = dotted(ref)
    return parts


def base(ref: Json) -> Json:
    """The term that a reference begins with."""
    while kind(ref) in REFERENCES:
        ref = inner(ref)["refr"]
    return ref


def line(node: Json) -> int:
    """The line of a node, from one."""
    found: int = inner(node)["span"]["line"]
    return found


def extent(node: Json, text: bytes) -> tuple[int, int]:
    """Where a node begins and ends; the tree leaves the quotes of strings out."""
    span = inner(node)["span"]
    start, end = span["start"], span["end"]
    below = list(nodes(node))
    strings = [inner(each)["span"] for each in below if kind(each) in QUOTED]
    if any(each["start"] == start for each in strings):
        start -= 1
    if any(each["end"] == end for each in strings) and text[end : end + 1] in (b'"', b"`"):
        end += 1
    return start, end


def heads(tree: Json) -> Iterator[tuple[str, Json, Json]]:
    """Each rule that is no default: what its head is (`Compr`, `Set`, `Func`), the head and the rule."""
    for rule in tree["rules"]:
        if "Spec" in rule:
            head = rule["Spec"]["head"]
            yield kind(head), inner(head), rule["Spec"]
