"""The pods that an object makes: their labels, their specification, and what that refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rules.reference import Reference
from gitops_ci.policy.documents.yaml_documents import Place

_KINDS = frozenset({
    ("", "Pod"), ("", "ReplicationController"), ("batch", "Job"), ("batch", "CronJob"),
    *(("apps", kind) for kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")),
})  # fmt: skip
"""Kubernetes' own kinds that make pods."""
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


class Pod(Struct, frozen=True):
    """A pod or a template of pods: where its specification is in the object, and its labels."""

    place: Place
    spec: Mapping[str, Any]
    labels: Mapping[str, Any]


def of(each: Object) -> Iterator[Pod]:
    """The pods of any object that has containers where Kubernetes' own have them, be it a kind of its own."""
    is_own = (each.identity.group, each.identity.kind) in _KINDS
    for outer in (("spec", "template"), ("spec", "jobTemplate", "spec", "template"), ("template",), ()):
        spec = values.mapping(each.value, *outer, "spec")
        if outer == () and (each.identity.group, each.identity.kind) != ("", "Pod"):
            continue
        if isinstance(spec.get("containers"), list) or (spec and is_own):  # misspelt, they are another rule's
            yield Pod((*outer, "spec"), spec, values.mapping(each.value, *outer, "metadata", "labels"))


def references(pod: Pod) -> Iterator[Reference]:
    """The ConfigMaps, Secrets, claims and the service account that a pod names."""
    account = values.text(pod.spec, "serviceAccountName") or values.text(pod.spec, "serviceAccount")
    if account:
        yield Reference("ServiceAccount", account, (*pod.place, "serviceAccountName"))
    for place, each in values.placed(pod.spec, "imagePullSecrets"):
        yield from _named("Secret", each, "name", (*pod.place, *place))
    for field in CONTAINERS:
        for place, container in values.placed(pod.spec, field):
            yield from _of_container(container, (*pod.place, *place))
    for place, volume in values.placed(pod.spec, "volumes"):
        yield from _of_volume(volume, (*pod.place, *place))


def _of_container(container: Mapping[str, Any], at: Place) -> Iterator[Reference]:
    for place, each in values.placed(container, "envFrom"):
        yield from _named("ConfigMap", each.get("configMapRef"), "name", (*at, *place, "configMapRef"))
        yield from _named("Secret", each.get("secretRef"), "name", (*at, *place, "secretRef"))
    for place, each in values.placed(container, "env"):
        source, there = values.mapping(each, "valueFrom"), (*at, *place, "valueFrom")
        yield from _named("ConfigMap", source.get("configMapKeyRef"), "name", (*there, "configMapKeyRef"))
        yield from _named("Secret", source.get("secretKeyRef"), "name", (*there, "secretKeyRef"))


def _of_volume(volume: Mapping[str, Any], at: Place) -> Iterator[Reference]:
    yield from _named("ConfigMap", volume.get("configMap"), "name", (*at, "configMap"))
    yield from _named("Secret", volume.get("secret"), "secretName", (*at, "secret"))
    claim = volume.get("persistentVolumeClaim")
    yield from _named("PersistentVolumeClaim", claim, "claimName", (*at, "persistentVolumeClaim"))
    for place, source in values.placed(volume, "projected", "sources"):
        yield from _named("ConfigMap", source.get("configMap"), "name", (*at, *place, "configMap"))
        yield from _named("Secret", source.get("secret"), "name", (*at, *place, "secret"))


def _named(kind: str, value: Any, key: str, place: Place) -> Iterator[Reference]:
    name = values.text(value, key)
    if name:
        asked = values.text(value, "key") if kind == "ConfigMap" else ""
        yield Reference(kind, name, (*place, key), optional=values.at(value, "optional") is True, key=asked)
