"""What the repository says beside one stack: its CRDs, and what its other stacks declare; gone through once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from gitops_ci.config import Config
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK, Snapshot
from gitops_ci.kinds.kubernetes import rendering, values
from gitops_ci.kinds.kubernetes.discovery import deployments, survey
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.reading import whole
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.rendering import scopes
from gitops_ci.kinds.kubernetes.rules import declared, links, makers, pods, selection
from gitops_ci.kinds.kubernetes.rules.argocd import judging
from gitops_ci.kinds.kubernetes.rules.subject import Applying, Around, Held, Neighbour
from gitops_ci.kinds.kubernetes.schemas import custom, kept
from gitops_ci.kinds.kubernetes.sources import Deployment, Manifests
from gitops_ci.model.stack import Stack
from gitops_ci.policy.documents import manifests, yaml_documents

_known: WeakKeyDictionary[Snapshot, tuple[Config, Around]] = WeakKeyDictionary()
_NAMED = b"CustomResourceDefinition"
_SUFFIXES = (".yaml", ".yml", ".json")
_NAME = re.compile(rb"[nN]ame(?:space)?[\"']?[ \t]*:[ \t]*(?:[&!]\S+[ \t]+)*[\"']?([A-Za-z0-9][A-Za-z0-9._-]*)")
_AFFIX = re.compile(rb"namePrefix|nameSuffix|\{\{|\*\w|\\[xuU]")
"""What makes another name of one that is written: kustomizations, templates, aliases, escapes."""
_ANY = "*"


def of(inventory: Inventory) -> Around:
    """The same for every stack of an end."""
    before = _known.get(inventory.snapshot)
    if before is None or before[0] is not inventory.config:
        folders = inventory.config.kinds.kubernetes.schemas
        around = Around(
            versions=inventory.config.kinds.kubernetes.versions,
            kept=lambda name: kept.of(name, folders, inventory.snapshot),
            missing=kept.missing(folders, inventory.snapshot),
            definitions=lambda: _definitions(inventory.snapshot),
            others=lambda: tuple(_neighbours(inventory)),
            applying=lambda: _applying(inventory),
            deploying=lambda: _foreign(inventory),
        )
        before = _known[inventory.snapshot] = inventory.config, around
    return before[1]


def _applying(inventory: Inventory) -> Applying:
    repository = Repository(inventory.snapshot, inventory.config)
    found = survey.of(inventory.snapshot, inventory.config)
    known = judging.ids(whole.written(repository.declared, inventory.snapshot))
    return Applying(judging.world(repository, found.repositories, found.objects), known)


def _foreign(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """Where everything goes that is deployed from elsewhere; of a set that is not rendered here nobody knows."""
    found = survey.of(inventory.snapshot, inventory.config)
    yield from ((each.cluster, each.target) for key, each in found.applications.items() if key not in found.stacks)
    yield from (("", "") for each in found.renderings if each.troubles)
    for each in Repository(inventory.snapshot, inventory.config).declared:
        if (f"{each.kind} {each.name}", each.path) in found.elsewhere and each.kind in ("Kustomization", "HelmRelease"):
            own = each.namespace if each.kind == "HelmRelease" else ""
            yield "", values.text(each.manifest.value, "spec", "targetNamespace") or own


def _definitions(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    paths = [
        path
        for path, entry in snapshot.entries.items()
        if path.endswith(_SUFFIXES) and entry.mode not in (SYMLINK, SUBMODULE)
    ]
    for found in snapshot.facts(paths, definitions_in).values():
        yield from found


def definitions_in(content: bytes) -> tuple[dict[str, Any], ...]:
    """The CRDs of a file; nothing of one that cannot be read to its end."""
    if _NAMED not in content:
        return ()
    try:
        documents = list(yaml_documents.documents(content))
    except yaml_documents.YamlProblem:
        return ()
    return tuple(each.value for each in manifests.objects(documents) if custom.is_definition(each.value))


def _neighbours(inventory: Inventory) -> Iterator[Neighbour]:
    for id, stack in inventory.stacks.items():
        if stack.kind == "kubernetes":
            yield neighbour(id, stack, inventory)


def neighbour(id: str, stack: Stack, inventory: Inventory) -> Neighbour:
    """What one stack declares without a rendering, read when somebody asks for one of its names."""
    deployment = deployments.of(stack, inventory)
    found = rendering.known(stack, inventory)
    return Neighbour(
        id=id,
        path=stack.path,
        target=declared.target(stack.environment, deployment, stack.path),
        namespace=deployment.namespace,
        complete=all(isinstance(source, Manifests) for source in deployment.sources)
        or (found is not None and not found.gaps),
        names=lambda: _names(id, inventory),
        reads=lambda: _held(deployment, _objects(stack, deployment, inventory)),
    )


def _names(id: str, inventory: Inventory) -> frozenset[str] | None:
    """The names in the files of a stack; None where a prefix or a suffix comes to them, or a template makes them."""
    paths = [path for path in inventory.graph.closure(id, inventory.snapshot) if path.endswith(_SUFFIXES)]
    found: set[str] = set()
    for names in inventory.snapshot.facts(paths, names_in).values():
        if _ANY in names:
            return None
        found |= names
    return frozenset(found)


def names_in(content: bytes) -> frozenset[str]:
    """What a file gives as a name, found without parsing it; more than are names of objects."""
    if _AFFIX.search(content) is not None:
        return frozenset((_ANY,))
    return frozenset(match.decode() for match in _NAME.findall(content))


def _objects(stack: Stack, deployment: Deployment, inventory: Inventory) -> tuple[Object, ...]:
    """What a stack was rendered to where somebody planned it, and what its files declare where that is not all."""
    found = rendering.known(stack, inventory)
    if found is not None and not found.gaps:
        return found.objects
    return (*(found.objects if found is not None else ()), *declared.of(deployment, inventory.snapshot).objects)


def _held(deployment: Deployment, found: Iterable[Object]) -> Held:
    placed = [(each, _namespace(each, deployment.namespace)) for each in found]
    return Held(
        objects=frozenset(
            Identity(each.identity.group, each.identity.kind, namespace, each.identity.name)
            for each, namespace in placed
        ),
        made=frozenset(made for each, namespace in placed for made in makers.of(each, namespace)),
        labels=tuple((namespace, selection.labels(pod.labels)) for each, namespace in placed for pod in pods.of(each)),
        named=tuple(
            ((reference.kind, reference.namespace or namespace, reference.name), each.path, each.line)
            for each, namespace in placed
            for reference in links.of(each)
            if not reference.optional
        ),
    )


def _namespace(each: Object, default: str) -> str:
    if scopes.is_namespaced(each.identity.group, each.identity.kind) is False:
        return ""
    return each.identity.namespace or default
