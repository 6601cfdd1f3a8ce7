"""All rules about Argo CD's objects, asked at once; what all Applications of one set have is told once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec import structs

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.argocd import applications
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.argocd.sets import Rendering
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.reading import whole
from gitops_ci.kinds.kubernetes.reading.manifests import ARGO, Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.rules import reporting
from gitops_ci.kinds.kubernetes.rules.argocd import destinations, form, projects, repository, sets, sync
from gitops_ci.kinds.kubernetes.rules.argocd.application import HOME, Fault, World, label
from gitops_ci.kinds.kubernetes.rules.subject import Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.kinds.kubernetes.schemas import fields
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import SHARED
from gitops_ci.policy.documents.manifests import Manifest
from gitops_ci.policy.documents.yaml_documents import Document, Place

COLLISION = "argocd/name-collision"

_LEFT = re.compile(r"\{\{[^{}]*\}\}")
_WORD = re.compile(r"\w+")
_SHOWN = 3
_FILLED_IN: tuple[tuple[str, ...], ...] = (
    ("metadata", "name"), ("spec", "project"), ("spec", "destination", "server"), ("spec", "destination", "name"),
    ("spec", "destination", "namespace"),
)  # fmt: skip
_OF_SOURCE = ("path", "repoURL", "targetRevision", "chart")
"""Where a word that nothing is given for cannot be meant, in the Application and in each of its sources."""


def told(apps: Iterable[Application], renderings: Iterable[Rendering], world: World) -> Iterator[Told]:
    """What the rules say of Applications that are written, and of sets with what they generate."""
    for each in apps:
        faults = _without_misspelt(_faults(each, world), each.value)
        yield from _grouped([(each, fault) for fault in faults])
    several = list(renderings)
    for one in several:
        refused = {trouble.line for trouble in one.troubles if trouble.code == "invalid"}
        for fault in _without_misspelt(sets.faults(one.by.manifest.value), one.by.manifest.value):
            if fault.place[:2] == ("spec", "generators") and one.by.line_of(*fault.place[:3]) in refused:
                continue  # told as argocd/set-invalid, with what Argo CD says of it
            said = f"ApplicationSet {one.by.name}: {fault.message}"
            yield Told(rule=fault.rule, message=said, path=one.by.path, line=one.by.line_of(*fault.place))
        made = one.applications
        yield from _grouped([(each, fault) for each in made for fault in (*_faults(each, world), *_left(each))])
        yield from _alike(one)
    yield from _alike_across(several, world.config)


def _faults(each: Application, world: World) -> Iterator[Fault]:
    yield from form.faults(each)
    if isinstance(each.value.get("spec"), Mapping):
        yield from sync.faults(each)
        yield from repository.faults(each, world)
        yield from projects.faults(each, world)
        yield from destinations.faults(each, world)


def _without_misspelt(faults: Iterable[Fault], value: Mapping[str, Any]) -> Iterator[Fault]:
    """What is only missing since its name is misspelt is told once, as kubernetes/unknown-field."""
    meant: frozenset[str] | None = None
    for fault in faults:
        if fault.rule in (form.INCOMPLETE, sets.INCOMPLETE):
            if meant is None:
                found = fields.misfits(value, values.text(value, "apiVersion"), values.text(value, "kind"))
                meant = frozenset(each.meant for each in found if each.unknown and each.meant)
            if not meant.isdisjoint(_WORD.findall(fault.message)):
                continue
        yield fault


def _left(each: Application) -> Iterator[Fault]:
    sources = [("spec", "source"), *(("spec", *at) for at, _ in values.placed(each.spec, "sources"))]
    for place in (*_FILLED_IN, *((*source, key) for source in sources for key in _OF_SOURCE)):
        text = values.at(each.value, *place)
        left = _LEFT.search(text) if isinstance(text, str) else None
        if left is not None:
            yield Fault(sets.LANGUAGE, place, f"no generator gives `{left[0]}`: it stays as it is")


def _grouped(faults: list[tuple[Application, Fault]]) -> Iterator[Told]:
    groups: dict[tuple[str, Place, str], list[tuple[Application, Fault]]] = {}
    for each, fault in faults:
        groups.setdefault((fault.rule, fault.place, fault.message), []).append((each, fault))
    for (rule, place, message), found in groups.items():
        each, fault = found[0]
        given = list(dict.fromkeys(one.what for _, one in found if one.what))
        more = f" and {len(given) - _SHOWN} more" if len(given) > _SHOWN else ""
        which = f": {', '.join(given[:_SHOWN])}{more}" if given else ""
        yield Told(
            rule=rule,
            message=f"{label(each)}: {message}{which}",
            path=each.by.path,
            line=each.line_of(*place),
            severity=fault.severity,
        )


def _alike(one: Rendering) -> Iterator[Told]:
    """Names that are empty, or given twice: Argo CD then refuses all of the set."""
    seen: set[str] = set()
    line = one.by.line_of("spec", "template", "metadata", "name")
    for each in one.applications:
        said = "" if each.name and each.name not in seen else f"two Applications are called {each.name}"
        if not each.name:
            said = "an Application has no name"
        if said and said not in seen:
            yield Told(rule=COLLISION, message=f"ApplicationSet {one.by.name}: {said}", path=one.by.path, line=line)
            seen.add(said)
        seen.add(each.name)


def _alike_across(several: list[Rendering], config: Config) -> Iterator[Told]:
    """Two sets that give one name take the Application from each other (argo-cd#15874)."""
    owners: dict[tuple[str, str, str], str] = {}
    for one in several:
        namespace, scope = one.by.namespace or HOME, _scope(one.by.path, config)
        clashes = dict.fromkeys(
            (each.name, owner)
            for each in one.applications
            if each.name and (owner := owners.get((scope, namespace, each.name), one.by.name)) != one.by.name
        )
        for name, owner in clashes:
            said = f"ApplicationSet {one.by.name}: the ApplicationSet {owner} makes an Application {name}, too"
            line = one.by.line_of("spec", "template", "metadata", "name")
            yield Told(rule=COLLISION, message=said, path=one.by.path, line=line, severity="warning")
        for each in one.applications:
            owners.setdefault((scope, namespace, each.name), one.by.name)


def _scope(path: str, config: Config) -> str:
    """What tells the sets of one Argo CD from those of another one: the environment of a file, else its folder."""
    environment = naming.environment_of_path(path, config)
    return environment if environment != SHARED else path.rpartition("/")[0]


def of(objects: tuple[Declared, ...], renderings: Iterable[Rendering], world: World) -> Iterator[Finding]:
    """The findings about all of Argo CD's objects that are deployed as they are written in the repository."""
    alone = whole.written(objects, world.snapshot)
    known = ids(alone)
    sets_of = [each for each in renderings if (each.by.path, each.by.kind, each.by.name) in known]
    made = (*applications.written(objects), *(each for one in sets_of for each in one.applications))
    known_to = structs.replace(world, destinations=destinations.used(made))
    yield from reporting.findings(told(applications.written(alone), sets_of, known_to))


def world(repository: Repository, repositories: Repositories, objects: tuple[Declared, ...]) -> World:
    """What the Applications of a snapshot are judged by; `objects` stand in files, or are rendered."""
    return World(
        snapshot=repository.snapshot,
        config=repository.config,
        repositories=repositories,
        destinations=destinations.used(applications.written(objects)),
        projects={(each.namespace or HOME, each.name): each for each in objects if each.kind == "AppProject"},
    )


def ids(objects: Iterable[Declared]) -> frozenset[tuple[str, str, str]]:
    """What tells objects in files apart: path, kind and name."""
    return frozenset((each.path, each.kind, each.name) for each in objects)


def rendered(subject: Subject, world: World, known: Collection[tuple[str, str, str]]) -> Iterator[Told]:
    """What the rules say of Argo CD's objects that a stack renders and that are not `known` as they are written."""
    own = {
        (each.identity.namespace or HOME, each.identity.name): _declared(each)
        for each in subject.objects
        if (each.identity.group, each.identity.kind) == (ARGO, "AppProject")
    }
    world = structs.replace(world, projects={**world.projects, **own}) if own else world
    for each in subject.objects:
        identity, path = each.identity, each.path or ""
        if identity.group != ARGO or (path, identity.kind, identity.name) in known:
            continue
        by = _declared(each)
        found: Iterable[Fault] = ()
        if identity.kind == "Application":
            found = (fault for app in applications.written((by,)) for fault in _faults(app, world))
        elif identity.kind == "ApplicationSet":
            found = sets.faults(by.manifest.value)
        for fault in _without_misspelt(found, each.value):
            said = f"{fault.message}: {fault.what}" if fault.what else fault.message
            yield subject.told(fault.rule, said, each, fault.place, severity=fault.severity)


def _declared(each: Object) -> Declared:
    return Declared(each.path or "", Manifest(dict(each.value), Document(each.value, each.line or 1, {})))
