"""Selectors: of a workload that does not fit its own pods, and of what is for pods and fits none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rules import elsewhere, selection
from gitops_ci.kinds.kubernetes.rules.subject import Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.policy.documents.yaml_documents import Place

MISMATCH = "kubernetes/selector-mismatch"
SELECTS_NOTHING = "kubernetes/selects-nothing"

_KINDS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})


def mismatches(subject: Subject) -> Iterator[Told]:
    """Each workload once, at the first part of its selector that its template's labels do not fit."""
    for each in subject.objects:
        if (each.identity.group, each.identity.kind) not in {("apps", kind) for kind in _KINDS}:
            continue
        labels = values.mapping(each.value, "spec", "template", "metadata", "labels")
        unfit = next(selection.unfit(values.mapping(each.value, "spec", "selector"), labels), None)
        if unfit is not None:
            place, wanted = unfit
            said = f"its selector asks for {wanted}, and its template's labels do not fit"
            yield subject.told(MISMATCH, said, each, ("spec", "selector", *place))


def selects_nothing(subject: Subject) -> Iterator[Told]:
    """Services, disruption budgets and network policies whose selector fits the labels of no pod of their namespace."""
    others = subject.beside
    for each in subject.objects:
        place, selector = _selector(each)
        namespace = subject.namespace(each)
        if not selector or subject.labelled.has(namespace, selector):
            continue
        if any(other.labelled.has(namespace, selector) for other in others):
            continue
        sure = subject.complete and not elsewhere.may_make(subject, namespace)
        said = "its selector fits no pod that is made here or by another stack of this cluster"
        yield subject.told(SELECTS_NOTHING, said, each, place, severity="warning" if sure else "notice")


def _selector(each: Object) -> tuple[Place, Mapping[str, Any]]:
    """Where an object says which pods it is for, and how; empty where it is for all or for none."""
    match each.identity.group, each.identity.kind:
        case "", "Service":
            labels = values.mapping(each.value, "spec", "selector")
            return ("spec", "selector"), {"matchLabels": labels} if labels else {}
        case "policy", "PodDisruptionBudget":
            return ("spec", "selector"), values.mapping(each.value, "spec", "selector")
        case "networking.k8s.io", "NetworkPolicy":
            return ("spec", "podSelector"), values.mapping(each.value, "spec", "podSelector")
        case _:
            return (), {}
