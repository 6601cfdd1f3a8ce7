"""Everything that one snapshot deploys to Kubernetes, gone through once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from msgspec import Struct, structs

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Found
from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.discovery import claiming, holding, instances, reporting
from gitops_ci.kinds.kubernetes.discovery.directories import Directories
from gitops_ci.kinds.kubernetes.discovery.placed import Placed
from gitops_ci.kinds.kubernetes.nested import finding
from gitops_ci.kinds.kubernetes.nested.renderings import label_of
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Manifests, Unrendered

if TYPE_CHECKING:
    from gitops_ci.kinds.kubernetes.argocd.applications import Application
    from gitops_ci.kinds.kubernetes.argocd.sets import Rendering
    from gitops_ci.kinds.kubernetes.reading.manifests import Declared


class Survey(Struct, frozen=True):
    """What was found, and what each stack (by id) is rendered from.

    `applications` are all that are written or generated, in this repository or not, by namespace and name; `stacks` are
    the ids of those that deploy from it. `renderings` are the ApplicationSets. `deployers` are the ids of stacks by
    what deploys them and its file; `elsewhere` are those that deploy nothing of this repository. `refused` is what no
    API server takes. `objects` are those of Argo CD and Flux, in files or rendered; `makers` the ids of stacks by the
    label of what they render to.
    """

    found: Found
    deployments: Mapping[str, Deployment]
    applications: Mapping[tuple[str, str], Application]
    stacks: Mapping[tuple[str, str], str]
    renderings: tuple[Rendering, ...]
    repositories: Repositories
    deployers: Mapping[tuple[str, str], str]
    elsewhere: frozenset[tuple[str, str]]
    refused: Mapping[tuple[str, str], Unrendered]
    objects: tuple[Declared, ...]
    makers: Mapping[str, str]

    def has(self, application: Application) -> bool:
        """Whether there is one of that name that the same file says, or the set in it makes."""
        by = application.by
        if not application.generator:
            return any((each.kind, each.name, each.path) == (by.kind, by.name, by.path) for each in self.objects)
        made = (one for each in self.renderings if each.by.path == by.path for one in each.applications)
        return any(one.name == application.name for one in made)


_known: WeakKeyDictionary[Snapshot, tuple[Config, Survey]] = WeakKeyDictionary()


def of(snapshot: Snapshot, config: Config) -> Survey:
    """The survey of a snapshot; made once for a configuration."""
    before = _known.get(snapshot)
    if before is None or before[0] is not config:
        before = _known[snapshot] = config, _made(Repository(snapshot, config))
    return before[1]


def _made(repository: Repository) -> Survey:
    found = finding.of(repository, _with_directories)
    made = found.deploying
    renderings = made.renderings if made is not None else ()
    placed = list(instances.told_apart(holding.of(found.placed, renderings, repository)))
    makers = {label_of(each): one.stack.id for each, one in zip(found.placed, placed, strict=True)}
    ours = made.repositories if made is not None else Repositories(frozenset())
    deployers = _deployers(placed)
    return Survey(
        found=Found(
            stacks=tuple(each.stack for each in placed),
            references=tuple(_references(placed, repository)),
            excerpts=dict(_excerpts(placed, repository)),
            through=dict(_through(placed, makers)),
            findings=reporting.Findings(repository, renderings, _used(placed, repository), ours, found.objects),
        ),
        deployments={each.stack.id: each.deployment for each in placed},
        applications={each.key: each for each in made.applications} if made is not None else {},
        stacks={each.application.key: each.stack.id for each in placed if each.application is not None},
        renderings=renderings,
        repositories=ours,
        deployers=deployers,
        elsewhere=(made.written if made is not None else frozenset()) - {_deployer(each) for each in placed},
        refused=made.refused if made is not None else {},
        objects=found.objects,
        makers=makers,
    )


def _deployer(placed: Placed) -> tuple[str, str]:
    return placed.deployment.deployer


def _deployers(placed: list[Placed]) -> dict[tuple[str, str], str]:
    """The stacks that something deploys which is told apart by its name and its file."""
    counts = Counter(_deployer(each) for each in placed if each.deployment.by)
    return {_deployer(each): each.stack.id for each in placed if counts[_deployer(each)] == 1}


def _with_directories(placed: tuple[Placed, ...], repository: Repository) -> Iterator[Placed]:
    """What is placed already, and the directories that are deployed by themselves.

    Where `layout.stacks` says what is a stack, nothing is guessed, and what deploys such a directory only says how.
    """
    if naming.is_declared("kubernetes", repository.config):
        by_path: dict[str | None, Placed] = {each.deployed.path: each for each in reversed(placed)}
        for stack, deployed in Directories(repository).declared():
            known = by_path.get(stack.path)
            if known is None:
                yield Placed(stack, deployed, Deployment(sources=deployed.sources, path=stack.path))
            else:
                yield structs.replace(known, stack=stack)
        return
    found = [*Directories(repository, claiming.of(placed, repository)).guessed()]
    there = {stack.path for stack, _ in found}
    yield from (each for each in placed if not (claiming.is_doubtful(each) and each.stack.path in there))
    for stack, deployed in found:
        yield Placed(stack, deployed, Deployment(sources=deployed.sources, path=stack.path))


def _excerpts(placed: list[Placed], repository: Repository) -> Iterator[tuple[tuple[str, str], object]]:
    """What each stack takes of a file that says more than what it deploys, unless it deploys that file as well."""
    for each in placed:
        if each.shared:
            charts = tuple(f"{one.path}/" for one in each.deployed.sources if isinstance(one, Chart))
            shared = set(each.shared) - _files(each, repository)
            yield from (((each.stack.id, path), each.excerpt) for path in shared if not path.startswith(charts))
        if each.decides:
            own = _files(each, repository)
            yield from (((each.stack.id, path), made) for path, made in each.decides if path not in own)


def _through(placed: list[Placed], makers: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """What renders to what deploys a stack, by the files that decide that."""
    for each in placed:
        if each.maker is not None and each.maker.label in makers:
            yield from (((each.stack.id, path), makers[each.maker.label]) for path in each.maker.read)


def _files(placed: Placed, repository: Repository) -> set[str]:
    """Manifests that a stack deploys, and files that its kustomizations take."""
    tree, resolve = repository.kustomizations, repository.snapshot.resolve
    found: set[str] = set()
    for source in placed.deployed.sources:
        match source:
            case Manifests(files=files):
                found.update(files)
            case Kustomization(path=path, files=files):
                found.update(files)
                starts = [resolve(each) or each for each in (path, *files)]
                found.update(target.path for each in tree.reached(starts) for target in tree.targets.get(each, ()))
            case _:
                pass
    return found


def _used(placed: list[Placed], repository: Repository) -> frozenset[str]:
    """The directories whose kustomizations something deploys."""
    snapshot = repository.snapshot
    paths = {
        snapshot.resolve(path) or path
        for each in placed
        for source in each.deployed.sources
        if isinstance(source, Kustomization)
        for path in (source.path, *source.components)
    }
    return repository.kustomizations.reached(paths)


def _references(placed: list[Placed], repository: Repository) -> Iterator[Reference]:
    for each in placed:
        for read in each.deployed.reads:
            yield Reference(each.stack.id, read.path, read.scope, read.certainty, read.suffixes)
    yield from repository.kustomizations.references()
    yield from repository.charts.references()
