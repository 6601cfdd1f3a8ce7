"""Selectors: of a workload that does not fit its own pods, and of what is for pods and fits none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rules import elsewhere, pods
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
        unfit = next(_unfit(values.mapping(each.value, "spec", "selector"), labels), None)
        if unfit is not None:
            place, wanted = unfit
            said = f"its selector asks for {wanted}, and its template's labels do not fit"
            yield subject.told(MISMATCH, said, each, ("spec", "selector", *place))


def selects_nothing(subject: Subject) -> Iterator[Told]:
    """Services, disruption budgets and network policies whose selector fits the labels of no pod of their namespace."""
    here = [(subject.namespace(each), pod.labels) for each in subject.objects for pod in pods.of(each)]
    for each in subject.objects:
        place, selector = _selector(each)
        namespace = subject.namespace(each)
        if not selector or any(at == namespace and fits(selector, labels) for at, labels in here):
            continue
        beside = (pod for other in subject.beside for pod in other.held.labels)
        if any(at == namespace and fits(selector, dict(labels)) for at, labels in beside):
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


def fits(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether a selector takes pods with labels."""
    return next(_unfit(selector, labels), None) is None


def _unfit(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    for key, value in values.mapping(selector, "matchLabels").items():
        if labels.get(key) != value:
            yield ("matchLabels", key), f"`{key}: {value}`"
    for place, each in values.placed(selector, "matchExpressions"):
        key, operator = values.text(each, "key"), values.text(each, "operator")
        if not _fits(operator, labels.get(key), values.listed(each, "values")):
            yield place, f"`{key} {operator}`"


def _fits(operator: str, label: Any, wanted: list[Any]) -> bool:
    """What another operator means is for the schema to say."""
    match operator:
        case "In":
            return label in wanted
        case "NotIn":
            return label not in wanted
        case "Exists":
            return label is not None
        case "DoesNotExist":
            return label is None
        case _:
            return True
