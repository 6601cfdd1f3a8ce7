"""What an Application takes out of this repository: a path with something in it, and value files that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.reading import revisions
from gitops_ci.kinds.kubernetes.rules.argocd.application import Fault, World, sources
from gitops_ci.policy.documents.yaml_documents import Place

PATH_MISSING = "argocd/path-missing"
PATH_EMPTY = "argocd/path-empty"
VALUE_FILE = "argocd/value-file-missing"

_MANIFESTS = (".yaml", ".yml", ".json", ".jsonnet")
_TOOLS = ("Chart.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization")


def faults(app: Application, world: World) -> Iterator[Fault]:
    """What its sources of this repository lack."""
    found = list(sources(app))
    refs: dict[str | None, bool] = {values.text(source, "ref"): _is_here(source, world) for _, source in found}
    for place, source in found:
        is_here = _is_here(source, world)
        path = values.text(source, "path")
        if is_here and path and not values.text(source, "chart") and "{{" not in path:
            yield from _path(path, source, place, world.snapshot)
        if not values.at(source, "helm", "ignoreMissingValueFiles"):
            yield from _value_files(source, place, world.snapshot, refs | {None: is_here})


def _is_here(source: Mapping[str, Any], world: World) -> bool:
    """Whether a source is this repository as it is in front of us, as far as can be told."""
    revision = values.text(source, "targetRevision")
    is_current = revisions.is_current(revision, world.snapshot) or "{{" in revision
    return is_current and world.repositories.has(values.text(source, "repoURL"))


def _path(path: str, source: Mapping[str, Any], place: Place, snapshot: Snapshot) -> Iterator[Fault]:
    joined = join("", path.lstrip("/")) if path.strip("/.") else ""
    directory = snapshot.resolve(joined) if joined is not None else None
    if directory is None or not snapshot.is_directory(directory):
        if directory is not None and directory in snapshot:
            yield Fault(PATH_MISSING, (*place, "path"), "the path is a file: Argo CD takes folders", path)
        elif directory is None or not snapshot.in_submodule(directory):
            yield Fault(PATH_MISSING, (*place, "path"), "the path is not in this repository", path)
    elif not source.get("plugin") and not _holds_something(directory, source, snapshot):
        yield Fault(PATH_EMPTY, (*place, "path"), "there is no manifest in the path: nothing is deployed", path)


def _holds_something(directory: str, source: Mapping[str, Any], snapshot: Snapshot) -> bool:
    """A manifest, a chart or a kustomization; further down, too, where it recurses."""
    names = snapshot.children.get(directory, ())
    if any(name.endswith(_MANIFESTS) or name in _TOOLS for name in names):
        return True
    if not values.at(source, "directory", "recurse"):
        return False
    below = f"{directory}/" if directory else ""
    return any(path.startswith(below) and path.endswith(_MANIFESTS) for path in snapshot.entries)


def _value_files(
    source: Mapping[str, Any], place: Place, snapshot: Snapshot, here: Mapping[str | None, bool]
) -> Iterator[Fault]:
    """Value files, of the source's own repository (`here` at None) or of the one that a `$ref` names."""
    listed = values.at(source, "helm", "valueFiles")
    for index, file in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(file, str) or "://" in file or "{{" in file or "*" in file:
            continue
        if file.startswith("$"):
            ref, _, rest = file[1:].partition("/")
            target = join("", rest) if here.get(ref) else None
        elif here.get(None) and not values.text(source, "chart") and "{{" not in values.text(source, "path"):
            folder = "" if file.startswith("/") else values.text(source, "path").strip("/")
            target = join(folder, file.lstrip("/"))
        else:
            continue
        if target is None and not file.startswith("$"):
            yield Fault(
                VALUE_FILE, (*place, "helm", "valueFiles", index), "the value file leads out of the repository", file
            )
        elif target is not None and (snapshot.resolve(target) or target) not in snapshot:
            yield Fault(
                VALUE_FILE, (*place, "helm", "valueFiles", index), "the value file is not in this repository", file
            )
