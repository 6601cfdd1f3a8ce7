"""Who may make what is not seen here: operators, charts of elsewhere, stacks that are not rendered."""

from __future__ import annotations

from gitops_ci.kinds.kubernetes.declared import Target
from gitops_ci.kinds.kubernetes.rules import makers
from gitops_ci.kinds.kubernetes.rules.subject import Subject

_TOLD_APART = ("argoproj.io", "toolkit.fluxcd.io", "source.extensions.fluxcd.io")
"""Groups whose objects deploy what is a stack, or something of elsewhere (`Around.foreign`)."""


def may_make(subject: Subject, namespace: str, name: str = "") -> bool:
    """Whether something that is not known may have an object in a namespace, with a name: one that is called so."""
    own = ((each.identity.group, each.identity.kind, subject.namespace(each)) for each in subject.objects)
    if any(_operates(group, kind, at, namespace) for group, kind, at in own):
        return True
    foreign = ((Target("", cluster), at) for cluster, at in subject.around.foreign)
    if any(_is_for(target, subject.target) and _meet(at, namespace) for target, at in foreign):
        return True
    for each in subject.beside:
        if any(_operates(one.group, one.kind, one.namespace, namespace) for one in each.held.objects):
            return True
        is_there = _meet(each.namespace, namespace) or each.mentions(namespace)
        if not each.complete and is_there and (not name or each.may_hold({name})):
            return True
    return False


def _operates(group: str, kind: str, at: str, namespace: str) -> bool:
    """Whether an object is one of an operator's, which makes more in its own namespace; anywhere if it has none."""
    return makers.is_one(group, kind) and not group.endswith(_TOLD_APART) and _meet(at, namespace)


def _meet(one: str, other: str) -> bool:
    """Whether two namespaces may be one: of an empty one nobody says which it is."""
    return not one or not other or one == other


def _is_for(one: Target, other: Target) -> bool:
    return not one.is_named or not other.is_named or one.cluster == other.cluster
