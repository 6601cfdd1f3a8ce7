"""Everything that one snapshot deploys to Kubernetes, gone through once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from msgspec import Struct, structs

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Found
from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import names, reporting, values
from gitops_ci.kinds.kubernetes.argocd import applications, sets, sources
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.argocd.sets import Rendering
from gitops_ci.kinds.kubernetes.argocd.sources import Deployed
from gitops_ci.kinds.kubernetes.argocd.voting import votes
from gitops_ci.kinds.kubernetes.directories import Directories
from gitops_ci.kinds.kubernetes.flux import deployed as flux
from gitops_ci.kinds.kubernetes.flux import origins
from gitops_ci.kinds.kubernetes.gotemplate.sprig import sanitized
from gitops_ci.kinds.kubernetes.manifests import Declared
from gitops_ci.kinds.kubernetes.repositories import Repositories
from gitops_ci.kinds.kubernetes.repositories import of as repositories_of
from gitops_ci.kinds.kubernetes.repository import Reading, Repository
from gitops_ci.kinds.kubernetes.sources import Deployment, Kustomization, Manifests, Unrendered
from gitops_ci.model.stack import Stack, stack_id


class Placed(Struct, frozen=True):
    """A stack, what it deploys, and how.

    `also` (cluster, name, file) tells two of one id apart; a directory has none. `application` is what it is, if any.
    """

    stack: Stack
    deployed: Deployed
    deployment: Deployment
    also: tuple[str, ...] = ()
    application: Application | None = None


class Survey(Struct, frozen=True):
    """What was found, and what each stack (by id) is rendered from.

    `applications` are all that are written or generated, in this repository or not, by namespace and name; `stacks` are
    the ids of those that deploy from it. `renderings` are the ApplicationSets.
    """

    found: Found
    deployments: Mapping[str, Deployment]
    applications: Mapping[tuple[str, str], Application]
    stacks: Mapping[tuple[str, str], str]
    renderings: tuple[Rendering, ...]
    repositories: Repositories


_known: WeakKeyDictionary[Snapshot, tuple[Config, Survey]] = WeakKeyDictionary()


def of(snapshot: Snapshot, config: Config) -> Survey:
    """The survey of a snapshot; made once for a configuration."""
    before = _known.get(snapshot)
    if before is None or before[0] is not config:
        before = _known[snapshot] = config, _made(Repository(snapshot, config))
    return before[1]


def _made(repository: Repository) -> Survey:
    objects, config = repository.declared, repository.config
    known = origins.of(objects)
    ours = repositories_of(
        config.kinds.kubernetes.repositories,
        (*votes(objects, repository.snapshot), *flux.votes(objects, repository, known)),
    )
    fixtures = config.kinds.kubernetes.generators
    renderings = tuple(
        sets.render(each, repository.snapshot, ours, fixtures) for each in objects if each.kind == "ApplicationSet"
    )
    argo = (*applications.written(objects), *(each for made in renderings for each in made.applications))
    placed = [
        *(each for each in (_of_application(one, repository, ours) for one in argo) if each is not None),
        *(_of_rendering(each, config) for each in renderings if each.troubles),
        *_of_flux(objects, repository, known, ours),
    ]
    placed = list(_with_directories(placed, repository))
    placed = list(_told_apart(placed))
    return Survey(
        found=Found(
            stacks=tuple(each.stack for each in placed),
            references=tuple(_references(placed, repository)),
            findings=reporting.Findings(repository, renderings, _used(placed, repository)),
        ),
        deployments={each.stack.id: each.deployment for each in placed},
        applications={_key(each): each for each in argo},
        stacks={_key(each.application): each.stack.id for each in placed if each.application is not None},
        renderings=renderings,
        repositories=ours,
    )


def _key(application: Application) -> tuple[str, str]:
    return application.namespace, application.name


def _of_application(application: Application, repository: Repository, ours: Repositories) -> Placed | None:
    deployed = sources.of(application, repository, ours)
    if deployed is None:
        return None
    by = application.by
    path = by.path.rpartition("/")[0] if deployed.path is None else deployed.path
    hints = (application.cluster, application.target, *(each.path for each in deployed.reads), by.path)
    stack = names.of_application(application.name or by.name, path, hints, repository.config)
    deployment = Deployment(
        sources=deployed.sources,
        cluster=application.cluster,
        namespace=application.target,
        prune=application.prune,
        cascade=application.cascade and not application.kept,
        by=f"Application {application.name}",
        path=by.path,
        line=by.line,
    )
    reads = (*deployed.reads, Reading(by.path), *map(Reading, application.read))
    deployed = structs.replace(deployed, reads=reads)
    return Placed(stack, deployed, deployment, (application.cluster, application.name, by.path), application)


def _of_rendering(rendering: Rendering, config: Config) -> Placed:
    """A set that cannot be rendered, or only in part: what it deploys is not known, and so never passes."""
    by = rendering.by
    what = f"ApplicationSet {by.name}"
    found = tuple(
        Unrendered(what=what, why=f"it cannot be rendered offline: {each.message}", path=by.path, line=each.line)
        if each.code == "offline"
        else Unrendered(what=what, why=each.message, path=by.path, line=each.line)
        for each in rendering.troubles
    )
    stack = names.of_application(by.name, by.path.rpartition("/")[0], (by.path,), config)
    deployed = Deployed(found, (Reading(by.path), *map(Reading, rendering.read)), None)
    return Placed(
        stack, deployed, Deployment(sources=found, by=what, path=by.path, line=by.line), ("", by.name, by.path)
    )


def _of_flux(
    objects: tuple[Declared, ...], repository: Repository, known: origins.Origins, ours: Repositories
) -> Iterator[Placed]:
    for by in objects:
        if by.kind not in ("Kustomization", "HelmRelease"):
            continue
        made = flux.kustomization if by.kind == "Kustomization" else flux.release
        deployed = made(by, repository, known, ours)
        if deployed is None:
            continue
        spec = values.mapping(by.manifest.value, "spec")
        path = by.path.rpartition("/")[0] if deployed.path is None else deployed.path
        stack = names.of_application(by.name, path, (by.path,), repository.config)
        is_pruned = by.kind == "HelmRelease" or spec.get("prune") is True
        deployment = Deployment(
            sources=deployed.sources,
            cluster=_cluster(by),
            namespace=values.text(spec, "targetNamespace"),
            prune=is_pruned,
            cascade=is_pruned and values.text(spec, "deletionPolicy") != "Orphan",
            by=f"{by.kind} {by.name}",
            path=by.path,
            line=by.line,
        )
        deployed = structs.replace(deployed, reads=(*deployed.reads, Reading(by.path)))
        yield Placed(stack, deployed, deployment, (_cluster(by), by.name, by.path))


def _cluster(by: Declared) -> str:
    """The cluster that an object of Flux is for, as far as its folders say it (`clusters/<name>`)."""
    parts = by.path.split("/")
    return next((parts[index + 1] for index, part in enumerate(parts[:-2]) if part == "clusters"), "")


def _with_directories(placed: list[Placed], repository: Repository) -> Iterator[Placed]:
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
    yield from placed
    for stack, deployed in Directories(repository, _claimed(placed, repository)).guessed():
        yield Placed(stack, deployed, Deployment(sources=deployed.sources, path=stack.path))


def _claimed(placed: list[Placed], repository: Repository) -> frozenset[str]:
    """Directories and files that something deploys."""
    found: set[str] = set()
    for each in placed:
        for source in each.deployed.sources:
            match source:
                case Manifests(files=files):
                    found.update(files)
                case Kustomization(path=path, files=files):
                    found.update((path, *files))
                case Unrendered():
                    pass
                case _:
                    found.add(source.path)
        if each.deployed.path is not None:
            found.add(repository.snapshot.resolve(each.deployed.path) or each.deployed.path)
    return frozenset(found)


def _told_apart(placed: list[Placed]) -> Iterator[Placed]:
    """Two of one id get instances: the cluster where that is enough, or else the name, or else the place as well."""
    alike: dict[str, list[Placed]] = {}
    for each in placed:
        alike.setdefault(each.stack.id, []).append(each)
    for group in alike.values():
        for each, instance in zip(group, _instances([one.also for one in group]), strict=True):
            stack = each.stack
            whole = f"{stack.instance}-{instance}" if stack.instance and instance else instance
            id = stack_id(stack.environment, stack.kind, stack.name, whole) if instance else stack.id
            yield structs.replace(each, stack=structs.replace(stack, id=id, instance=whole or stack.instance))


def _instances(also: list[tuple[str, ...]]) -> list[str]:
    """Words that tell stacks of one id apart, empty for one that is alone or a directory."""
    told = [each for each in also if each]
    if len(also) == 1 or not told:
        return [""] * len(also)
    clusters = [sanitized(each[0].partition("://")[2] or each[0]) for each in told]
    if all(clusters) and len(set(clusters)) == len(told):
        found = clusters
    else:
        found = [sanitized(each[1]) for each in told]
        if len(set(found)) < len(told):
            found = [sanitized(f"{each[1]}-{each[2].rpartition('.')[0]}") for each in told]
    words = iter(found)
    return [next(words) if each else "" for each in also]


def _used(placed: list[Placed], repository: Repository) -> frozenset[str]:
    """The directories whose kustomizations something deploys."""
    closures, snapshot = repository.kustomizations.closures, repository.snapshot
    paths = {
        snapshot.resolve(source.path) or source.path
        for each in placed
        for source in each.deployed.sources
        if isinstance(source, Kustomization)
    }
    return frozenset().union(*(closures.get(path, frozenset()) for path in paths))


def _references(placed: list[Placed], repository: Repository) -> Iterator[Reference]:
    for each in placed:
        for read in each.deployed.reads:
            yield Reference(each.stack.id, read.path, read.scope, read.certainty, read.suffixes)
    yield from repository.kustomizations.references()
    yield from repository.charts.references()
