"""Who may make what is not seen here: operators, charts of elsewhere, stacks that are not rendered."""

from __future__ import annotations

from gitops_ci.kinds.kubernetes.rules.declared import Target
from gitops_ci.kinds.kubernetes.rules.subject import Subject


def may_make(subject: Subject, namespace: str, name: str = "") -> bool:
    """Whether something that is not known may have an object in a namespace, with a name: one that is called so."""
    if any(_meet(at, namespace) for at in subject.operated):
        return True
    foreign = ((Target("", cluster), at) for cluster, at in subject.around.foreign)
    if any(_is_for(target, subject.target) and _meet(at, namespace) for target, at in foreign):
        return True
    for each in subject.beside:
        if any(_meet(at, namespace) for at in each.operated):
            return True
        is_there = _meet(each.namespace, namespace) or each.mentions(namespace)
        if not each.complete and is_there and (not name or each.may_hold({name})):
            return True
    return False


def _meet(one: str, other: str) -> bool:
    """Whether two namespaces may be one: of an empty one nobody says which it is."""
    return not one or not other or one == other


def _is_for(one: Target, other: Target) -> bool:
    return not one.is_named or not other.is_named or one.cluster == other.cluster
