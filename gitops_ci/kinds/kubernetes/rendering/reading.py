"""Objects out of YAML: what a renderer wrote, or a file of manifests, document by document; Lists are opened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.kubernetes.objects import Gap, Identity, Object
from gitops_ci.kinds.kubernetes.rendering import scopes
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import Document, YamlProblem

_SEPARATOR = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)
_SOURCE = re.compile(r"^# Source: (\S.*)$", re.MULTILINE)
_REMEMBERED = 1 << 16  # characters of a document up to which the same text is read once a run
_DEEPEST = 8
"""Lists within Lists that are opened."""


class Piece(Struct, frozen=True):
    """One document of a rendering: its value, or why it cannot be read, and Helm's `# Source:`."""

    value: Any
    source: str = ""
    problem: str = ""


class First(Struct, frozen=True):
    """The first document of a file; None where it cannot be read."""

    value: Any = None


def first(content: bytes) -> First:
    """The first document of a file, for what reads one only."""
    try:
        document = next(yaml_documents.documents(content), None)
    except YamlProblem:
        return First()
    return First(None if document is None else document.value)


def pieces(text: str) -> Iterator[Piece]:
    """The documents of a rendering that are not empty; of several of one template only the first may name it."""
    source = ""
    for chunk in _SEPARATOR.split(text):
        if not chunk.strip():
            continue
        named = _SOURCE.search(chunk)
        source = named[1].strip() if named else source
        read = _remembered if len(chunk) <= _REMEMBERED else _read
        values, problem = read(chunk)
        yield from (Piece(value, source) for value in values)
        if problem:
            yield Piece(None, source, problem)


def _read(text: str) -> tuple[tuple[Any, ...], str]:
    values: list[Any] = []
    try:
        values += [document.value for document in yaml_documents.documents(text.encode("utf-8", "replace"))]
    except YamlProblem as problem:
        return tuple(values), problem.message
    return tuple(values), ""


_remembered = lru_cache(maxsize=4096)(_read)


def of_file(content: bytes, path: str, namespace: str) -> Iterator[Object | Gap]:
    """The objects of a file of manifests, each with its line; what comes after a mistake is missing, and told."""
    try:
        for document in yaml_documents.documents(content):
            yield from _in_document(document, path, namespace)
    except YamlProblem as problem:
        yield Gap(code="invalid", message=f"{path} cannot be read: {problem.message}", path=path, line=problem.line)


def _in_document(document: Document, path: str, namespace: str) -> Iterator[Object | Gap]:
    for value, place in opened(document.value):
        made = of(value, namespace, path=path, line=document.line_of(place))
        yield made


def opened(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    """A document, or the items of the List that it is, each with the place in the document."""
    items = value.get("items") if isinstance(value, Mapping) else None
    is_list = isinstance(items, list) and str(value.get("kind", "")).endswith("List") and "metadata" not in place
    if not is_list or len(place) > _DEEPEST or not isinstance(items, list):
        yield value, place
        return
    for index, item in enumerate(items):
        yield from opened(item, (*place, "items", index))


def of(value: Any, namespace: str, *, path: str | None = None, line: int | None = None) -> Object | Gap:
    """The object that a value is. `namespace` is where one goes that names none, but may."""
    lacks = lacking(value)
    if lacks:
        return Gap(code="invalid", message=f"no Kubernetes object: {lacks}", path=path, line=line)
    api_version, kind, metadata = value["apiVersion"], value["kind"], value["metadata"]
    group = api_version.rpartition("/")[0]
    name = metadata.get("name") or f"{metadata.get('generateName')}*"
    scope = scopes.is_namespaced(group, kind)
    given = metadata.get("namespace")
    within = given if isinstance(given, str) and given else namespace if scope else ""
    identity = Identity(group, kind, "" if scope is False else within, str(name))
    return Object(identity=identity, api_version=api_version, value=value, path=path, line=line)


def lacking(value: Any) -> str:
    """Why a value is no object of Kubernetes; empty where it is one."""
    if not isinstance(value, Mapping):
        return f"{_article(value)} where a mapping is expected"
    for key in ("apiVersion", "kind"):
        if not isinstance(value.get(key), str) or not value[key]:
            return f"{key} is missing" if value.get(key) is None else f"{key} is no text"
    metadata = value.get("metadata")
    if not isinstance(metadata, Mapping):
        return "metadata is missing"
    if not (metadata.get("name") or metadata.get("generateName")):
        return "metadata.name is missing"
    return ""


def _article(value: Any) -> str:
    return "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "a plain value"
