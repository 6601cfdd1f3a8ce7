"""Objects that are there twice: in one stack, or in two that go to the same cluster."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.rendering import scopes
from gitops_ci.kinds.kubernetes.rules.groups import NOT_APPLIED
from gitops_ci.kinds.kubernetes.rules.subject import Neighbour, Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.model.finding import Severity
from gitops_ci.model.stack import SHARED

TWICE = "kubernetes/duplicate-object"

_GENERATED = "*"
"""Behind a `generateName`: each one is another object."""


def twice(subject: Subject) -> Iterator[Told]:
    """Each object that this stack has twice, or another stack of the cluster has, too."""
    seen: dict[Identity, Object] = {}
    between: dict[tuple[str, str], list[tuple[Object, Object]]] = {}
    for each in subject.objects:
        if each.identity.name.endswith(_GENERATED) or each.identity.group in NOT_APPLIED:
            continue
        first = seen.setdefault(_whole(subject, each), each)
        if first is not each:
            between.setdefault((first.path or "", each.path or ""), []).append((first, each))
    for (one, other), pairs in between.items():
        if one != other and _is_guessed(subject):
            yield _alternative(subject, one, pairs)
            continue
        for first, each in pairs:
            path, line = subject.places.of(first)
            where = f"{path}:{line}" if path else "the same rendering"
            yield subject.told(TWICE, f"is there twice: the other one is in {where}", each)
    yield from _in_others(subject, seen)


def _is_guessed(subject: Subject) -> bool:
    """Whether nobody says that all files of a folder are deployed together: they may be several ways to have one."""
    return not subject.deployment.by and subject.target.environment == SHARED


def _alternative(subject: Subject, file: str, pairs: list[tuple[Object, Object]]) -> Told:
    """Once for two files."""
    _, each = pairs[0]
    more = f", and {len(pairs) - 1} more of this file" if len(pairs) > 1 else ""
    said = f"is in {file}, too{more}: both files are in a folder that is taken for one stack"
    return subject.told(TWICE, said, each, severity="warning")


def _whole(subject: Subject, each: Object) -> Identity:
    is_namespaced = scopes.is_namespaced(each.identity.group, each.identity.kind)
    return structs.replace(each.identity, namespace=subject.namespace(each) if is_namespaced is not False else "")


def _is_told(subject: Subject, other: Neighbour) -> bool:
    """Two of one folder are no duplicates: it is deployed several times, and surely not into one cluster."""
    is_named = bool(subject.target.cluster or other.target.cluster)
    return other.target.is_somewhere(subject.target) and (is_named or subject.path != other.path)


def _in_others(subject: Subject, seen: dict[Identity, Object]) -> Iterator[Told]:
    """Two stacks that write one object undo each other's; of a namespace nobody names it is not known to be one."""
    names = {whole.name for whole in seen}
    others = [other for other in subject.beside if _is_told(subject, other) and other.may_hold(names)]
    for whole, each in seen.items():
        if not whole.namespace and scopes.is_namespaced(whole.group, whole.kind) is not False:
            continue
        also = [other for other in others if whole in other.held.objects]
        if also:
            sure = any(other.target.is_surely(subject.target) for other in also)
            severity: Severity = "error" if sure and whole.kind != "Namespace" else "warning"
            ids = ", ".join(sorted(other.id for other in also)[:3])
            where = "to the same cluster" if sure else "maybe to the same cluster"
            yield subject.told(TWICE, f"{ids} deploys it, too, {where}", each, severity=severity)
