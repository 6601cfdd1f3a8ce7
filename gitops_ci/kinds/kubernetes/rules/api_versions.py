"""Versions of APIs that Kubernetes has removed, or will.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ (to 1.32), and from 1.26 on the difference of
Kubernetes' own schemas of one version and the next, which the package kubernetes-validate has; a test compares both.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.kinds.kubernetes.schemas.bundle import Version, shown


class Retired(Struct, frozen=True):
    """A version of an API: since when it is deprecated, since when gone (None: it is there), and what is new."""

    api_version: str
    kinds: frozenset[str]
    deprecated: Version
    removed: Version | None
    instead: str


def _rows() -> Iterator[Retired]:
    for line in _TABLE.strip().splitlines():
        api_version, kinds, deprecated, removed, *instead = line.split()
        yield Retired(api_version, frozenset(kinds.split(",")), _version(deprecated), _gone(removed), " ".join(instead))


def _version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)


def _gone(text: str) -> Version | None:
    return None if text == "-" else _version(text)


_TABLE = """
extensions/v1beta1 DaemonSet,Deployment,ReplicaSet 1.9 1.16 apps/v1
extensions/v1beta1 NetworkPolicy 1.9 1.16 networking.k8s.io/v1
extensions/v1beta1 PodSecurityPolicy 1.11 1.16 Pod Security Admission
extensions/v1beta1 Ingress 1.14 1.22 networking.k8s.io/v1
apps/v1beta1 Deployment,StatefulSet,ControllerRevision 1.9 1.16 apps/v1
apps/v1beta2 Deployment,DaemonSet,ReplicaSet,StatefulSet,ControllerRevision 1.9 1.16 apps/v1
admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration 1.16 1.22 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration 1.16 1.22 admissionregistration.k8s.io/v1
apiextensions.k8s.io/v1beta1 CustomResourceDefinition 1.16 1.22 apiextensions.k8s.io/v1
apiregistration.k8s.io/v1beta1 APIService 1.19 1.22 apiregistration.k8s.io/v1
authentication.k8s.io/v1beta1 TokenReview 1.19 1.22 authentication.k8s.io/v1
authorization.k8s.io/v1beta1 LocalSubjectAccessReview,SelfSubjectAccessReview 1.19 1.22 authorization.k8s.io/v1
authorization.k8s.io/v1beta1 SelfSubjectRulesReview,SubjectAccessReview 1.19 1.22 authorization.k8s.io/v1
certificates.k8s.io/v1beta1 CertificateSigningRequest 1.19 1.22 certificates.k8s.io/v1
coordination.k8s.io/v1beta1 Lease 1.19 1.22 coordination.k8s.io/v1
networking.k8s.io/v1beta1 Ingress,IngressClass 1.19 1.22 networking.k8s.io/v1
rbac.authorization.k8s.io/v1beta1 ClusterRole,ClusterRoleBinding,Role 1.17 1.22 rbac.authorization.k8s.io/v1
rbac.authorization.k8s.io/v1beta1 RoleBinding 1.17 1.22 rbac.authorization.k8s.io/v1
scheduling.k8s.io/v1beta1 PriorityClass 1.14 1.22 scheduling.k8s.io/v1
storage.k8s.io/v1beta1 CSIDriver,CSINode,StorageClass,VolumeAttachment 1.19 1.22 storage.k8s.io/v1
batch/v1beta1 CronJob 1.21 1.25 batch/v1
batch/v2alpha1 CronJob 1.21 1.21 batch/v1
discovery.k8s.io/v1beta1 EndpointSlice 1.21 1.25 discovery.k8s.io/v1
events.k8s.io/v1beta1 Event 1.22 1.25 events.k8s.io/v1
autoscaling/v2beta1 HorizontalPodAutoscaler 1.23 1.25 autoscaling/v2
policy/v1beta1 PodDisruptionBudget 1.21 1.25 policy/v1
policy/v1beta1 PodSecurityPolicy 1.21 1.25 Pod Security Admission
node.k8s.io/v1beta1 RuntimeClass 1.22 1.25 node.k8s.io/v1
autoscaling/v2beta2 HorizontalPodAutoscaler 1.23 1.26 autoscaling/v2
flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema,PriorityLevelConfiguration 1.23 1.26 flowcontrol.apiserver.k8s.io/v1
storage.k8s.io/v1beta1 CSIStorageCapacity 1.24 1.27 storage.k8s.io/v1
flowcontrol.apiserver.k8s.io/v1beta2 FlowSchema,PriorityLevelConfiguration 1.26 1.29 flowcontrol.apiserver.k8s.io/v1
flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema,PriorityLevelConfiguration 1.29 1.32 flowcontrol.apiserver.k8s.io/v1
admissionregistration.k8s.io/v1alpha1 ValidatingAdmissionPolicy 1.28 1.32 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1alpha1 ValidatingAdmissionPolicyBinding 1.28 1.32 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1beta1 ValidatingAdmissionPolicy 1.31 1.34 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1beta1 ValidatingAdmissionPolicyBinding 1.31 1.34 admissionregistration.k8s.io/v1
networking.k8s.io/v1alpha1 ClusterCIDR 1.29 1.29 nothing
networking.k8s.io/v1alpha1 IPAddress,ServiceCIDR 1.31 1.31 networking.k8s.io/v1
networking.k8s.io/v1beta1 IPAddress,ServiceCIDR 1.34 1.37 networking.k8s.io/v1
storage.k8s.io/v1alpha1 VolumeAttributesClass 1.31 1.35 storage.k8s.io/v1
storage.k8s.io/v1beta1 VolumeAttributesClass 1.34 1.37 storage.k8s.io/v1
storagemigration.k8s.io/v1alpha1 StorageVersionMigration 1.35 1.35 storagemigration.k8s.io/v1beta1
certificates.k8s.io/v1alpha1 ClusterTrustBundle 1.33 1.37 certificates.k8s.io/v1beta1
certificates.k8s.io/v1alpha1 PodCertificateRequest 1.35 1.35 certificates.k8s.io/v1beta1
coordination.k8s.io/v1alpha1 LeaseCandidate 1.32 1.32 coordination.k8s.io/v1beta1
resource.k8s.io/v1alpha1 ResourceClaim,ResourceClaimTemplate,ResourceClass 1.27 1.27 resource.k8s.io/v1
resource.k8s.io/v1alpha1 PodScheduling 1.27 1.27 resource.k8s.io/v1
resource.k8s.io/v1alpha2 ResourceClaim,ResourceClaimTemplate,ResourceClass 1.31 1.31 resource.k8s.io/v1
resource.k8s.io/v1alpha2 ResourceClassParameters,ResourceClaimParameters 1.31 1.31 resource.k8s.io/v1
resource.k8s.io/v1alpha2 PodSchedulingContext,ResourceSlice 1.31 1.31 resource.k8s.io/v1
resource.k8s.io/v1alpha3 ResourceClaim,ResourceClaimTemplate,DeviceClass,ResourceSlice 1.32 1.34 resource.k8s.io/v1
resource.k8s.io/v1alpha3 PodSchedulingContext 1.31 1.32 nothing
scheduling.k8s.io/v1alpha1 Workload 1.36 1.36 scheduling.k8s.io/v1beta1
scheduling.k8s.io/v1alpha2 Workload,PodGroup 1.37 1.37 scheduling.k8s.io/v1beta1
v1 ComponentStatus 1.19 - nothing
v1 Endpoints 1.33 - discovery.k8s.io/v1 EndpointSlice
"""
RETIRED = {(each.api_version, kind): each for each in _rows() for kind in each.kinds}
"""Every retired version by apiVersion and kind."""


def message(each: Retired, kind: str) -> str:
    """What is said of an object of a retired version; the same whatever is configured."""
    instead = f": use {each.instead}" if each.instead != "nothing" else ""
    if each.removed is None:
        return f"{each.api_version} {kind} is deprecated since Kubernetes {shown(each.deprecated)}{instead}"
    return f"{each.api_version} {kind} is gone since Kubernetes {shown(each.removed)}{instead}"
