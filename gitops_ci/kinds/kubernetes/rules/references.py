"""References that lead nowhere: what a pod names and nothing makes, and a Service that selects no pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.rules import makers, pods
from gitops_ci.kinds.kubernetes.rules.pods import Reference
from gitops_ci.kinds.kubernetes.rules.subject import BUILT_IN, Neighbour, Subject
from gitops_ci.kinds.kubernetes.rules.told import Told

MISSING = "kubernetes/reference-missing"
SELECTS_NOTHING = "kubernetes/selects-nothing"

_ANYWHERE = "*"
_THERE_ALREADY = frozenset({
    ("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"), ("ConfigMap", "openshift-service-ca.crt"),
})  # fmt: skip
"""What every namespace has."""


def missing(subject: Subject) -> Iterator[Told]:
    """What pods name, and neither this stack nor another one of the cluster makes in their namespace."""
    known = frozenset(_made(subject))
    told: set[tuple[Identity, str, str]] = set()
    for each in subject.objects:
        namespace = subject.namespace(each)
        for pod in pods.of(each):
            for reference in pods.references(pod):
                key = (each.identity, reference.kind, reference.name)
                there = (reference.kind, reference.name)
                if reference.optional or there in _THERE_ALREADY or key in told or _is_claimed(each, reference):
                    continue
                places = frozenset((reference.kind, at, reference.name) for at in (namespace, _ANYWHERE))
                if known.isdisjoint(places) and not _is_beside(subject, reference.name, places):
                    told.add(key)
                    yield _told(subject, each, reference, namespace)


def _told(subject: Subject, each: Object, reference: Reference, namespace: str) -> Told:
    sure = reference.kind != "Secret" and subject.complete and not _may_be_elsewhere(subject, namespace)
    there = f" in the namespace {namespace}" if namespace else ""
    said = f"no {reference.kind} `{reference.name}`{there} is made here or by another stack of this cluster"
    return subject.told(MISSING, said, each, reference.place, severity="warning" if sure else "notice")


def _is_claimed(each: Object, reference: Reference) -> bool:
    """Whether a StatefulSet makes the claim itself."""
    templates = (template for _, template in values.placed(each.value, "spec", "volumeClaimTemplates"))
    return reference.kind == "PersistentVolumeClaim" and any(
        values.text(template, "metadata", "name") == reference.name for template in templates
    )


def _made(subject: Subject) -> Iterator[tuple[str, str, str]]:
    for each in subject.objects:
        identity = each.identity
        yield identity.kind, subject.namespace(each), identity.name
        yield from ((made.kind, made.namespace, made.name) for made in makers.of(each, subject.namespace(each)))


def _is_beside(subject: Subject, name: str, places: frozenset[tuple[str, str, str]]) -> bool:
    """Whether another stack makes it; what operators make may be called by any word of their objects."""
    return any(
        (one.kind, one.namespace, one.name) in places
        for neighbour in subject.beside
        if neighbour.may_hold({name})
        for one in (*neighbour.held.objects, *neighbour.held.made)
    )


def _may_be_elsewhere(subject: Subject, namespace: str) -> bool:
    """Whether something that is not known may make it: an operator, or a stack nobody has rendered here."""
    if subject.has_custom:
        return True
    return any(not each.complete or _has_custom(each) for each in subject.beside if _is_in(each, namespace))


def _has_custom(neighbour: Neighbour) -> bool:
    return any(each.group not in BUILT_IN for each in neighbour.held.objects)


def _is_in(neighbour: Neighbour, namespace: str) -> bool:
    """Whether a stack may put something into a namespace: it goes there, mentions it, or may go anywhere."""
    return not namespace or neighbour.namespace in ("", namespace) or neighbour.may_hold({namespace})


def selects_nothing(subject: Subject) -> Iterator[Told]:
    """Services whose selector fits the labels of no pod of their namespace."""
    here = [
        (subject.namespace(each), frozenset(_labels(pod.labels))) for each in subject.objects for pod in pods.of(each)
    ]
    for each in subject.objects:
        selector = frozenset(_labels(values.mapping(each.value, "spec", "selector")))
        if (each.identity.group, each.identity.kind) != ("", "Service") or not selector:
            continue
        namespace = subject.namespace(each)
        if any(at == namespace and selector <= labels for at, labels in here):
            continue
        if any(at == namespace and selector <= labels for other in subject.beside for at, labels in other.held.labels):
            continue
        sure = subject.complete and not _may_be_elsewhere(subject, namespace)
        said = "its selector fits no pod that is made here or by another stack of this cluster"
        place = ("spec", "selector")
        yield subject.told(SELECTS_NOTHING, said, each, place, severity="warning" if sure else "notice")


def _labels(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((key, value) for key, value in given.items() if isinstance(value, str))
