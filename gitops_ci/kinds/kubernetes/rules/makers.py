"""What objects of operators say that they make: a Secret of an ExternalSecret, of a Certificate, of a SealedSecret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.rules import groups
from gitops_ci.kinds.kubernetes.rules.subject import Key

_MOST = 10_000
"""Texts of one object that are looked at: more are data."""
_KINDS = ("Secret", "ConfigMap", "ServiceAccount", "PersistentVolumeClaim", "Service", "Deployment", "StatefulSet")


_FIELDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("external-secrets.io", "ExternalSecret"): ("spec", "target", "name"),
    ("bitnami.com", "SealedSecret"): ("spec", "template", "metadata", "name"),
    ("cert-manager.io", "Certificate"): ("spec", "secretName"),
}
"""Kinds that make one Secret, and the field that names it; else it is called as the object."""


def surely(each: Object, namespace: str) -> Iterator[Key]:
    """An object itself, and the Secret that one of an operator surely makes."""
    yield each.identity.kind, namespace, each.identity.name
    field = _FIELDS.get((each.identity.group, each.identity.kind))
    if field is not None:
        yield "Secret", namespace, values.text(each.value, *field) or each.identity.name


def of(each: Object, namespace: str) -> Iterator[Identity]:
    """What an object of a kind that Kubernetes does not have may make in its namespace (`*`: in any).

    Operators name what they make in fields of their own: any text of such an object may be that name, and so may its
    own name.
    """
    if not groups.may_make(each.identity.group, each.identity.kind):
        return
    everywhere = each.identity.kind in ("ClusterExternalSecret", "Bundle") or not namespace
    names = {each.identity.name}
    for count, text in enumerate(values.every_text(each.value)):
        if count > _MOST:
            break
        if 0 < len(text) <= 253 and " " not in text:
            names.add(text)
    for kind in _KINDS:
        for name in names:
            yield Identity("", kind, "*" if everywhere else namespace, name)
