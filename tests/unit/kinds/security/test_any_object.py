"""Objects of any shape: fields of every type where another one is meant, at both ends, never an exception."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.kinds.security.sides import AT, changes, checked, found

KINDS = (
    ("v1", "Namespace"),
    ("v1", "Secret"),
    ("v1", "List"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("constraints.gatekeeper.sh/v1beta1", "AcmeLabels"),
    ("templates.gatekeeper.sh/v1", "ConstraintTemplate"),
    ("config.gatekeeper.sh/v1alpha1", "Config"),
    ("kyverno.io/v1", "ClusterPolicy"),
    ("kyverno.io/v2", "PolicyException"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("security.istio.io/v1", "PeerAuthentication"),
    ("bitnami.com/v1alpha1", "SealedSecret"),
    ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
)
FIELDS = (
    "metadata", "name", "namespace", "labels", "annotations", "spec", "rules", "verbs", "resources", "apiGroups", "subjects",
    "roleRef", "kind", "ingress", "egress", "from", "ports", "port", "ipBlock", "cidr", "podSelector", "policyTypes", "match",
    "kinds", "namespaces", "parameters", "enforcementAction", "scopedEnforcementActions", "targets", "target", "rego", "code",
    "source", "libs", "crd", "names", "sync", "validation", "traces", "validate", "exclude", "exceptions", "validations",
    "validationActions", "webhooks", "failurePolicy", "mtls", "encryptedData", "template", "data", "stringData", "items",
    "patches", "resourceNames", "nonResourceURLs", "sops", "$patch", "excludedNamespaces", "processes",
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-1, 3)
    | st.sampled_from(["", "*", "deny", "a", "ENC[x]", "system:anonymous"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.builds(
    lambda kind, fields: {"apiVersion": kind[0], "kind": kind[1], **fields},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6),
)


@given(st.lists(OBJECTS, max_size=3), st.lists(OBJECTS, max_size=3))
@settings(max_examples=60, deadline=None)
def test_no_object_is_too_odd(base: list[object], head: list[object]) -> None:
    before, after = (
        {f"{index}.json": json.dumps(each, sort_keys=True) for index, each in enumerate(side)} for side in (base, head)
    )
    told = changes(before, after)
    assert bool(told) or before == after or base != head
    assert changes(after, after) == ()
    found({AT + path: text for path, text in after.items()})
    checked({AT + path: text for path, text in before.items()}, {AT + path: text for path, text in after.items()})
