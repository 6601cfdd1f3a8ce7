"""What a stack that nobody renders declares all the same, by its files, and which cluster it goes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct, structs

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import clusters, values
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.rendering import scopes
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Manifests
from gitops_ci.model.stack import SHARED
from gitops_ci.policy.documents import files, kustomizations, manifests
from gitops_ci.policy.documents.manifests import Manifest

_DEEPEST, _MOST = 64, 10_000
"""Kustomizations on one way, and objects of one: kustomize would not get through more either."""
_PLUGINS = ("transformers", "generators", "helmCharts")


IN_CLUSTER = ("https://kubernetes.default.svc", "in-cluster")
"""The cluster that an Argo CD runs in, by its server and its name."""


class Target(Struct, frozen=True):
    """Where a stack goes: the cluster that Argo CD or Flux names, else all that is known is its environment.

    `home` is the folder of a cluster (`clusters/<name>`) that it, or what deploys it, stands in: there the Argo CD runs
    that calls its own cluster `in-cluster`. `maker` is the stack that renders to what deploys it, and its path: one
    chart with the values of several clusters is for the Argo CD of each.
    """

    environment: str
    cluster: str = ""
    home: str = ""
    maker: tuple[str, str] = ("", "")

    @property
    def is_named(self) -> bool:
        """Whether the cluster has a name of its own: each Argo CD calls its own cluster the same."""
        return self.cluster not in ("", *IN_CLUSTER)

    def may_be(self, other: Target) -> bool:
        """Whether both may be one cluster: the same name, or the same environment where one has none of its own."""
        if self.is_named and other.is_named:
            return self.cluster == other.cluster
        at_home = not self.home or not other.home or self.home == other.home
        is_instance = bool(self.maker[1]) and self.maker[1] == other.maker[1] and self.maker != other.maker
        return self.environment == other.environment and at_home and not is_instance

    def is_somewhere(self, other: Target) -> bool:
        """Whether anybody says where either goes: of two that nobody does, each may be another way to have the same."""
        return bool(self.cluster or other.cluster) or self.environment != SHARED

    def is_surely(self, other: Target) -> bool:
        """Whether both are one cluster that somebody names."""
        return self.is_named and self.cluster == other.cluster


def target(environment: str, deployment: Deployment, path: str) -> Target:
    """Where a stack of a path goes."""
    folder = deployment.path.rpartition("/")[0] if deployment.by else path
    id, _, made_of = deployment.within.rpartition(" of ")
    return Target(environment, deployment.cluster, clusters.of_path(folder), (id, made_of))


class Declaration(Struct, frozen=True):
    """The objects of a stack without a rendering; `complete`: it has no others, and these have these names."""

    objects: tuple[Object, ...]
    complete: bool


def of(deployment: Deployment, snapshot: Snapshot) -> Declaration:
    """What the files of a deployment declare: manifests as they are, a kustomization's with its names put on."""
    found: list[Object] = []
    complete = True
    overlays = _Kustomizations(snapshot)
    for source in deployment.sources:
        match source:
            case Manifests():
                found += _of_files(source.files, snapshot)
            case Kustomization():
                found += overlays.of(source.path).values()
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
            found = manifests.objects(parsed[path].documents)
            yield from ((path, each) for each in found if not _is_empty_list(each.value))


def _is_empty_list(value: dict[str, Any]) -> bool:
    return (value["apiVersion"], value["kind"]) == ("v1", "List")


def _object(path: str, manifest: Manifest, value: Any, identity: manifests.Identity) -> Object:
    group, kind, namespace, name = identity
    return Object(
        identity=Identity(group, kind, namespace, name or f"{manifest.name}*"),
        api_version=manifest.value["apiVersion"],
        value=value,
        path=path,
        line=manifest.document.line_of(manifest.place),
    )


class _Kustomizations:
    """What kustomizations declare, each directory gone through once; what a plugin does is not known."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._found: dict[str, dict[Identity, Object]] = {}

    def of(self, directory: str, depth: int = 0) -> dict[Identity, Object]:
        """The objects of a directory with their names put on; nothing of one that leads back to itself."""
        if directory in self._found or depth > _DEEPEST:
            return self._found.get(directory, {})
        self._found[directory] = {}
        path = next((each for each in _names(directory) if each in self._snapshot), "")
        parsed = self._snapshot.facts((path,), files.fact("YAML")).get(path)
        for document in parsed.documents[:1] if parsed is not None else ():
            if not any(values.at(document.value, key) for key in _PLUGINS):
                self._found[directory] = self._made(directory, values.mapping(document.value), depth)
        return self._found[directory]

    def _made(self, directory: str, kustomization: dict[str, Any], depth: int) -> dict[Identity, Object]:
        made: dict[Identity, Object] = {}
        for key in ("resources", "bases", "components"):
            for named in values.texts(kustomization, key):
                target = join(directory, named)
                if target is None:
                    continue
                is_file = target in self._snapshot
                taken = _of_files((target,), self._snapshot) if is_file else self.of(target, depth + 1).values()
                for each in taken:
                    identity = _named(each.identity, kustomization)
                    made[identity] = structs.replace(each, identity=identity)
                    if len(made) > _MOST:
                        return made
        return made


def _named(given: Identity, kustomization: dict[str, Any]) -> Identity:
    """The identity with the kustomization's namespace, prefix and suffix."""
    name, namespace = given.name, given.namespace
    if scopes.is_namespaced(given.group, given.kind) is not False:
        namespace = values.text(kustomization, "namespace") or namespace
    if given.kind not in ("Namespace", "CustomResourceDefinition"):
        name = values.text(kustomization, "namePrefix") + name + values.text(kustomization, "nameSuffix")
    return Identity(given.group, given.kind, namespace, name)


def _names(directory: str) -> Iterator[str]:
    yield from (f"{directory}/{name}" if directory else name for name in kustomizations.NAMES)
