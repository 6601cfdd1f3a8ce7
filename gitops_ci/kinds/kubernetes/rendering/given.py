"""What a chart that is not here is given by the charts around it: where that is the same, nothing becomes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.reading import manifests
from gitops_ci.kinds.kubernetes.rendering import reading
from gitops_ci.kinds.kubernetes.rendering.reading import First
from gitops_ci.kinds.kubernetes.sources import Chart

_ALWAYS = ("global", "tags")
_DEFINES = re.compile(rb"\{\{-?\s*(?:define|block)\s+[\"`]([^\"`]*)[\"`]")
_VALUES = re.compile(rb"\bValues\.([\w.-]+)")
_LIBRARIES = ("common",)
"""What is in many charts, whose templates another chart may define anew."""
_SEVERAL = re.compile(r"[,{]")
_FIRST = re.compile(r"[.\[=]")


def of_release(source: Chart, keys: frozenset[str], snapshot: Snapshot) -> tuple[Any, ...]:
    """What a release gives to the parts of its chart that have these keys."""
    files = [_picked(path, keys, snapshot) for path in source.value_files]
    own = [_inline(text, keys) for text in (*source.layers, source.values)]
    given = [(name, value) for name, value in (*source.parameters, *source.forced) if _reaches(name, value, keys)]
    told = (source.with_crds, source.kube_version, source.api_versions)
    return (source.release, source.namespace, told, files, own, given)


def _inline(text: str, keys: frozenset[str]) -> Any:
    value = reading.first(text.encode("utf-8", "surrogateescape")).value
    return text if value is None else _values(value, keys)


def of_chart(chart: str, keys: frozenset[str], snapshot: Snapshot) -> tuple[Any, ...]:
    """What a chart gives to its parts: values, and templates under names that are not its own, which win over theirs.

    The charts beside them do so as well, libraries with all of theirs, and what is packed may. Templates that read what
    only the part itself may say are rendered without it.
    """
    own = f"{chart}/" if chart else ""
    given = _picked(f"{own}values.yaml", keys, snapshot)
    found = [*_shared(chart, keys, snapshot), *_asking(f"{own}templates", keys, given, snapshot)]
    packed = [path for path in _below(f"{own}charts", snapshot) if path.endswith(".tgz")]
    return (chart, given, [(path, snapshot.entries[path].oid) for path in sorted({*found, *packed})])


def of_beside(chart: str, keys: frozenset[str], snapshot: Snapshot) -> tuple[Any, ...]:
    """The templates that a chart beside another one, and those in it, define for all."""
    return tuple((path, snapshot.entries[path].oid) for path in sorted(_shared(chart, keys, snapshot)))


def _shared(chart: str, keys: frozenset[str], snapshot: Snapshot) -> Iterator[str]:
    """Templates of a chart and of those in it that define what others may take: a release has one space of names."""
    folders = [f"{chart}/{folder}".lstrip("/") for folder in ("templates", "charts")]
    for folder in folders:
        for path, names in _defined(folder, snapshot).items():
            outer, is_template, _ = path.rpartition("/templates/")
            outer = outer if is_template else chart
            if path not in snapshot.entries:
                continue
            if _is_library(outer, snapshot) or _foreign(names, outer.rpartition("/")[2], keys):
                yield path


def _asking(directory: str, keys: frozenset[str], given: Any, snapshot: Snapshot) -> Iterator[str]:
    """Templates that read values of a part, or its own objects, that nothing here gives."""
    for path, asked in snapshot.facts(_below(directory, snapshot), _asked).items():
        places = [each.split(".") for each in asked]
        if "Subcharts" in asked or any(each[0] in keys and values.at(given, *each) is None for each in places):
            yield path


def _is_library(chart: str, snapshot: Snapshot) -> bool:
    path = f"{snapshot.resolve(chart) or chart}/Chart.yaml".lstrip("/")
    read = snapshot.facts((path,), reading.first).get(path, First()).value
    return isinstance(read, Mapping) and read.get("type") == "library"


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


def _asked(content: bytes) -> frozenset[str]:
    """The places in values that a template names, without the end of a sentence that is none of them."""
    found = {each.decode("utf-8", "replace").strip(".") for each in _VALUES.findall(content)}
    return frozenset({*found, "Subcharts"} if b"Subcharts" in content else found)


def _foreign(names: tuple[str, ...], own: str, keys: frozenset[str]) -> bool:
    """Whether some of the names may be those of a part: not its own ones, or its own are called as those."""
    return not all(_is_of(each, (own,)) and not _is_of(each, (*keys, *_LIBRARIES)) for each in names)


def _is_of(name: str, charts: Iterable[str]) -> bool:
    return any(each and (name == each or name.startswith((f"{each}.", f"{each}-"))) for each in charts)
