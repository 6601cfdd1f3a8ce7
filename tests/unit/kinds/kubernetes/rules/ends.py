"""What the tests of this folder share: one stack at one end, of plain manifests or with a rendering that is given."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
import yaml

from gitops_ci.config import DEFAULT, Config
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import rules
from gitops_ci.kinds.kubernetes.argocd import sets
from gitops_ci.kinds.kubernetes.flux import deployed, origins
from gitops_ci.kinds.kubernetes.gotemplate.values import Budget
from gitops_ci.kinds.kubernetes.objects import Identity, Object, Rendered
from gitops_ci.kinds.kubernetes.places import Places
from gitops_ci.kinds.kubernetes.planning import former
from gitops_ci.kinds.kubernetes.reading import manifests, repositories
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.rules import declared
from gitops_ci.kinds.kubernetes.rules import flux as flux_rules
from gitops_ci.kinds.kubernetes.rules.argocd import judging
from gitops_ci.kinds.kubernetes.rules.subject import Around, Neighbour, Subject
from gitops_ci.kinds.kubernetes.sources import Deployment, Kustomization, Manifests
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack
from gitops_ci.policy.documents import manifests as objects
from gitops_ci.policy.documents import yaml_documents

AT = "environments/production/k8s"
STACK = Stack(id="production/kubernetes/main", environment="production", kind="kubernetes", name="main", path=AT)
HERE = "https://github.com/acme/gitops"


def parts(block: str) -> dict[str, str]:
    """The files of an example: each begins with a comment that is its path."""
    found = re.split(r"^# (rendered|base|[\w./-]+\.ya?ml)$", block, flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def of(text: str) -> tuple[Object, ...]:
    """The objects of a rendering, which say nothing of where they come from."""
    return tuple(
        Object(identity=Identity(*each.identity), api_version=each.value["apiVersion"], value=each.value)
        for each in objects.objects(yaml_documents.documents(text.encode()))
    )


def inspected(files: Mapping[str, str], rendered: str | None = None, versions: tuple[str, ...] = ()) -> list[Finding]:
    """What the rules say of the stack of all files in AT; `base` is what it rendered to there."""
    given = dict(files)
    made, base = given.pop("rendered", rendered), given.pop("base", None)
    config = DEFAULT
    if "gitops-ci.yml" in given:
        config = msgspec.convert(yaml.safe_load(given["gitops-ci.yml"]), Config, strict=False)
    if versions:
        kubernetes = msgspec.structs.replace(config.kinds.kubernetes, versions=versions)
        config = msgspec.structs.replace(config, kinds=msgspec.structs.replace(config.kinds, kubernetes=kubernetes))
    snapshot = snapshots.of(given)
    graph = Graph([Reference(STACK.id, AT, "tree", "direct"), Reference(STACK.id, "shared", "tree", "direct")])
    inventory = Inventory(snapshot=snapshot, config=config, stacks={}, graph=graph)
    own = tuple(path for path in given if path.startswith(f"{AT}/") and not path.endswith("values.yaml"))
    is_kustomized = f"{AT}/kustomization.yaml" in given and made is not None
    source = Kustomization(path=AT) if is_kustomized else Manifests(path=AT, files=own)
    deployment = Deployment(sources=(source,), path=AT)
    if base is not None:
        former.remember(STACK.id, inventory, deployment, Rendered(objects=of(base)))
    return list(rules.inspect(STACK, deployment, None if made is None else Rendered(objects=of(made)), inventory))


def flux(files: Mapping[str, str]) -> list[Finding]:
    """What the rules say of Flux's objects in files."""
    snapshot = snapshots.of(files)
    repository = Repository(snapshot, DEFAULT)
    votes = deployed.votes(repository.declared, snapshot, origins.of(repository.declared, snapshot))
    return list(flux_rules.of(repository, repositories.of((), votes), repository.declared))


def subject(
    files: Mapping[str, str], neighbours: tuple[Neighbour, ...] = (), *, cluster: str = "", namespace: str = "shop"
) -> Subject:
    """The stack with others beside it."""
    snapshot = snapshots.of(files)
    deployment = Deployment(sources=(Manifests(path=AT, files=tuple(files)),), path=AT, namespace=namespace)
    return Subject(
        stack=STACK.id,
        path=AT,
        target=declared.Target("production", cluster),
        deployment=deployment,
        objects=declared.of(deployment, snapshot).objects,
        complete=True,
        places=Places(files, snapshot),
        around=Around(others=lambda: neighbours),
    )


def argo(files: Mapping[str, str]) -> list[Finding]:
    """What the rules say of Argo CD's objects, where HERE is this repository."""
    config = yaml.safe_load(files["gitops-ci.yml"]) if "gitops-ci.yml" in files else {}
    return list(argo_of(snapshots.of(files), msgspec.convert(config, Config)))


def argo_of(snapshot: Snapshot, config: Config = DEFAULT) -> list[Finding]:
    """The same of a snapshot."""
    read = manifests.declared(snapshot, ())
    found, wrong = read.objects, read.wrong
    assert wrong == {}
    ours = repositories.of((HERE,), ())
    generators = config.kinds.kubernetes.generators
    made = [sets.render(each, snapshot, ours, generators, Budget()) for each in found if each.kind == "ApplicationSet"]
    return list(judging.of(found, made, judging.world(Repository(snapshot, config), ours, found)))
