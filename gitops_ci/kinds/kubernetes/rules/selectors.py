"""Workloads whose selector does not fit the labels of their own pods: no API server takes such an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.rules.subject import Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.policy.documents.yaml_documents import Place

MISMATCH = "kubernetes/selector-mismatch"

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
