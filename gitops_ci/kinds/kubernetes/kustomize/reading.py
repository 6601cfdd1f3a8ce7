"""What one kustomization names: files, directories and charts, each with its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from gitops_ci.policy.documents.yaml_documents import Document, Place

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The files that kustomize looks for, the first first."""

Use = Literal["resource", "component", "plugin", "file", "tree"]
"""A `resource` and a `plugin` (generator, transformer, validator) are files or directories with a kustomization."""

_RESOURCES: dict[str, Use] = {
    "resources": "resource",
    "bases": "resource",
    "components": "component",
    "generators": "plugin",
    "transformers": "plugin",
    "validators": "plugin",
}
_FILES = ("crds", "configurations", "patchesStrategicMerge")
_PATHS = ("patches", "patchesJson6902", "replacements")
_MAPS = ("configMapGenerator", "secretGenerator")


class Entry(Struct, frozen=True):
    """Something that a kustomization names; `maybe` says that it may as well be text written in place."""

    name: str
    use: Use
    line: int
    maybe: bool = False


class Kustomized(Struct, frozen=True):
    """What one file says; `wrong` is the line and the reason where it cannot be read."""

    is_component: bool = False
    entries: tuple[Entry, ...] = ()
    wrong: tuple[int, str] | None = None


def read(content: bytes) -> Kustomized:
    """A kustomization's content (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization)."""
    from gitops_ci.policy.documents import yaml_documents

    try:
        found = [each for each in yaml_documents.documents(content) if isinstance(each.value, dict)]
    except yaml_documents.YamlProblem as problem:
        return Kustomized(wrong=(problem.line, problem.message))
    if not found:
        return Kustomized()
    is_component = found[0].value.get("kind") == "Component"
    return Kustomized(is_component, tuple(dict.fromkeys(_entries(found[0]))))


def plugins(content: bytes) -> tuple[Entry, ...]:
    """What the configurations of plugins in a file name in turn (`ConfigMapGenerator`, `PatchTransformer` …)."""
    from gitops_ci.policy.documents import yaml_documents

    try:
        found = [each for each in yaml_documents.documents(content) if isinstance(each.value, dict)]
    except yaml_documents.YamlProblem:
        return ()
    return tuple(entry for document in found for entry in _of_plugin(document))


def _of_plugin(document: Document) -> Iterator[Entry]:
    value = document.value
    yield from _of_map(document, value, ())
    for key in ("path", "valuesFile"):
        if isinstance(value.get(key), str):
            yield Entry(value[key], "file", document.line_of((key,)))
    for name, place in _texts(value, "paths"):
        yield Entry(name, "file", document.line_of(place), maybe=True)
    for item, place in _mappings(value, "replacements"):
        if isinstance(item.get("path"), str):
            yield Entry(item["path"], "file", document.line_of((*place, "path")))


def _entries(document: Document) -> Iterator[Entry]:
    value = document.value
    for key, use in _RESOURCES.items():
        for name, place in _texts(value, key):
            yield Entry(name, use, document.line_of(place), maybe=use == "plugin")
            if use == "plugin" and "\n" in name:  # its configuration, written in place
                line = document.line_of(place)
                yield from (Entry(each.name, each.use, line, each.maybe) for each in plugins(name.encode()))
    yield from _files(document)
    for key in _MAPS:
        for item, place in _mappings(value, key):
            yield from _of_map(document, item, place)
    yield from _charts(document)


def _files(document: Document) -> Iterator[Entry]:
    value = document.value
    for key in _FILES:
        for name, place in _texts(value, key):
            yield Entry(name, "file", document.line_of(place), maybe=key == "patchesStrategicMerge")
    for key in _PATHS:
        for item, place in _mappings(value, key):
            if isinstance(item.get("path"), str):
                yield Entry(item["path"], "file", document.line_of((*place, "path")))
    api = value.get("openapi")
    if isinstance(api, dict) and isinstance(api.get("path"), str):
        yield Entry(api["path"], "file", document.line_of(("openapi", "path")))


def _of_map(document: Document, item: dict[str, Any], place: Place) -> Iterator[Entry]:
    """The files of a generator of ConfigMaps or Secrets: `path` or `key=path`, and those of variables."""
    for name, at in _texts(item, "files", place):
        yield Entry(name.partition("=")[2] or name, "file", document.line_of(at))
    for name, at in _texts(item, "envs", place):
        yield Entry(name, "file", document.line_of(at))
    if isinstance(item.get("env"), str):
        yield Entry(item["env"], "file", document.line_of((*place, "env")))


def _charts(document: Document) -> Iterator[Entry]:
    """Charts that are inflated: those that lie here, and files of values."""
    value = document.value
    globals_ = value.get("helmGlobals")
    home = globals_.get("chartHome") if isinstance(globals_, dict) else None
    for key in ("helmCharts", "helmChartInflationGenerator"):
        for item, place in _mappings(value, key):
            line = document.line_of(place)
            inside = item.get("chartHome") or home or "charts"
            name = item.get("name") or item.get("chartName")
            if isinstance(inside, str) and isinstance(name, str):
                yield Entry(f"{inside}/{name}", "tree", line, maybe=True)
            for each in ("valuesFile", "values"):
                if isinstance(item.get(each), str):
                    yield Entry(item[each], "file", document.line_of((*place, each)))
            for file, at in _texts(item, "additionalValuesFiles", place):
                yield Entry(file, "file", document.line_of(at))


def _texts(value: dict[str, Any], key: str, before: Place = ()) -> Iterator[tuple[str, Place]]:
    listed = value.get(key)
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, str) and each:
            yield each, (*before, key, index)


def _mappings(value: dict[str, Any], key: str) -> Iterator[tuple[dict[str, Any], Place]]:
    listed = value.get(key)
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, dict):
            yield each, (key, index)
