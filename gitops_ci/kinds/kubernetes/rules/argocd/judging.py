"""All rules about Argo CD's objects, asked at once; what all Applications of one set have is told once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.kubernetes.rules import values
from gitops_ci.kinds.kubernetes.rules.argocd import form, projects, repository, sets, sync
from gitops_ci.kinds.kubernetes.rules.argocd.application import HOME, Application, Fault, World
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.policy.documents.yaml_documents import Place

COLLISION = "argocd/name-collision"

_LEFT = re.compile(r"\{\{[^{}]*\}\}")
_SHOWN = 3
_FILLED_IN: tuple[Place, ...] = (
    ("metadata", "name"), ("spec", "project"), ("spec", "destination", "server"), ("spec", "destination", "name"),
    ("spec", "destination", "namespace"), ("spec", "source", "path"), ("spec", "source", "repoURL"),
    ("spec", "source", "targetRevision"),
)  # fmt: skip
"""Where a word that nothing is given for cannot be meant."""


class WrittenSet(Struct, frozen=True, kw_only=True):
    """An ApplicationSet and the Applications that it generates; None where that needs what is not here.

    `scope` is what tells one Argo CD from another one: the environment of the file.
    """

    value: Mapping[str, Any]
    path: str
    line_of: Callable[[Place], int]
    scope: str = ""
    applications: tuple[Application, ...] | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return values.text(self.value, "metadata", "name") or "(no name)"


def told(applications: Iterable[Application], written: Iterable[WrittenSet], world: World) -> Iterator[Told]:
    """What the rules say of Applications that are written, and of sets with what they generate."""
    for each in applications:
        yield from _grouped([(each, fault) for fault in _faults(each, world)])
    several = list(written)
    for one in several:
        for fault in sets.faults(one.value):
            said = f"ApplicationSet {one.name}: {fault.message}"
            yield Told(rule=fault.rule, message=said, path=one.path, line=one.line_of(fault.place))
        made = one.applications or ()
        yield from _grouped([(each, fault) for each in made for fault in (*_faults(each, world), *_left(each))])
        yield from _alike(one)
    yield from _alike_across(several)


def _faults(each: Application, world: World) -> Iterator[Fault]:
    yield from form.faults(each)
    if isinstance(each.value.get("spec"), Mapping):
        yield from sync.faults(each)
        yield from repository.faults(each, world)
        yield from projects.faults(each, world)


def _left(each: Application) -> Iterator[Fault]:
    for place in _FILLED_IN:
        left = _LEFT.search(values.text(each.value, *place))
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
            message=f"{each.label}: {message}{which}",
            path=each.path,
            line=each.line_of((*each.within, *place)),
            severity=fault.severity,
        )


def _alike(one: WrittenSet) -> Iterator[Told]:
    """Names that are empty, or given twice: Argo CD then refuses all of the set."""
    seen: set[str] = set()
    line = one.line_of(("spec", "template", "metadata", "name"))
    for each in one.applications or ():
        said = "" if each.name and each.name not in seen else f"two Applications are called {each.name}"
        if not each.name:
            said = "an Application has no name"
        if said and said not in seen:
            yield Told(rule=COLLISION, message=f"ApplicationSet {one.name}: {said}", path=one.path, line=line)
            seen.add(said)
        seen.add(each.name)


def _alike_across(several: list[WrittenSet]) -> Iterator[Told]:
    """Two sets that give one name take the Application from each other (argo-cd#15874)."""
    owners: dict[tuple[str, str, str], str] = {}
    for one in several:
        namespace = values.text(one.value, "metadata", "namespace") or HOME
        clashes = dict.fromkeys(
            (each.name, owner)
            for each in one.applications or ()
            if each.name and (owner := owners.get((one.scope, namespace, each.name), one.name)) != one.name
        )
        for name, owner in clashes:
            said = f"ApplicationSet {one.name}: the ApplicationSet {owner} makes an Application {name}, too"
            line = one.line_of(("spec", "template", "metadata", "name"))
            yield Told(rule=COLLISION, message=said, path=one.path, line=line, severity="warning")
        for each in one.applications or ():
            owners.setdefault((one.scope, namespace, each.name), one.name)
