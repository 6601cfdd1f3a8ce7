"""Whether an engine renders to the same objects of Argo CD and Flux that were found without one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes import rendering, values
from gitops_ci.kinds.kubernetes.discovery import deployments, survey
from gitops_ci.kinds.kubernetes.objects import Gap, Object, Rendered
from gitops_ci.kinds.kubernetes.reading.manifests import ARGO, HELM_CONTROLLER, KUSTOMIZE_CONTROLLER, SOURCES
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.sources import Deployment
from gitops_ci.kinds.protocol import Tools
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

_DEPLOYING = frozenset(
    {
        (ARGO, "Application"),
        (ARGO, "ApplicationSet"),
        (KUSTOMIZE_CONTROLLER, "Kustomization"),
        (HELM_CONTROLLER, "HelmRelease"),
        (SOURCES, "GitRepository"),  # which says at which revision
    }
)


def gaps(deployment: Deployment, found: Rendered, inventory: Inventory, tools: Tools) -> Iterator[Gap]:
    """Why it is not sure what a stack deploys: what renders to its deployer, or itself to others, gives other ones.

    What renders to its deployer is rendered for it, unless it was in this run.
    """
    known = survey.of(inventory.snapshot, inventory.config)
    if deployment.within:
        yield from _makers(deployment, known, inventory, tools)
    made = [each for each in found.objects if _key(each)[:2] in _DEPLOYING]
    alike: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for one in known.objects if made else ():
        alike.setdefault((one.group, one.kind, one.name), []).append(one.manifest.value)
    for each in made:
        key = _key(each)
        if not any(_same(each.value, value) for value in alike.get(key, ())) and _may_deploy(each, known.repositories):
            how = "makes another one of it than was read" if key in alike else "makes it, and it was not found"
            message = f"{key[1]} {key[2]}: the engine {how} without one, so that what it deploys is not known"
            yield Gap(code="read-otherwise", message=message, path=each.path, line=each.line)


def _key(each: Object) -> tuple[str, str, str]:
    return each.identity.group, each.identity.kind, each.identity.name


def _makers(deployment: Deployment, known: survey.Survey, inventory: Inventory, tools: Tools) -> Iterator[Gap]:
    outer = inventory.stacks.get(known.makers.get(deployment.within, ""))
    alike = [each for each in known.objects if (each.within, each.path) == (deployment.within, deployment.path)]
    own = [each for each in alike if f"{each.kind} {each.name}" == deployment.by]
    wanted = own or [each for each in alike if each.kind == "ApplicationSet"]
    if outer is None or not wanted:
        return
    made = rendering.rendered(deployments.of(outer, inventory), outer, inventory, tools)
    for each in wanted:
        if not any(
            _key(one) == (each.group, each.kind, each.name) and _same(one.value, each.manifest.value)
            for one in made.objects
        ):
            why = made.gaps[0].message if made.gaps else "the engine makes another one of it than was found without one"
            message = f"what {outer.id} makes of {each.kind} {each.name} is not sure: {why}"
            yield Gap(code="read-otherwise", message=message, path=each.path, line=each.line)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both say the same of what is deployed, and of what goes with it."""
    return _alike(one.get("spec"), other.get("spec")) and _finalizers(one) == _finalizers(other)


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are one; texts of YAML are where they hold the same (`toYaml` breaks lines elsewhere)."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, str) and isinstance(other, str) and one != other and "\n" in one:
        first, second = _held(one), _held(other)
        return first is not None and first == second
    return bool(one == other)


@lru_cache(maxsize=256)
def _held(text: str) -> Any:
    """What a text of YAML holds; None where it is no mapping or list."""
    try:
        found = [each.value for each in yaml_documents.documents(text.encode("utf-8", "replace"))]
    except YamlProblem:
        return None
    return found[0] if len(found) == 1 and isinstance(found[0], dict | list) else None


def _finalizers(value: Mapping[str, Any]) -> list[str]:
    return values.texts(dict(value), "metadata", "finalizers")


def _may_deploy(each: Object, ours: Repositories) -> bool:
    """Whether it may deploy something of this repository."""
    spec = values.mapping(dict(each.value), "spec")
    match each.identity.kind:
        case "Application":
            sources: Iterable[dict[str, Any]] = values.mappings(spec, "sources") or [values.mapping(spec, "source")]
            return any(ours.has(values.text(source, "repoURL")) for source in sources)
        case "HelmRelease":
            kinds = {values.text(spec, "chart", "spec", "sourceRef", "kind"), values.text(spec, "chartRef", "kind")}
            return not kinds.isdisjoint(("GitRepository", "ExternalArtifact", "HelmChart"))
        case "HelmChart":
            return values.text(spec, "sourceRef", "kind") == "GitRepository"
        case "GitRepository":
            return ours.has(values.text(spec, "url"))
        case _:
            return True
