"""What objects of Argo CD and Flux deploy from elsewhere (charts of registries, other repositories): nobody sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct, structs

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.discovery import survey
from gitops_ci.kinds.kubernetes.discovery.survey import Survey
from gitops_ci.kinds.kubernetes.objects import Object, Rendered
from gitops_ci.kinds.kubernetes.reading import repositories
from gitops_ci.kinds.kubernetes.reading.manifests import ARGO, HELM_CONTROLLER, KUSTOMIZE_CONTROLLER, SOURCES
from gitops_ci.model.plan import Problem, Unseen
from gitops_ci.policy import secrets

CODE = "remote"
"""Of a plan's Problem, where the configuration wants such a change to be decided by somebody."""

_K3S, _FLUX_OPERATOR = "helm.cattle.io", "fluxcd.controlplane.io"
_GROUPS = frozenset({ARGO, HELM_CONTROLLER, KUSTOMIZE_CONTROLLER, SOURCES, _K3S, _FLUX_OPERATOR})
_WHEN = ("interval", "retryInterval", "timeout", "dependsOn", "maxHistory", "driftDetection", "test", "healthChecks")
"""What of Flux's specs says when something is deployed, or how it is watched, and not what."""
_LONGEST = 200
_WHY = {"chart": "the chart is not in this repository", "source": "it is not in this repository"}
_IN_THE_CLUSTER = "its objects are made in the cluster"

Name = tuple[str, str, str]
"""The kind, namespace and name of an object."""


class _Asked(Struct, frozen=True):
    """What one object takes from elsewhere, and `by` all that decides what that is; `alone`: nothing deploys it yet."""

    what: str
    sort: Literal["chart", "source"]
    by: object
    path: str | None
    line: int | None
    alone: bool = False
    why: str = ""


class _End(Struct, frozen=True):
    """The objects of an end by name, what the repository has there, and what deploys its stacks, with its file."""

    objects: Mapping[Name, Object]
    known: Survey
    stacks: frozenset[tuple[str, str]]


def altered(base: Inventory | None, head: Inventory | None, ends: tuple[Rendered, Rendered]) -> tuple[Unseen, ...]:
    """What is deployed from elsewhere and comes, or is another one than before; nothing of what goes."""
    if head is None or not any(each.identity.group in _GROUPS for each in ends[1].objects):
        return ()
    before = _all(base, ends[0]) if base is not None else {}
    found: dict[Unseen, None] = {}
    for key, each in _all(head, ends[1]).items():
        old = before.get(key)
        if (old is None and each.alone) or (old is not None and (old.what, old.by) == (each.what, each.by)):
            continue
        what = secrets.masked(each.what)[:_LONGEST]
        found[Unseen(what=what, sort=each.sort, why=each.why or _WHY[each.sort], path=each.path, line=each.line)] = None
    return tuple(found)


def undecided(found: tuple[Unseen, ...], inventory: Inventory | None) -> Problem | None:
    """Why a plan is not decided, where the configuration has it so (`kinds.kubernetes.remote`)."""
    if not found or inventory is None or inventory.config.kinds.kubernetes.remote == "tell":
        return None
    first = found[0]
    more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
    message = f"not looked at: what {first.what} deploys: {first.why}{more}"
    return Problem(code=CODE, message=message, path=first.path, line=first.line)


def _all(inventory: Inventory, rendered: Rendered) -> dict[tuple[Name, int], _Asked]:
    """What the objects of an end ask for, by the object and the number of its source."""
    by_name = {(each.identity.kind, each.identity.namespace, each.identity.name): each for each in rendered.objects}
    known = survey.of(inventory.snapshot, inventory.config)
    end = _End(by_name, known, frozenset((each.by, each.path) for each in known.deployments.values()))
    found: dict[tuple[Name, int], _Asked] = {}
    taken: set[Name] = set()
    for name, each in by_name.items():
        match each.identity.group, each.identity.kind:
            case (group, "Application") if group == ARGO:
                sources = values.mapping(each.value, "spec")
                asked = list(_application(sources, (each.path, each.line), end.known))
            case (group, "ApplicationSet") if group == ARGO:
                found.update(_generated(each, end.known))
                continue
            case (group, "HelmRelease") if group == HELM_CONTROLLER:
                asked = list(_release(name, each, end, taken))
            case (group, "Kustomization") if group == KUSTOMIZE_CONTROLLER:
                asked = list(_kustomization(name, each, end, taken))
            case (group, "HelmChart") if group == _K3S:
                asked = [_made(each, _versioned(values.mapping(each.value, "spec")), "chart", each.value.get("spec"))]
            case (group, "ResourceSet") if group == _FLUX_OPERATOR:
                made = _made(each, f"ResourceSet {each.identity.name}", "source", each.value.get("spec"))
                asked = [structs.replace(made, why=_IN_THE_CLUSTER)]
            case _:
                continue
        found.update(((name, number), one) for number, one in enumerate(asked))
    for name, each in by_name.items():
        if each.identity.group == SOURCES and name not in taken:
            found.update(((name, number), one) for number, one in enumerate(_alone(each, end.known)))
    return found


