"""Whether what an object of Argo CD or Flux deployed goes away with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.reading.manifests import ARGO, HELM_CONTROLLER, KUSTOMIZE_CONTROLLER

FINALIZER = "resources-finalizer.argocd.argoproj.io"
"""With it, or with `/background` or `/foreground` behind it, all that an Application deployed goes with it."""

DEPLOYED = "what it deployed"


def has_finalizer(value: Mapping[str, Any]) -> bool:
    """Whether an Application takes what it deployed with it."""
    own = values.texts(value, "metadata", "finalizers")
    return any(each == FINALIZER or each.startswith(f"{FINALIZER}/") for each in own)


def takes_along(value: Mapping[str, Any]) -> bool | None:
    """Whether what an object deployed goes with it; None of what deploys nothing by itself.

    Flux's controllers delete nothing of what is suspended (kustomize-controller, helm-controller: finalizers), and a
    Kustomization's `deletionPolicy` is `MirrorPrune` where it says none.
    """
    spec = values.mapping(value, "spec")
    match str(value.get("apiVersion", "")).partition("/")[0], value.get("kind"):
        case (group, "Application") if group == ARGO:
            return has_finalizer(value)
        case (group, "Kustomization") if group == KUSTOMIZE_CONTROLLER:
            told = {"Orphan": False, "Delete": True, "WaitForTermination": True}
            goes = told.get(values.text(spec, "deletionPolicy"), spec.get("prune") is True)
            return goes and spec.get("suspend") is not True
        case (group, "HelmRelease") if group == HELM_CONTROLLER:
            return spec.get("suspend") is not True
        case _:
            return None


def told(value: Mapping[str, Any]) -> str:
    """What becomes of what an object deployed, where it goes; empty of what deploys nothing by itself."""
    goes = takes_along(value)
    if goes is None:
        return ""
    why = " (its finalizer)" if goes and value.get("kind") == "Application" else ""
    return f"{DEPLOYED} goes with it{why}" if goes else f"{DEPLOYED} is left behind"
