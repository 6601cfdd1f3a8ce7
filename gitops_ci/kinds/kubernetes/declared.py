"""What a stack that nobody renders declares all the same, by its files, and which cluster it goes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct, structs

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.rendering import scopes
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Manifests
from gitops_ci.policy.documents import files, kustomizations, manifests
from gitops_ci.policy.documents.manifests import Manifest

_MOST = 64
"""Kustomizations on one way: more are a circle."""


class Target(Struct, frozen=True):
    """Where a stack goes: the cluster that Argo CD or Flux names, else all that is known is its environment."""

    environment: str
    cluster: str = ""

    def may_be(self, other: Target) -> bool:
        """Whether both may be one cluster: the same name, or the same environment where one has none."""
        if self.cluster and other.cluster:
            return self.cluster == other.cluster
        return self.environment == other.environment

    def is_surely(self, other: Target) -> bool:
        """Whether both are one cluster that somebody names."""
        return bool(self.cluster) and self.cluster == other.cluster


class Declaration(Struct, frozen=True):
    """The objects of a stack without a rendering; `complete`: it has no others, and these have these names."""

    objects: tuple[Object, ...]
    complete: bool


def of(deployment: Deployment, snapshot: Snapshot) -> Declaration:
    """What the files of a deployment declare: manifests as they are, a kustomization's with its names put on."""
    found: list[Object] = []
    complete = True
    for source in deployment.sources:
        match source:
            case Manifests():
                found += _of_files(source.files, snapshot)
            case Kustomization():
                found += (each for each, whole in _of_kustomization(source.path, snapshot) if whole)
                complete = False
            case Chart():
                complete = False
            case _:
                complete = False
    return Declaration(tuple(found), complete)


def _of_files(paths: Iterable[str], snapshot: Snapshot) -> Iterator[Object]:
    for path, each in _manifests(paths, snapshot):
        yield _object(path, each, each.value, each.identity)


def _manifests(paths: Iterable[str], snapshot: Snapshot) -> Iterator[tuple[str, Manifest]]:
    wanted = list(paths)
    json = [path for path in wanted if path.endswith(".json")]
    parsed = {
        **snapshot.facts([path for path in wanted if path not in set(json)], files.fact("YAML")),
        **snapshot.facts(json, files.fact("JSON")),
    }
    for path in wanted:
        if path in parsed:
            yield from ((path, each) for each in manifests.objects(parsed[path].documents))


def _object(path: str, manifest: Manifest, value: Any, identity: manifests.Identity) -> Object:
    return Object(
        identity=Identity(*identity),
        api_version=manifest.value["apiVersion"],
        value=value,
        path=path,
        line=manifest.document.line_of(manifest.place),
    )


def _of_kustomization(directory: str, snapshot: Snapshot, depth: int = 0) -> Iterator[tuple[Object, bool]]:
    """The objects below, each with whether its name and namespace are known: what a plugin does is not."""
    path = next((each for each in _names(directory) if each in snapshot), "")
    parsed = snapshot.facts((path,), files.fact("YAML")).get(path)
    if parsed is None or not parsed.documents or depth > _MOST:
        return
    value = parsed.documents[0].value
    value = value if isinstance(value, dict) else {}
    whole = not any(value.get(key) for key in ("transformers", "generators", "helmCharts"))
    for each, known in _taken(directory, value, snapshot, depth):
        yield structs.replace(each, identity=_named(each.identity, value)), known and whole


def _named(given: Identity, kustomization: dict[str, Any]) -> Identity:
    """The identity with the kustomization's namespace, prefix and suffix."""
    name, namespace = given.name, given.namespace
    if scopes.is_namespaced(given.group, given.kind) is not False:
        namespace = _text(kustomization.get("namespace")) or namespace
    if given.kind not in ("Namespace", "CustomResourceDefinition"):
        name = _text(kustomization.get("namePrefix")) + name + _text(kustomization.get("nameSuffix"))
    return Identity(given.group, given.kind, namespace, name)


def _names(directory: str) -> Iterator[str]:
    yield from (f"{directory}/{name}" if directory else name for name in kustomizations.NAMES)


def _taken(directory: str, value: dict[str, Any], snapshot: Snapshot, depth: int) -> Iterator[tuple[Object, bool]]:
    for key in ("resources", "bases", "components"):
        several = value.get(key)
        for named in several if isinstance(several, list) else ():
            target = join(directory, named) if isinstance(named, str) else None
            if target is None:
                continue
            if target in snapshot:
                yield from ((each, True) for each in _of_files((target,), snapshot))
            elif snapshot.is_directory(target):
                yield from _of_kustomization(target, snapshot, depth + 1)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
