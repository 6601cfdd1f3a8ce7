"""What is lost with an object that goes, and what stays of it: words for reasons, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import cascading
from gitops_ci.kinds.kubernetes.objects import Object

REFUSED = "the API server refuses it until it is deleted by hand, or Replace or Force is set"
RUNS_AGAIN = "a hook: it is made anew and runs again"

_KEPT: tuple[tuple[str, str, str], ...] = (
    ("helm.sh/resource-policy", "keep", "helm.sh/resource-policy keeps it"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled", "kustomize.toolkit.fluxcd.io/prune is disabled"),
)
_ARGO_OPTIONS = "argocd.argoproj.io/sync-options"
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
_GOES_WITH: dict[tuple[str, str], str] = {
    ("", "Namespace"): "everything in the namespace goes with it",
    ("", "PersistentVolumeClaim"): "the data of its volume goes with it, unless the volume's policy is Retain",
    ("", "PersistentVolume"): "what it stores is given up",
    ("apps", "StatefulSet"): "its pods go; their volumes stay or go as its retention policy says",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "every object of this kind goes with it",
}
_NOBODY_TELLS = "no longer rendered: deleted where what applies this stack prunes, else left behind"
_UNPRUNED = "no longer rendered, and nothing prunes it: left behind"


def left_behind(value: Mapping[str, Any], *, prune: bool | None) -> str:
    """Why an object that is no longer rendered stays in the cluster; empty where it does not, or may not."""
    annotations = _annotations(value)
    for name, setting, reason in _KEPT:
        if annotations.get(name) == setting:
            return reason
    options = [each.strip() for each in str(annotations.get(_ARGO_OPTIONS, "")).split(",")]
    if "Prune=false" in options or "Delete=false" in options:
        return f"{_ARGO_OPTIONS} keeps it"
    return _UNPRUNED if prune is False else ""


def lost(each: Object, *, prune: bool | None) -> str:
    """What a deletion loses, and that nobody says whether there is one."""
    known = _GOES_WITH.get((each.identity.group, each.identity.kind), "")
    return "; ".join(filter(None, (known, cascading.told(each.value), "" if prune else _NOBODY_TELLS)))


def lost_anew(each: Object) -> str:
    """What is lost where an object has to be deleted to be made anew."""
    return _GOES_WITH.get((each.identity.group, each.identity.kind), "")


def is_hook(value: Mapping[str, Any]) -> bool:
    """Whether an object is deleted and made anew at each release, as its annotations ask for."""
    annotations = _annotations(value)
    options = str(annotations.get(_ARGO_OPTIONS, ""))
    return any(name in annotations for name in _HOOKS) or "Replace=true" in options or "Force=true" in options


def pods(value: Mapping[str, Any]) -> Any:
    """The template of the pods that a workload runs on; None of what has none, or starts them by the clock."""
    spec = value.get("spec")
    return spec.get("template") if isinstance(spec, Mapping) else None


def _annotations(value: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return annotations if isinstance(annotations, Mapping) else {}
