"""What is lost with an object that goes, and what stays of it: words for reasons, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.kubernetes import cascading
from gitops_ci.kinds.kubernetes.objects import Object

REFUSED = "the API server refuses it until it is deleted by hand, or Replace or Force is set"
BECOMES_HOOK = "becomes a hook: what is there is deleted, and it is made anew"
RUNS_AGAIN = "a hook: it is made anew and runs again"

_ARGO_OPTIONS = "argocd.argoproj.io/sync-options"
_HELM, _FLUX = ("helm.sh/resource-policy", "keep"), ("kustomize.toolkit.fluxcd.io/prune", "disabled")
_PRUNE, _DELETE = (_ARGO_OPTIONS, "Prune=false"), (_ARGO_OPTIONS, "Delete=false")
_HEARD: dict[str, tuple[tuple[str, str], ...]] = {
    "Application": (_PRUNE,),
    "Kustomization": (_FLUX,),
    "HelmRelease": (_HELM,),
}
"""Which annotations keep an object that is no longer rendered, by the kind of what deploys it.

Argo CD (gitops-engine: pruneObject) asks `Prune=false` then, and `Delete=false` and Helm's only where the Application
itself goes (controller: shouldBeDeleted); Helm and Flux each hear their own.
"""
_HEARD_AT_THE_END = {**_HEARD, "Application": (_DELETE, _HELM)}
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
_HOOKS_OF = {"HelmRelease": _HOOKS[:1], "Kustomization": ()}
"""Which of them who deploys a stack knows; Flux's Kustomizations apply such an object as any other."""
_RUNNING_ONCE = (("batch", "Job"), ("", "Pod"))
_GOES_WITH: dict[tuple[str, str], str] = {
    ("", "Namespace"): "everything in the namespace goes with it",
    ("", "PersistentVolumeClaim"): "the data of its volume goes with it, unless the volume's policy is Retain",
    ("", "PersistentVolume"): "what it stores is given up",
    ("apps", "StatefulSet"): "its pods go; their volumes stay or go as its retention policy says",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "every object of this kind goes with it",
}
_NOBODY_TELLS = "no longer rendered: deleted where what applies this stack prunes, else left behind"
_BY_HAND = "deleted if whoever syncs the Application prunes, else left behind"
_UNPRUNED = "left behind: nothing prunes it"


class Pruning(Struct, frozen=True):
    """What becomes of an object that is no longer rendered.

    `prune`: whether it is deleted, None where nobody tells; `by` is the kind of what deploys the stack, empty where
    that is not known; `all_goes`: the stack itself goes away. `doubt` is what else there is to say of a deletion.
    """

    prune: bool | None
    by: str = ""
    all_goes: bool = False
    doubt: str = ""

    def keeps(self, value: Mapping[str, Any]) -> str:
        """Why an object stays in the cluster; empty where it does not, or may not."""
        annotations = _annotations(value)
        heard = (_HEARD_AT_THE_END if self.all_goes else _HEARD).get(self.by, (_HELM, _FLUX, _PRUNE))
        for name, setting in heard:
            if setting in (each.strip() for each in str(annotations.get(name, "")).split(",")):
                return f"left behind: {name} keeps it"
        return _UNPRUNED if self.prune is False else ""

    def lost(self, each: Object) -> str:
        """What a deletion loses, and that nobody says whether there is one."""
        known = _GOES_WITH.get((each.identity.group, each.identity.kind), "")
        told = cascading.told(each.value)
        nobody = _BY_HAND if self.by == "Application" and not self.all_goes else _NOBODY_TELLS
        return "; ".join(filter(None, (known, told, self.doubt, "" if self.prune else nobody)))


def lost_anew(each: Object) -> str:
    """What is lost where an object has to be deleted to be made anew."""
    return _GOES_WITH.get((each.identity.group, each.identity.kind), "")


def is_hook(before: Mapping[str, Any], after: Mapping[str, Any], key: tuple[str, str]) -> bool:
    """Whether an object is deleted and made anew at each release, as its annotations ask for.

    What only now asks for it is replaced all the same, and its data with it, but for what runs once.
    """
    if key in _RUNNING_ONCE:
        options = str(_annotations(after).get(_ARGO_OPTIONS, ""))
        return _has_hook(after) or "Replace=true" in options or "Force=true" in options
    return _has_hook(before) and _has_hook(after)


def becomes_hook(before: Object, after: Object, by: str) -> bool:
    """Whether an object is a hook from now on, which is none of what a release or a sync keeps; not of what runs once.

    `by` is the kind of what deploys it.
    """
    if (after.identity.group, after.identity.kind) in _RUNNING_ONCE:
        return False
    known = _HOOKS_OF.get(by, _HOOKS)
    return _has_hook(after.value, known) and not _has_hook(before.value, known)


def _has_hook(value: Mapping[str, Any], known: tuple[str, ...] = _HOOKS) -> bool:
    return any(name in _annotations(value) for name in known)


def pods(value: Mapping[str, Any]) -> Any:
    """The template of the pods that a workload runs on; None of what has none, or starts them by the clock."""
    spec = value.get("spec")
    return spec.get("template") if isinstance(spec, Mapping) else None


def _annotations(value: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return annotations if isinstance(annotations, Mapping) else {}
