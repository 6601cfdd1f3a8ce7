"""YAML and JSON files: parsed where a name or a kind in them asks for it, else read as text."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Any

import msgspec

from gitops_ci.patterns import later
from gitops_ci.policy.secrets import found, judging, kubernetes, text
from gitops_ci.policy.secrets.found import Found

_SEPARATOR = later(r"^---(?=\s|$)", re.MULTILINE)
_ASKS = later(r"\b(?:Sealed)?Secret(?:List)?\b|\bsecretGenerator\b|\bsops\b|\bauths\b")
_ESCAPED = later(r"\\(?:[xuU]|\r?\n)|binary")
"""How a word may be written so that its letters are nowhere in the file."""
_PARSED = 1_000_000  # characters of one document: a parser takes seconds for more
_SCHEMA = later(r"^kind: CustomResourceDefinition\s*$", re.MULTILINE)
"""Thousands of lines of prose and types, in which nothing is given to anybody."""
_TELLING = ("\n", "=", ":", " ")


def yaml(content: str) -> Iterator[Found]:
    """The secrets of a YAML file; what cannot be parsed (a template) is searched as text."""
    yield from text.by_form(content, judging.CONFIG)
    lowered = text.lower(content)
    is_named = text.names_any(lowered)
    at, line = 0, 1
    for position in (*(match.start() for match in _SEPARATOR.finditer(content)), len(content)):
        asks = is_named and (_ASKS.search(content, at, position) or text.asks_for_parsing(lowered, at, position))
        if asks or _ESCAPED.search(content, at, position) is not None:
            yield from _document(content[at:position], line)
        line += content.count("\n", at, position)
        at = position


def _document(part: str, first: int) -> Iterator[Found]:
    from gitops_ci.policy.documents import yaml_documents

    if _SCHEMA.search(part) is not None or len(part) > _PARSED:
        yield from text.by_name(part, judging.CODE if len(part) <= _PARSED else judging.CONFIG, first=first)
        return
    try:
        documents = tuple(yaml_documents.documents(part.encode("utf-8", "replace")))
    except yaml_documents.YamlProblem:
        yield from text.by_name(part, judging.CONFIG, first=first)
        return
    for document in documents:
        told: set[kubernetes.Place] = set()
        for literal in kubernetes.secrets_in(document.value):
            told.add(literal.place)
            line = first - 1 + document.line_of(literal.place)
            yield found.make(literal.rule, literal.name, line, literal.value)
        for place, leaf in _leaves(document.value, told):
            line = first - 1 + document.line_of(place) + ("\n" in leaf)
            yield from text.by_name(leaf, judging.CONFIG, first=line)
    yield from _comments(part, first)


def _comments(part: str, first: int) -> Iterator[Found]:
    """What is commented out is in clear as well."""
    if "#" in part:
        lines = (line.lstrip() for line in part.split("\n"))
        kept = "\n".join(line.lstrip("# \t") if line.startswith("#") else "" for line in lines)
        yield from text.by_name(kept, judging.CONFIG, first=first)


def json(content: str) -> Iterator[Found]:
    """The secrets of a JSON file, one document or one a line; what cannot be parsed is searched as text."""
    yield from text.by_form(content, judging.QUOTED)
    if not text.names_any(content.lower()) and _ESCAPED.search(content) is None:
        return
    try:
        value = msgspec.json.decode(content.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        value = None
    if value is None or kubernetes.is_too_deep(value):
        yield from text.by_name(content, judging.QUOTED)
        return
    lines, seen = text.Lines(content), dict[str, int]()
    told: set[kubernetes.Place] = set()
    for literal in kubernetes.secrets_in(value):
        told.add(literal.place)
        yield found.make(literal.rule, literal.name, lines.at(_position(content, literal, seen)), literal.value)
    for _, leaf in _leaves(value, told):  # command lines, user data
        for each in text.by_name(leaf, judging.CONFIG):
            at = content.find(msgspec.json.encode(leaf).decode())
            yield msgspec.structs.replace(each, line=lines.at(max(at, 0)))


def _position(content: str, literal: kubernetes.Literal, seen: dict[str, int]) -> int:
    """Where a value stands; the same one again is looked for behind the last."""
    written = msgspec.json.encode(literal.value).decode()
    at = content.find(written, seen.get(written, 0))
    if at < 0:
        at = max(content.find(f'"{literal.place[-1]}"' if literal.place else ""), 0)
    seen[written] = at + 1
    return at


def _leaves(value: Any, told: Container[kubernetes.Place]) -> Iterator[tuple[kubernetes.Place, str]]:
    """The texts in which something could be given to a name, with their places; not those that are `told`."""
    pending: list[tuple[kubernetes.Place, Any]] = [((), value)]
    while pending:
        at, current = pending.pop()
        if isinstance(current, dict):
            pending.extend(((*at, key), inner) for key, inner in reversed(current.items()))
        elif isinstance(current, list):
            pending.extend(((*at, index), inner) for index, inner in reversed([*enumerate(current)]))
        elif isinstance(current, str) and at not in told and any(sign in current for sign in _TELLING):
            yield at, current
