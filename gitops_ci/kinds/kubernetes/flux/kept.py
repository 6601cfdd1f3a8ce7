"""ConfigMaps of this repository that Flux takes values and variables from, where it is sure what they hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import join
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repository import Reading, Repository

_SELECTING = ("patches", "patchesJson6902")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers", "components")


class Kept(Struct, frozen=True):
    """What a ConfigMap holds, and the files that say so."""

    data: dict[str, str]
    reads: tuple[Reading, ...]


def of(reference: dict[str, Any], by: Declared, repository: Repository) -> Kept | None:
    """What an entry of `valuesFrom` or `substituteFrom` leads to; None where that is the cluster's, or not sure.

    It is the one that is generated, or lies, beside what takes it, or else the only one of the repository of that name.
    What a kustomization may still change in it, or a variable, is not sure, and what is encrypted not known.
    """
    name = values.text(reference, "name")
    if values.text(reference, "kind") != "ConfigMap" or not name or repository.is_other:
        return None
    directory = by.path.rpartition("/")[0]
    found = _generated(name, directory, repository) or _written(name, directory, by.namespace, repository)
    if found is None or any("${" in each for each in found.data.values()):
        return None
    at = {each.path.rpartition("/")[0] for each in found.reads} | {directory}
    return None if any(_is_changed(name, each, repository) for each in at) else found


def _written(name: str, directory: str, namespace: str, repository: Repository) -> Kept | None:
    several = [
        each for each in repository.maps.get(name, ()) if not each.namespace or each.namespace in (namespace, "")
    ]
    beside = [each for each in several if each.path.rpartition("/")[0] == directory]
    chosen = beside or several
    if len(chosen) != 1 or chosen[0].data is None:
        return None
    return Kept(dict(chosen[0].data), (Reading(chosen[0].path),))


def _generated(name: str, directory: str, repository: Repository) -> Kept | None:
    """What the kustomization of a directory generates: files and literals, each once."""
    path = repository.kustomizations.files.get(directory)
    value = repository.content(path) if path is not None else None
    alike = [each for each in values.mappings(value, "configMapGenerator") if each.get("name") == name]
    if path is None or len(alike) != 1 or alike[0].get("behavior", "create") != "create":
        return None
    data = dict(_pairs(values.texts(alike[0], "literals")))
    if alike[0].get("env") or alike[0].get("envs") or len(data) != len(values.texts(alike[0], "literals")):
        return None
    reads = [Reading(path)]
    for key, file in _pairs(
        (each if "=" in each else f"{each.rpartition('/')[2]}={each}") for each in values.texts(alike[0], "files")
    ):
        target = join(directory, file)
        content = (
            repository.snapshot.read(repository.snapshot.resolve(target) or target) if target is not None else None
        )
        if content is None or target is None:
            return None
        data[key] = content.decode("utf-8", "replace")
        reads += repository.through(target)
    return Kept(data, tuple(reads))


def _pairs(written: Iterable[str]) -> Iterator[tuple[str, str]]:
    for each in written:
        key, _, value = each.partition("=")
        yield key, value


def _is_changed(name: str, directory: str, repository: Repository) -> bool:
    """Whether a kustomization that takes a directory, or Flux, may change an object by one of their patches."""
    if any(_may_mean(name, values.mapping(each.manifest.value, "spec")) for each in repository.declared):
        return True
    tree = repository.kustomizations
    for each in tree.above(directory):
        value = values.mapping(repository.content(tree.files[each]))
        own = {key: inner for key, inner in value.items() if each != directory or key in _PATCHES}
        if _may_mean(name, value) or name in json.dumps(own, default=str):
            return True
        taken = {one.path for one in tree.targets.get(each, ()) if one.kind == "file" and one.entry.use == "file"}
        generators = {join(each, file) for file in _of_generators(value)}
        if any(repository.names(path, name) for path in taken - generators):
            return True
    return False


def _may_mean(name: str, value: dict[str, Any]) -> bool:
    """Whether patches may be for a ConfigMap of that name by what they select, and not by their files."""
    if value.get("transformers"):
        return True
    targets = [values.mapping(each, "target") for key in _SELECTING for each in values.mappings(value, key)]
    kinds = [values.text(each, "kind") for each in targets if each]
    is_selected = any(not kind or "ConfigMap" in kind or not kind.isalnum() for kind in kinds)
    return is_selected or name in json.dumps([value.get(key) for key in _SELECTING], default=str)


def _of_generators(value: dict[str, Any]) -> Iterator[str]:
    for each in values.mappings(value, "configMapGenerator"):
        yield from (file.partition("=")[2] or file for file in values.texts(each, "files"))
