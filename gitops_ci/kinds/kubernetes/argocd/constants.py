"""What an ApplicationSet that cannot be rendered deploys for certain: the paths in it, as far as they are constant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitops_ci.discover.snapshot import join
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.reading import revisions
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Reading, Repository

_OPEN = re.compile(r"\{\{|[*?\[]")
"""Where a text stops being constant: an expression of a template, or a pattern of a generator."""
_DEEPEST = 3


def of(by: Declared, repository: Repository, ours: Repositories) -> tuple[Reading, ...]:
    """What a set reads: its constant paths, all below the constant folders of others, and value files likewise.

    A path that begins with an expression is one of those that the set's git generators look at.
    """
    spec = values.mapping(by.manifest.value, "spec")
    generators = [*_generators(values.mappings(spec, "generators"), 0)]
    templates = [values.mapping(spec, "template"), *(values.mapping(each, "template") for _, each in generators)]
    looked = [path for kind, each in generators if kind == "git" for path in _looked_at(each)]
    found: dict[Reading, None] = {}
    for template in templates:
        several, one = values.mappings(template, "spec", "sources"), values.mapping(template, "spec", "source")
        for source in several or [one]:
            for path in _paths(source, repository, ours, looked):
                found.update(dict.fromkeys(_read(path, repository)))
    return tuple(found)


def _generators(given: list[dict[str, Any]], depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for generator in given if depth <= _DEEPEST else ():
        for kind, inner in generator.items():
            if isinstance(inner, dict):
                yield kind, inner
                yield from _generators(values.mappings(inner, "generators"), depth + 1)


def _looked_at(git: dict[str, Any]) -> Iterator[str]:
    for key in ("directories", "files"):
        for each in values.mappings(git, key):
            if each.get("exclude") is not True:
                yield values.text(each, "path")


def _paths(
    source: dict[str, Any], repository: Repository, ours: Repositories, looked: list[str]
) -> Iterator[str | None]:
    """The paths of one source; None for one of which nothing is constant."""
    url, revision = values.text(source, "repoURL"), values.text(source, "targetRevision")
    path = values.text(source, "path")
    is_here = "{{" in url or ours.has(url)
    if path and is_here and ("{{" in revision or revisions.is_current(revision, repository.snapshot)):
        own = _constant(path)
        yield from (own,) if own else map(_constant, looked)
    for each in values.texts(source, "helm", "valueFiles"):
        name, _, rest = each.partition("/")
        if name.startswith("$") or not name:
            yield _constant(rest)
        elif "{{" not in path and is_here and path:
            yield _constant(f"{path}/{each}")


def _constant(path: str) -> str | None:
    """A path, or the folders of it that are constant; None where there is none."""
    end = _OPEN.search(path)
    known = path if end is None else path[: end.start()].rpartition("/")[0]
    return join("", known.strip("/")) if known.strip("./") else None


def _read(path: str | None, repository: Repository) -> Iterator[Reading]:
    if path is None:
        return
    real = repository.snapshot.resolve(path) or path
    if not repository.snapshot.is_directory(real):
        yield from repository.through(path)
        return
    yield Reading(real, "tree", "direct")
    yield from repository.linked(path)
