"""What the objects of Argo CD and Flux in a repository deploy from it, each as a stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, structs

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import cascading, clusters, values
from gitops_ci.kinds.kubernetes.argocd import applications, constants, sets, sources, voting
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.argocd.sets import Rendering
from gitops_ci.kinds.kubernetes.discovery import names, pinning, refusing
from gitops_ci.kinds.kubernetes.discovery.placed import Placed
from gitops_ci.kinds.kubernetes.flux import deployed as flux
from gitops_ci.kinds.kubernetes.flux import origins
from gitops_ci.kinds.kubernetes.gotemplate import Budget
from gitops_ci.kinds.kubernetes.reading import repositories, revisions, submodules
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Deployed, Reading, Repository
from gitops_ci.kinds.kubernetes.reading.revisions import Wanted
from gitops_ci.kinds.kubernetes.sources import Deployment, Unrendered
from gitops_ci.kinds.kubernetes.sources import placed as at
from gitops_ci.model import stack as stacks
from gitops_ci.model.stack import SHARED, Stack

_FLUX = ("Kustomization", "HelmRelease")
Refused = Mapping[tuple[str, str], Unrendered]


class Deploying(Struct, frozen=True):
    """The stacks of Argo CD and Flux, all Applications and ApplicationSets, and which addresses are this repository.

    `written` is all that may deploy something, from here or from elsewhere, with its file; `refused` what no API server
    takes as it is.
    """

    placed: tuple[Placed, ...]
    applications: tuple[Application, ...]
    renderings: tuple[Rendering, ...]
    repositories: Repositories
    written: frozenset[tuple[str, str]]
    refused: Mapping[tuple[str, str], Unrendered]


def of(repository: Repository, objects: tuple[Declared, ...]) -> Deploying:
    """Goes through objects of Argo CD and Flux, those of files and those that something renders to."""
    known = origins.of(objects, repository.snapshot)
    told = (*voting.votes(objects, repository.snapshot), *flux.votes(objects, repository.snapshot, known))
    refused = refusing.of(objects, repository.snapshot)
    ours, renderings = _sets(objects, repository, told, refused)
    argo = (*applications.written(objects), *(each for made in renderings for each in made.applications))
    projects: dict[str, tuple[Declared, ...]] = {}
    for each in objects:
        if each.kind == "AppProject":
            projects[each.name] = (*projects.get(each.name, ()), each)
    placed = (
        *filter(None, (_of_application(each, repository, ours, projects) for each in argo)),
        *(_of_rendering(each, repository, ours) for each in renderings if each.troubles),
        *_of_flux(objects, repository, known, ours),
    )
    written = {(f"Application {each.name}", at(each.by.path, each.by.within)) for each in argo}
    written |= {(f"{each.kind} {each.name}", at(each.path, each.within)) for each in objects if each.kind in _FLUX}
    placed = tuple(_unless_refused(each, refused) for each in placed)
    return Deploying(placed, argo, renderings, ours, frozenset(written), refused)


def _sets(
    objects: tuple[Declared, ...], repository: Repository, told: tuple[tuple[str, bool], ...], refused: Refused
) -> tuple[Repositories, tuple[Rendering, ...]]:
    """Which addresses are this repository, and what the sets make; their Applications may tell of further addresses."""
    base, configured = _base(repository), repository.config.kinds.kubernetes.repositories
    ours = base or repositories.of(configured, told)
    renderings = _rendered(objects, repository, ours, refused)
    if base is not None or configured:
        return ours, renderings
    more = _with_generated(told, renderings, repository)
    return more, renderings if more == ours else _rendered(objects, repository, more, refused)


def _rendered(
    objects: tuple[Declared, ...], repository: Repository, ours: Repositories, refused: Refused
) -> tuple[Rendering, ...]:
    budget = Budget()
    fixtures = repository.config.kinds.kubernetes.generators
    return tuple(
        sets.refused(each, refused[named])
        if (named := refusing.named(each)) in refused
        else sets.render(each, repository.snapshot, ours, fixtures, budget)
        for each in objects
        if each.kind == "ApplicationSet"
    )


def _with_generated(
    told: tuple[tuple[str, bool], ...], renderings: tuple[Rendering, ...], repository: Repository
) -> Repositories:
    """Which addresses are this repository, with those that only generators give (annotations of clusters)."""
    written = {repositories.canonical(url) for url, _ in told}
    specs = [each.spec for made in renderings for each in made.applications]
    found = voting.generated(specs, repository.snapshot)
    return repositories.of((), (*told, *(each for each in found if repositories.canonical(each[0]) not in written)))


def _unless_refused(placed: Placed, refused: Mapping[tuple[str, str], Unrendered]) -> Placed:
    """A stack of what no API server takes: nobody knows what is deployed of it."""
    why = refused.get(placed.deployment.deployer)
    if why is None:
        return placed
    return structs.replace(placed, deployment=structs.replace(placed.deployment, sources=(why,)))


def _base(repository: Repository) -> Repositories | None:
    """What base knows to be this repository: a change does not decide it, unless it brings the first that asks."""
    from gitops_ci.kinds.kubernetes.discovery import survey

    base = repository.snapshot.base
    known = survey.of(base, repository.config).repositories if base is not None else None
    return known if known is not None and known.ours else None


def _of_application(
    application: Application, repository: Repository, ours: Repositories, projects: Mapping[str, tuple[Declared, ...]]
) -> Placed | None:
    snapshot = repository.snapshot
    deployed = sources.of(application, repository, ours)
    if deployed is None:
        return None
    by = application.by
    path = by.path.rpartition("/")[0] if deployed.path is None else deployed.path
    given = (each.path for each in deployed.reads if each.certainty == "file")  # value files, and no manifests
    hints = (application.cluster, application.target, *given, by.path)
    stack = _stack(by, application.name or by.name, path, hints, repository)
    deployment = Deployment(
        sources=deployed.sources,
        cluster=application.cluster,
        revisions=tuple(
            (repositories.canonical(url), (revision or "HEAD") if revisions.is_current(revision, snapshot) else "")
            for each in application.sources
            if ours.has(url := values.text(each, "repoURL"))
            for revision in (values.text(each, "targetRevision"),)
        )
        + _synced(application),
        namespace=application.target,
        prune=application.prune,
        cascade=application.cascade and not application.kept,
        by=f"Application {application.name}",
        home=application.namespace,
        path=by.path,
        line=by.line,
        within=by.within,
    )
    found = projects.get(application.project, ())
    shared = deployed.beside((*by.decided, *application.read, *(each.path for each in found)))
    deployed = structs.replace(deployed, reads=(*deployed.reads, *map(Reading, shared)))
    return Placed(
        stack,
        deployed,
        deployment,
        also=(application.cluster, application.name, at(by.path, by.within)),
        application=application,
        excerpt=(application.value, tuple(each.manifest.value for each in found)),
        shared=shared,
        maker=by.maker,
    )


def _synced(application: Application) -> tuple[tuple[str, str], ...]:
    """Where what is hydrated is synced from: from another branch or path other objects may come."""
    to = values.mapping(application.hydrator, "syncSource")
    url = values.text(to, "repoURL") or values.text(application.hydrator, "drySource", "repoURL")
    place = f"{repositories.canonical(url)} {values.text(to, 'path')}"
    return ((place, values.text(to, "targetBranch")),) if application.hydrator else ()


def _stack(by: Declared, name: str, path: str, hints: Iterable[str], repository: Repository) -> Stack:
    """What is rendered by another stack is of the same environment, unless its path says another one, and instance."""
    if by.maker is None:
        return names.of_application(name, path, hints, repository.config)
    outer = by.maker.stack
    before = () if outer.environment == SHARED else (outer.environment,)
    found = names.of_application(name, path, (*before, *hints), repository.config)
    return stacks.make(
        environment=found.environment, kind="kubernetes", name=found.name, path=path, instance=outer.instance
    )


def _of_rendering(rendering: Rendering, repository: Repository, ours: Repositories) -> Placed:
    """A set that cannot be rendered, or only in part: what it deploys is not known, and so never passes."""
    by = rendering.by
    what = f"ApplicationSet {by.name}"
    found = tuple(
        Unrendered(
            what=what,
            why=f"it cannot be rendered offline: {each.message}",
            path=by.path,
            line=each.line,
            code="set-offline",
        )
        if each.code == "offline"
        else Unrendered(what=what, why=each.message, path=by.path, line=each.line, code="invalid")
        for each in rendering.troubles
    )
    stack = _stack(by, by.name, by.path.rpartition("/")[0], (by.path,), repository)
    reads = (*map(Reading, (*by.decided, *rendering.read)), *constants.of(by, repository, ours))
    deployment = Deployment(sources=found, by=what, path=by.path, line=by.line, within=by.within)
    also = ("", by.name, at(by.path, by.within))
    return Placed(stack, Deployed(found, reads, None), deployment, also, maker=by.maker)


def _of_flux(
    objects: tuple[Declared, ...], repository: Repository, known: origins.Origins, ours: Repositories
) -> Iterator[Placed]:
    for by in objects:
        if by.kind not in _FLUX:
            continue
        made = flux.kustomization if by.kind == "Kustomization" else flux.release
        deployed = made(by, repository, known, ours)
        if deployed is None:
            continue
        if known.has_submodules(by):
            deployed = submodules.told(deployed, repository, by.path, by.line, below=True)
        if wanted := revisions.of_flux(by, objects, known, repository.snapshot):
            there = revisions.seen(wanted, repository.snapshot)
            seen = made(by, repository.at(there), known, ours) if there is not None else None
            deployed = _pinned(by, wanted, (deployed, seen, there), repository)
        spec = values.mapping(by.manifest.value, "spec")
        path = by.path.rpartition("/")[0] if deployed.path is None else deployed.path
        stack = _stack(by, by.name, path, (by.path,), repository)
        is_pruned = by.kind == "HelmRelease" or spec.get("prune") is True
        deployment = Deployment(
            sources=deployed.sources,
            cluster=_cluster(by),
            namespace=values.text(spec, "targetNamespace"),
            prune=is_pruned,
            cascade=cascading.takes_along(by.manifest.value),
            suspended=spec.get("suspend") is True,
            by=f"{by.kind} {by.name}",
            home=by.namespace,
            path=by.path,
            line=by.line,
            within=by.within,
        )
        shared = deployed.beside((*by.decided, *known.files(by)))
        deployed = structs.replace(deployed, reads=(*deployed.reads, *map(Reading, shared)))
        excerpt = (by.manifest.value, known.meant(by))
        also = (_cluster(by), by.name, at(by.path, by.within))
        yield Placed(stack, deployed, deployment, also, excerpt=excerpt, shared=shared, maker=by.maker)


def _pinned(
    by: Declared, wanted: Wanted, found: tuple[Deployed, Deployed | None, Snapshot | None], repository: Repository
) -> Deployed:
    """What a source at another revision deploys: as it is there, or nothing of what is here.

    Files here are none of it, if it is known which branch this is, or that it is another revision.
    """
    here, seen, there = found
    line = by.line_of("spec", "sourceRef")
    if seen is not None and there is not None and there.commit is not None:
        return pinning.of(seen, wanted.name, there.commit, by.path, line)
    what = f"{by.kind} {by.name}"
    unrendered = Unrendered(what=what, why=wanted.why, path=by.path, line=line, code="revision-missing")
    is_another = revisions.is_surely_another(wanted, repository.snapshot)
    return Deployed((unrendered,), () if is_another else here.reads, here.path)


def _cluster(by: Declared) -> str:
    """The cluster that an object of Flux is for, as far as its folders say it (`clusters/<name>`)."""
    return clusters.of_path(by.path.rpartition("/")[0])