def _application(spec: Mapping[str, Any], place: tuple[str | None, int | None], known: Survey) -> Iterator[_Asked]:
    """Its sources, where none of them is of this repository: else it is a stack, whose own plan says what is missing.

    What a source takes of others (`ref`) decides about it as well.
    """
    several = values.mappings(spec, "sources") or [values.mapping(spec, "source")]
    if any(known.repositories.has(values.text(each, "repoURL")) for each in several):
        return
    referred = [each for each in several if values.text(each, "ref")]
    for each in several:
        url, chart = values.text(each, "repoURL"), values.text(each, "chart")
        if not url or (values.text(each, "ref") and not values.text(each, "path")):
            continue
        by = (each, referred, spec.get("destination"))
        revision = values.text(each, "targetRevision")
        if chart or url.startswith("oci://"):
            yield _Asked(f"{chart or _last(url)} {revision}".rstrip(), "chart", by, *place)
        else:
            yield _Asked(f"{repositories.canonical(url)} at {revision or 'HEAD'}", "source", by, *place)


def _generated(by: Object, known: Survey) -> Iterator[tuple[tuple[Name, int], _Asked]]:
    """What the Applications that a set makes take from elsewhere."""
    made: list[Application] = [
        each for each in known.applications.values() if each.generator and each.generator == by.identity.name
    ]
    for each in made:
        for number, asked in enumerate(_application(each.spec, (by.path, by.line), known)):
            yield (("Application", each.namespace, each.name), number), asked


def _release(name: Name, each: Object, end: _End, taken: set[Name]) -> Iterator[_Asked]:
    spec = values.mapping(each.value, "spec")
    chart, reference = values.mapping(spec, "chart", "spec"), values.mapping(spec, "chartRef")
    if (f"HelmRelease {each.identity.name}", each.path) in end.stacks:
        _named(reference, name, end, taken)
        return
    by_source = values.mapping(chart, "sourceRef") if chart else reference
    source = _named(by_source, name, end, taken)
    listed = values.mappings(spec, "valuesFrom")
    held = [end.objects.get((values.text(one, "kind"), name[1], values.text(one, "name"))) for one in listed]
    given = [(one.value.get("data"), one.value.get("stringData")) for one in held if one is not None]
    by = (_what(spec), _what(values.mapping(source.value, "spec")) if source is not None else None, given)
    if chart and values.text(by_source, "kind") in ("HelmRepository", ""):
        yield _made(each, _versioned(chart), "chart", by)
    elif chart:
        of = f"{values.text(by_source, 'kind')} {values.text(by_source, 'name')}"
        yield _made(each, f"{values.text(chart, 'chart')} of {of}", "source", by)
    elif source is not None:
        yield _made(each, _source(source), "chart", by)
    elif reference:
        yield _made(each, f"{values.text(reference, 'kind')} {values.text(reference, 'name')}", "chart", by)


def _kustomization(name: Name, each: Object, end: _End, taken: set[Name]) -> Iterator[_Asked]:
    if (f"Kustomization {each.identity.name}", each.path) in end.stacks:
        return
    spec = values.mapping(each.value, "spec")
    reference = values.mapping(spec, "sourceRef")
    if not reference:
        return
    source = _named(reference, name, end, taken)
    if source is not None and _is_here(source, end.known):
        return
    what = (
        _source(source) if source is not None else f"{values.text(reference, 'kind')} {values.text(reference, 'name')}"
    )
    by = (_what(spec), _what(values.mapping(source.value, "spec")) if source is not None else None)
    yield _made(each, f"{values.text(spec, 'path') or './'} of {what}", "source", by)


def _is_here(source: Object, known: Survey) -> bool:
    """Whether a source of Flux is this repository, or a chart in it."""
    spec = values.mapping(source.value, "spec")
    urls = [values.text(spec, "url")]
    if source.identity.kind == "HelmChart":
        name, by = values.text(spec, "sourceRef", "name"), values.text(spec, "sourceRef", "kind")
        named = (each for each in known.objects if (by, each.kind, each.name) == ("GitRepository", by, name))
        urls = [values.text(each.manifest.value, "spec", "url") for each in named]
    return any(known.repositories.has(each) for each in urls)


def _alone(each: Object, known: Survey) -> Iterator[_Asked]:
    """A source that other stacks take: where it comes it deploys nothing by itself yet."""
    if not _is_here(each, known):
        spec = _what(values.mapping(each.value, "spec"))
        sort: Literal["chart", "source"] = "chart" if each.identity.kind in ("HelmChart", "OCIRepository") else "source"
        yield structs.replace(_made(each, _source(each), sort, spec), alone=True)


def _named(reference: Mapping[str, Any], by: Name, end: _End, taken: set[Name]) -> Object | None:
    """The source that a reference means, where it is of the same stack."""
    name = values.text(reference, "kind"), values.text(reference, "namespace") or by[1], values.text(reference, "name")
    taken.add(name)
    return end.objects.get(name)


def _source(each: Object) -> str:
    """A source of Flux in words: an artifact of a registry by its last name and its tag."""
    spec = values.mapping(each.value, "spec")
    url, reference = values.text(spec, "url"), values.mapping(spec, "ref")
    revision = next(filter(None, (values.text(reference, key) for key in ("digest", "semver", "tag", "commit"))), "")
    match each.identity.kind:
        case "OCIRepository":
            return f"{_last(url)} {revision}".rstrip()
        case "HelmChart":
            return _versioned(spec)
        case "GitRepository":
            return f"{repositories.canonical(url)} at {revision or values.text(reference, 'branch') or 'master'}"
        case kind:
            return f"{kind} {each.identity.name}"


def _versioned(chart: Mapping[str, Any]) -> str:
    return f"{values.text(chart, 'chart') or 'a chart'} {values.text(chart, 'version')}".rstrip()


def _last(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def _what(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in spec.items() if key not in _WHEN}


def _made(each: Object, what: str, sort: Literal["chart", "source"], by: object) -> _Asked:
    return _Asked(what, sort, by, each.path, each.line)
