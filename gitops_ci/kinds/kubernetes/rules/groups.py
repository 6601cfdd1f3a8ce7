"""Groups of APIs: those of Kubernetes itself, those that no cluster knows, and those of operators that make more."""

from __future__ import annotations

BUILT_IN = frozenset({
    "", "apps", "batch", "autoscaling", "policy", "extensions", "admissionregistration.k8s.io",
    "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io", "authorization.k8s.io",
    "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
    "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io",
    "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    "storagemigration.k8s.io", "lifecycle.k8s.io",
})  # fmt: skip
"""The groups of Kubernetes itself."""
NOT_APPLIED = frozenset({"kustomize.config.k8s.io", "test.gatekeeper.sh", "cli.kyverno.io"})
"""Groups of what tools read and no cluster knows."""
GATEWAY = "gateway.networking.k8s.io"
FLUX_KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
FLUX_HELM = "helm.toolkit.fluxcd.io"
_DEPLOYING = ("argoproj.io", "toolkit.fluxcd.io", "source.extensions.fluxcd.io")
"""Groups whose objects deploy what is a stack, or something of elsewhere (`Around.foreign`)."""
_IDLE = frozenset(
    ("monitoring.coreos.com", kind) for kind in ("ServiceMonitor", "PodMonitor", "PrometheusRule", "Probe")
)
"""Kinds that only configure something."""


def may_make(group: str, kind: str) -> bool:
    """Whether objects of a kind may make others, which are called by words of theirs."""
    return group not in BUILT_IN and group != GATEWAY and (group, kind) not in _IDLE


def operates(group: str, kind: str) -> bool:
    """Whether objects of a kind belong to an operator, which makes more that nobody sees here."""
    return may_make(group, kind) and not group.endswith(_DEPLOYING)
