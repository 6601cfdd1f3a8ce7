"""Ports that nobody has: of a Service that an Ingress or a route names, and of the pods that a Service selects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rules import links, pods, selection
from gitops_ci.kinds.kubernetes.rules.selection import Labels
from gitops_ci.kinds.kubernetes.rules.subject import Subject
from gitops_ci.kinds.kubernetes.rules.told import Told

MISSING = "kubernetes/port-missing"


def missing(subject: Subject) -> Iterator[Told]:
    """Each place that asks for a port which the Service, or the pods, that it means do not have."""
    services = {
        (subject.namespace(each), each.identity.name): each
        for each in subject.objects
        if (each.identity.group, each.identity.kind) == ("", "Service")
    }
    for each in subject.objects:
        for place, reference, port in links.backends(each):
            namespace = values.text(reference, "namespace") or subject.namespace(each)
            service = services.get((namespace, values.text(reference, "name")))
            if service is not None and not _has(service, port):
                said = f"the Service {service.identity.name} has no port {port}"
                yield subject.told(MISSING, said, each, place)
    named: dict[tuple[str, Labels], list[set[str]]] = {}
    for each in subject.objects if services else ():
        for pod in pods.of(each):
            key = (subject.namespace(each), selection.labels(pod.labels))
            named.setdefault(key, []).append(set(_names(pod.spec)))
    for service in services.values():
        yield from _targets(service, subject, named)


def _has(service: Object, port: Any) -> bool:
    """Whether a Service has a port, by number or by name; any where nobody says which, or it has none itself."""
    ports = values.mappings(service.value, "spec", "ports")
    if port is None or not ports:
        return True
    return any(port in (each.get("port"), each.get("name")) for each in ports)


def _targets(service: Object, subject: Subject, named: Mapping[tuple[str, Labels], list[set[str]]]) -> Iterator[Told]:
    """What a Service sends to; `named` are the names of the ports of pods by namespace and labels."""
    selector = values.mapping(service.value, "spec", "selector")
    namespace = subject.namespace(service)
    chosen = subject.labelled.of(namespace, {"matchLabels": selector}) if selector else ()
    names = [each for labels in chosen for each in named.get((namespace, labels), ())]
    for place, each in values.placed(service.value, "spec", "ports"):
        target = each.get("targetPort")
        if isinstance(target, int) and not isinstance(target, bool) and not 0 < target < 65536:
            said = f"targetPort {target} is no port: there are 1 to 65535"
            yield subject.told(MISSING, said, service, (*place, "targetPort"), severity="error")
        elif isinstance(target, str) and names and not target.isdigit() and all(target not in have for have in names):
            said = f"no pod that it selects has a port called `{target}`"
            yield subject.told(MISSING, said, service, (*place, "targetPort"))


def _names(spec: Mapping[str, Any]) -> Iterator[str]:
    for field in pods.CONTAINERS:
        for container in values.mappings(spec, field):
            yield from (values.text(each, "name") for each in values.mappings(container, "ports"))
