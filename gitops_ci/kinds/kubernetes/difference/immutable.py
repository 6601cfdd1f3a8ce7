"""What Kubernetes lets nobody change: another value needs another object in its place.

The sources are the validations of an update in Kubernetes 1.34 (pkg/apis/*/validation) and its API reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes.difference import quantities
from gitops_ci.kinds.terraform.plans import pairing

Path = tuple[str, ...]

_FIXED: dict[tuple[str, str], tuple[Path, ...]] = {
    ("apps", "Deployment"): (("spec", "selector"),),
    ("apps", "DaemonSet"): (("spec", "selector"),),
    ("apps", "ReplicaSet"): (("spec", "selector"),),
    ("batch", "Job"): (
        ("spec", "template"), ("spec", "selector"), ("spec", "completions"), ("spec", "completionMode"),
        ("spec", "podFailurePolicy"), ("spec", "backoffLimitPerIndex"), ("spec", "managedBy"),
        ("spec", "successPolicy"),
    ),
    ("", "Secret"): (("type",),),
    ("storage.k8s.io", "StorageClass"): (
        ("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",),
    ),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        ("spec", "group"), ("spec", "scope"), ("spec", "names", "kind"), ("spec", "names", "plural"),
    ),
    ("scheduling.k8s.io", "PriorityClass"): (("value",), ("preemptionPolicy",)),
    ("node.k8s.io", "RuntimeClass"): (("handler",),),
    ("networking.k8s.io", "IngressClass"): (("spec", "controller"),),
    ("discovery.k8s.io", "EndpointSlice"): (("addressType",),),
    ("certificates.k8s.io", "CertificateSigningRequest"): (("spec",),),
    ("", "ResourceQuota"): (("spec", "scopes"), ("spec", "scopeSelector")),
}  # fmt: skip
_LOOSE: dict[tuple[str, str], frozenset[str]] = {
    ("apps", "StatefulSet"): frozenset(
        {
            "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
        }
    ),
    ("", "PersistentVolumeClaim"): frozenset({"resources", "volumeAttributesClassName"}),
    ("", "PersistentVolume"): frozenset(
        {
            "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy",
            "storageClassName", "volumeAttributesClassName",
        }
    ),
    ("", "Pod"): frozenset({"activeDeadlineSeconds", "containers", "initContainers", "tolerations"}),
}  # fmt: skip
"""Kinds of which only these parts of `spec` may change."""


def forcing(key: tuple[str, str], before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Path, ...]:
    """The places that differ and must not, of an object of this group and kind."""
    return tuple(path for path in _held(key, before, after) if not pairing.same(_at(before, path), _at(after, path)))


def _held(key: tuple[str, str], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Path]:
    yield from _FIXED.get(key, ())
    if key in _LOOSE:
        fields = dict.fromkeys((*_mapping(before.get("spec")), *_mapping(after.get("spec"))))
        yield from (("spec", field) for field in fields if field not in _LOOSE[key])
    if key == ("", "Service"):
        yield from _of_service(_mapping(before.get("spec")), _mapping(after.get("spec")))
    elif key == ("", "PersistentVolumeClaim") and _shrinks(before, after):
        yield "spec", "resources"
    elif key in (("", "ConfigMap"), ("", "Secret")) and before.get("immutable") is True:
        yield from ((field,) for field in ("data", "binaryData", "immutable"))


def _of_service(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Path]:
    """An address that is left out stays what it is; one without any (`None`) is another sort of Service."""
    external = "ExternalName" in (before.get("type"), after.get("type"))
    if not external and after.get("clusterIP") not in (None, ""):
        yield "spec", "clusterIP"
    if not external and after.get("clusterIPs"):
        yield "spec", "clusterIPs"


def _shrinks(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a volume gets smaller, or by how much it grows cannot be told."""
    one, other = (
        quantities.number(_at(each, ("spec", "resources", "requests", "storage"))) for each in (before, after)
    )
    return one is None or other is None or other < one


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
