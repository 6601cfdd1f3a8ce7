"""What a chart that is not here is given by the charts around it: where that is the same, nothing becomes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import manifests, values
from gitops_ci.kinds.kubernetes.rendering import reading
from gitops_ci.kinds.kubernetes.rendering.reading import First
from gitops_ci.kinds.kubernetes.sources import Chart

_ALWAYS = ("global", "tags")
_DEFINES = re.compile(rb"\{\{-?\s*(?:define|block)\s+[\"`]([^\"`]*)[\"`]")
_SEVERAL = re.compile(r"[,{]")
_FIRST = re.compile(r"[.\[=]")


def of_release(source: Chart, keys: frozenset[str], snapshot: Snapshot) -> tuple[Any, ...]:
    """What a release gives to the parts of its chart that have these keys."""
    files = [_picked(path, keys, snapshot) for path in source.value_files]
    own = [_inline(text, keys) for text in (*source.layers, source.values)]
    given = [(name, value) for name, value in (*source.parameters, *source.forced) if _reaches(name, value, keys)]
    return (source.release, source.namespace, source.with_crds, files, own, given)


def _inline(text: str, keys: frozenset[str]) -> Any:
    value = reading.first(text.encode("utf-8", "surrogateescape")).value
    return text if value is None else _values(value, keys)


def of_chart(chart: str, keys: frozenset[str], snapshot: Snapshot) -> tuple[Any, ...]:
    """What a chart gives to its parts: values, and templates under names that are not its own, which win over theirs.

    A library beside them gives its templates to all, and what is packed may.
    """
    own = f"{chart}/" if chart else ""
    name = chart.rpartition("/")[2]
    found = [path for path, names in _defined(f"{own}templates", snapshot).items() if _foreign(names, name)]
    for folder in snapshot.directories.get(snapshot.resolve(f"{own}charts") or "", ()):
        found += _of_library(f"{own}charts/{folder}", snapshot)
    packed = [path for path in _below(f"{own}charts", snapshot) if path.endswith(".tgz")]
    oids = [(path, snapshot.entries[path].oid) for path in sorted({*found, *packed})]
    return (chart, _picked(f"{own}values.yaml", keys, snapshot), oids)


def of_library(chart: str, snapshot: Snapshot) -> tuple[Any, ...]:
    """The templates that a chart beside another one defines for all, if it is a library."""
    return tuple((path, snapshot.entries[path].oid) for path in _of_library(chart, snapshot))


def _of_library(chart: str, snapshot: Snapshot) -> list[str]:
    path = f"{snapshot.resolve(chart) or chart}/Chart.yaml"
    read = snapshot.facts((path,), reading.first).get(path, First()).value
    is_library = isinstance(read, Mapping) and read.get("type") == "library"
    return sorted(_defined(f"{chart}/templates", snapshot)) if is_library else []


def keys_of(entry: Mapping[str, Any]) -> frozenset[str]:
    """The keys of values that a dependency gets, or that decide whether it is there."""
    condition = values.text(entry, "condition")
    conditions = (each.strip().partition(".")[0] for each in condition.split(",") if each.strip())
    return frozenset((*_ALWAYS, values.text(entry, "alias"), values.text(entry, "name"), *conditions))


def _reaches(name: str, value: str, keys: frozenset[str]) -> bool:
    """Whether a parameter of Helm may set one of the keys; one that sets several is not taken apart."""
    return bool(_SEVERAL.search(name + value)) or _FIRST.split(name, maxsplit=1)[0].replace("\\", "") in keys


def _picked(path: str, keys: frozenset[str], snapshot: Snapshot) -> Any:
    """The keys of a file of values; its id where it cannot be read."""
    target = snapshot.resolve(path) or path
    value = snapshot.facts((target,), reading.first).get(target, First()).value
    entry = snapshot.entries.get(target)
    return _values(value, keys) if isinstance(value, Mapping) else "" if entry is None else entry.oid


def _values(value: Any, keys: frozenset[str]) -> Any:
    return {key: value[key] for key in keys if key in value} if isinstance(value, Mapping) else value


def _below(directory: str, snapshot: Snapshot) -> list[str]:
    return list(manifests.below(snapshot.resolve(directory) or directory, snapshot, recurse=True))


def _defined(directory: str, snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
    """The files below a directory that define templates, with their names."""
    return {path: names for path, names in snapshot.facts(_below(directory, snapshot), _names).items() if names}


def _names(content: bytes) -> tuple[str, ...]:
    return tuple(each.decode("utf-8", "replace") for each in _DEFINES.findall(content))


def _foreign(names: tuple[str, ...], own: str) -> bool:
    return not all(each == own or each.startswith((f"{own}.", f"{own}-")) for each in names)
