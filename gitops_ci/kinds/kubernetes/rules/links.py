"""What an object of any kind refers to: pods, Ingresses and routes, scalers, role bindings, what Flux reconciles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rules import groups, pods
from gitops_ci.kinds.kubernetes.rules.reference import Reference
from gitops_ci.policy.documents.yaml_documents import Place

_SOURCES = ("HelmRepository", "OCIRepository", "HelmChart", "Bucket")
"""Sources of Flux that stand beside what takes them; GitRepositories are often made by `flux bootstrap`."""
OF_FLUX = frozenset((*_SOURCES, "Kustomization", "HelmRelease"))
"""What objects of Flux name: it is kept in git, and no operator makes it."""
_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")


def of(each: Object) -> Iterator[Reference]:
    """Every other object that one names."""
    for pod in pods.of(each):
        yield from pods.references(pod)
    match each.identity.group, each.identity.kind:
        case "autoscaling", "HorizontalPodAutoscaler":
            target = values.mapping(each.value, "spec", "scaleTargetRef")
            yield from _named(values.text(target, "kind"), target, ("spec", "scaleTargetRef"))
        case "rbac.authorization.k8s.io", "RoleBinding":
            role = values.mapping(each.value, "roleRef")
            yield from _named("Role" if role.get("kind") == "Role" else "", role, ("roleRef",))
        case groups.FLUX_KUSTOMIZE, "Kustomization":
            yield from _of_flux(each, ("spec", "sourceRef"))
        case groups.FLUX_HELM, "HelmRelease":
            yield from _of_flux(each, ("spec", "chartRef"), ("spec", "chart", "spec", "sourceRef"))
        case _:
            for place, service, _ in backends(each):
                yield from _named("Service", service, place)


def _of_flux(each: Object, *sources: tuple[str, ...]) -> Iterator[Reference]:
    """What it takes from a source, and what it waits for, which is of its own kind."""
    for at in sources:
        source = values.mapping(each.value, *at)
        kind = values.text(source, "kind")
        yield from _named(kind if kind in _SOURCES else "", source, at)
    for place, waited in values.placed(each.value, "spec", "dependsOn"):
        yield from _named(each.identity.kind, waited, place)


def backends(each: Object) -> Iterator[tuple[Place, Mapping[str, Any], Any]]:
    """The Services that an Ingress or a route sends requests to: each with its place and the port that it asks for."""
    match each.identity.group, each.identity.kind:
        case "networking.k8s.io", "Ingress":
            spec = values.mapping(each.value, "spec")
            found: list[tuple[Place, dict[str, Any]]] = [
                (("spec", "defaultBackend"), values.mapping(spec, "defaultBackend"))
            ]
            for outer, rule in values.placed(spec, "rules"):
                inner = values.placed(rule, "http", "paths")
                found += [(("spec", *outer, *at, "backend"), values.mapping(path, "backend")) for at, path in inner]
            for place, backend in found:
                service = values.mapping(backend, "service")
                port = values.mapping(service, "port")
                yield (*place, "service"), service, port.get("name") or port.get("number")
        case group, kind if group == groups.GATEWAY and kind in _ROUTES:
            for outer, rule in values.placed(each.value, "spec", "rules"):
                for at, backend in values.placed(rule, "backendRefs"):
                    if backend.get("kind", "Service") == "Service" and not backend.get("group"):
                        yield (*outer, *at), backend, backend.get("port")
        case _:
            pass


def _named(kind: str, value: Mapping[str, Any], place: Place) -> Iterator[Reference]:
    name = values.text(value, "name")
    if kind and name:
        yield Reference(kind, name, (*place, "name"), namespace=values.text(value, "namespace"))
