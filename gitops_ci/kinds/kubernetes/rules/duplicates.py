"""Objects that are there twice: in one stack, or in two that go to the same cluster."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from gitops_ci.kinds.kubernetes.declared import Target
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.rendering import scopes
from gitops_ci.kinds.kubernetes.rules.subject import NOT_APPLIED, Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.model.finding import Severity
from gitops_ci.model.stack import SHARED

TWICE = "kubernetes/duplicate-object"

_GENERATED = "*"
"""Behind a `generateName`: each one is another object."""


def twice(subject: Subject) -> Iterator[Told]:
    """Each object that this stack has twice, or another stack of the cluster has, too."""
    seen: dict[Identity, Object] = {}
    for each in subject.objects:
        if each.identity.name.endswith(_GENERATED) or each.identity.group in NOT_APPLIED:
            continue
        whole = _whole(subject, each)
        first = seen.setdefault(whole, each)
        if first is not each:
            path, line = subject.places.of(first)
            where = f"{path}:{line}" if path else "the same rendering"
            yield subject.told(TWICE, f"is there twice: the other one is in {where}", each)
    yield from _in_others(subject, seen)


def _whole(subject: Subject, each: Object) -> Identity:
    is_namespaced = scopes.is_namespaced(each.identity.group, each.identity.kind)
    return structs.replace(each.identity, namespace=subject.namespace(each) if is_namespaced is not False else "")


def _is_told(one: Target, other: Target) -> bool:
    """Of two that belong to no environment and name no cluster, each may be another way to have the same."""
    return bool(one.cluster or other.cluster) or one.environment != SHARED


def _in_others(subject: Subject, seen: dict[Identity, Object]) -> Iterator[Told]:
    """Two stacks that write one object undo each other's; of a namespace nobody names it is not known to be one."""
    names = {whole.name for whole in seen}
    others = [other for other in subject.beside if _is_told(subject.target, other.target) and other.may_hold(names)]
    for whole, each in seen.items():
        if not whole.namespace and scopes.is_namespaced(whole.group, whole.kind) is not False:
            continue
        also = [other for other in others if whole in other.held.objects]
        if also:
            sure = any(other.target.is_surely(subject.target) for other in also)
            severity: Severity = "error" if sure and whole.kind != "Namespace" else "warning"
            ids = ", ".join(sorted(other.id for other in also)[:3])
            yield subject.told(TWICE, f"{ids} deploys it to the same cluster, too", each, severity=severity)
