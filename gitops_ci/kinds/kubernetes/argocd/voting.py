"""What Applications and ApplicationSets say about which address is this repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import globs, values
from gitops_ci.kinds.kubernetes.reading.manifests import Declared


def votes(objects: tuple[Declared, ...], snapshot: Snapshot) -> Iterator[tuple[str, bool]]:
    """Addresses, each with whether a path that is asked of it is here; paths that say nothing are left out."""
    for each in objects:
        spec = values.mapping(each.manifest.value, "spec")
        if each.kind == "Application":
            yield from _of_sources(spec, snapshot)
        elif each.kind == "ApplicationSet":
            yield from _of_sources(values.mapping(spec, "template", "spec"), snapshot)
            yield from _of_generators(values.mappings(spec, "generators"), snapshot, depth=0)


def generated(specs: Iterable[dict[str, Any]], snapshot: Snapshot) -> Iterator[tuple[str, bool]]:
    """The same of Applications that sets make: their addresses may come from a generator."""
    for each in specs:
        yield from _of_sources(each, snapshot)


def _of_sources(spec: dict[str, Any], snapshot: Snapshot) -> Iterator[tuple[str, bool]]:
    dry = values.mapping(spec, "sourceHydrator", "drySource")
    sources = [*values.mappings(spec, "sources"), values.mapping(spec, "source"), dry]
    for source in sources:
        url, path = values.text(source, "repoURL"), values.text(source, "path")
        plain = path.partition("{{")[0]
        whole = plain if plain == path else plain.rpartition("/")[0]
        if url and "{{" not in url and whole.strip("./"):
            yield url, snapshot.is_directory(whole.strip("/").removeprefix("./"))
        for file in values.texts(source, "helm", "valueFiles"):
            name, _, inside = file.partition("/")
            if name.startswith("$") and "{{" not in file and (inside in snapshot or not _skips(source)):
                referred = (each for each in sources if f"${values.text(each, 'ref')}" == name)
                yield from ((values.text(each, "repoURL"), inside in snapshot) for each in referred)


def _skips(source: dict[str, Any]) -> bool:
    """Whether a value file that is not there says nothing."""
    return values.mapping(source, "helm").get("ignoreMissingValueFiles") is True


def _of_generators(generators: list[dict[str, Any]], snapshot: Snapshot, depth: int) -> Iterator[tuple[str, bool]]:
    for generator in generators if depth < 3 else ():
        for kind in ("matrix", "merge"):
            yield from _of_generators(values.mappings(generator, kind, "generators"), snapshot, depth + 1)
        git = values.mapping(generator, "git")
        url = values.text(git, "repoURL")
        for key, paths, glob in (
            ("directories", snapshot.directories, globs.path_match),
            ("files", snapshot.entries, globs.pathspec),
        ):
            for item in values.mappings(git, key):
                path = values.text(item, "path")
                pattern = glob(path)
                if url and "{{" not in url + path and item.get("exclude") is not True and pattern is not None:
                    yield url, any(map(pattern.fullmatch, paths))
