"""In which line of a file an object that was rendered from it begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.rendering import reading
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import Document, YamlProblem

Beginnings = tuple[tuple[str, str, int], ...]
"""Kind, name and line of each object of a file."""

_KIND = re.compile(r"[ \t]*kind:[ \t]*[\"']?(\w+)[\"']?\s*")


_GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


class Places:
    """The objects of a snapshot's files, each file looked at once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def line(self, path: str, value: Any) -> int | None:
        """Where in a file of manifests an object begins; a rendering may have put something around its name."""
        kind, name = _named(value)
        alike = [each for each in self._beginnings(path) if each[0] == kind]
        exact = [each for each in alike if each[1] == name]
        inside = [each for each in alike if each[1] and each[1] in name]
        chosen = exact or sorted(inside, key=lambda each: -len(each[1])) or alike
        return chosen[0][2] if chosen else None

    def line_in_template(self, path: str, value: Any) -> int | None:
        """Where a template of Helm writes an object of this kind, if it does so once in so many words."""
        kind, _ = _named(value)
        target = self._snapshot.resolve(path) or path
        lines = self._snapshot.facts((target,), _kinds).get(target, ())
        found = [line for written, line in lines if written == kind]
        return found[0] if len(found) == 1 else None

    def _beginnings(self, path: str) -> Beginnings:
        target = self._snapshot.resolve(path) or path
        return self._snapshot.facts((target,), _beginnings).get(target, ())


def _named(value: Any) -> tuple[str, str]:
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return str(value.get("kind", "")) if isinstance(value, Mapping) else "", str(name or "")


def _beginnings(content: bytes) -> Beginnings:
    found: list[tuple[str, str, int]] = []
    try:
        for document in yaml_documents.documents(content):
            found += _generated(document)
            for value, place in reading.opened(document.value):
                found.append((*_named(value), document.line_of(place)))  # what came before a mistake
    except YamlProblem:
        pass
    return tuple(found)


def _generated(document: Document) -> Iterator[tuple[str, str, int]]:
    """What a kustomization generates."""
    for key, kind in _GENERATORS.items():
        several = document.value.get(key) if isinstance(document.value, Mapping) else None
        for index, each in enumerate(several if isinstance(several, list) else ()):
            if isinstance(each, Mapping):
                yield kind, str(each.get("name", "")), document.line_of((key, index))


def _kinds(content: bytes) -> tuple[tuple[str, int], ...]:
    lines = content.decode("utf-8", "replace").split("\n")
    return tuple((match[1], number) for number, line in enumerate(lines, 1) if (match := _KIND.fullmatch(line)))
