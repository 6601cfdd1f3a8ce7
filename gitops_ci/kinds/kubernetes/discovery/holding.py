"""What the stacks that deploy objects of Argo CD and Flux say of what these deploy in turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from msgspec import structs

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.discovery.placed import Placed
from gitops_ci.kinds.kubernetes.reading.repository import Reading, Repository
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Manifests
from gitops_ci.model import stack as stacks
from gitops_ci.model.stack import SHARED

if TYPE_CHECKING:
    from gitops_ci.kinds.kubernetes.argocd.sets import Rendering

_RELEASE = "HelmRelease "


def of(given: Iterable[Placed], renderings: Sequence[Rendering], repository: Repository) -> list[Placed]:
    """The same stacks in the same order, with what those that deploy their objects' files add to them."""
    placed = list(given)
    held = {each.deployment.path for each in placed if each.deployment.by.startswith(_RELEASE)}
    held |= {each.by.path for each in renderings}
    if not held:
        return placed
    targets = repository.kustomizations.targets
    taking = {directory: {each.path for each in found} & held for directory, found in targets.items()}
    taking = {directory: found for directory, found in taking.items() if found}
    own = [_held(each, held, taking, repository) for each in placed]
    holders: dict[str, list[Placed]] = {}
    for each, found in zip(placed, own, strict=True):
        for path in found:
            holders.setdefault(path, []).append(each)
    released = [_released(each, holders.get(each.deployment.path, [])) for each in placed]
    made = {each.by.path: list(_made(each, placed, repository.snapshot)) for each in renderings}
    return [
        _deciding(each, [pair for path in sorted(found) for pair in made.get(path, ())])
        for each, found in zip(released, own, strict=True)
    ]


def _held(
    placed: Placed, held: set[str], taking: Mapping[str, AbstractSet[str]], repository: Repository
) -> frozenset[str]:
    """Which of those files a stack deploys; `taking` are the directories whose kustomizations take some."""
    found: set[str] = set()
    for source in placed.deployed.sources:
        match source:
            case Manifests(files=files):
                found |= held.intersection(files)
            case Kustomization(path=path, files=files):
                found |= held.intersection(files)
                if taking:
                    starts = [repository.snapshot.resolve(each) or each for each in (path, *files)]
                    reached = repository.kustomizations.reached(starts)
                    found |= {file for each in taking.keys() & reached for file in taking[each]}
            case _:
                pass
    return frozenset(found)


def _released(placed: Placed, holders: list[Placed]) -> Placed:
    """A HelmRelease with the environment and the cluster of what deploys its file, where that is one, and all agree.

    What has no namespace of its own in it goes to the release's.
    """
    deployment = placed.deployment
    if not deployment.by.startswith(_RELEASE):
        return placed
    one = holders[0] if len(holders) == 1 else None
    if deployment.namespace == "":
        space = next((each.namespace for each in deployment.sources if isinstance(each, Chart)), "")
        outer = one.deployment.namespace if one is not None and space in ("", "default") else ""
        deployment = structs.replace(deployment, namespace=outer or space)
    environments = {each.stack.environment for each in holders}
    clusters = {each.deployment.cluster for each in holders}
    if deployment.cluster == "" and len(clusters) == 1:
        deployment = structs.replace(deployment, cluster=clusters.pop())
    stack = placed.stack
    if stack.environment == SHARED and len(environments) == 1:
        stack = stacks.make(
            environment=environments.pop(),
            kind=stack.kind,
            name=stack.name,
            path=stack.path,
            instance=stack.instance,
        )
    return structs.replace(placed, stack=stack, deployment=deployment)


def _deciding(placed: Placed, decides: list[tuple[str, object]]) -> Placed:
    """A stack that deploys sets reads what decides which Applications these make."""
    if not decides:
        return placed
    reads = (*placed.deployed.reads, *(Reading(path) for path, _ in decides))
    return structs.replace(placed, deployed=structs.replace(placed.deployed, reads=reads), decides=tuple(decides))


def _made(rendering: Rendering, placed: list[Placed], snapshot: Snapshot) -> Iterator[tuple[str, object]]:
    """The files that decide what a set makes, each with what it makes of them.

    Those that its generators read decide about all of it. Of a folder that a generator finds the first file stands for
    it: with the last one it goes.
    """
    # a text's own hash will do: nobody can choose a file by it, and both ends are read by one process
    everything = hash(repr([each.value for each in rendering.applications]))
    yield from ((path, everything) for path in rendering.read)
    for each in placed:
        application = each.application
        if application is not None and application.by is rendering.by and each.deployed.path is not None:
            first = _first(snapshot.resolve(each.deployed.path) or each.deployed.path, snapshot)
            if first is not None:
                yield first, application.value


def _first(directory: str, snapshot: Snapshot) -> str | None:
    """The first file below a folder."""
    while True:
        at = f"{directory}/" if directory else ""
        if files := snapshot.children.get(directory):
            return at + min(files)
        folders = snapshot.directories.get(directory)
        if not folders:
            return None
        directory = at + min(folders)
