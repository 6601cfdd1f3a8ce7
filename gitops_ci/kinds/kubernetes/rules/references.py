"""References that lead nowhere: what a pod, an Ingress, a scaler names and nothing makes, or no longer makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.rendering.unsteady import MADE_ANEW
from gitops_ci.kinds.kubernetes.rules import elsewhere, links, makers
from gitops_ci.kinds.kubernetes.rules.reference import Reference
from gitops_ci.kinds.kubernetes.rules.subject import Key, Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.kinds.kubernetes.sources import Deployment

MISSING = "kubernetes/reference-missing"
BROKEN = "kubernetes/reference-broken"

_ANYWHERE = "*"
_THERE_ALREADY = frozenset({
    ("ServiceAccount", "default"), ("Service", "kubernetes"), ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
})  # fmt: skip
"""What every namespace has."""


def missing(subject: Subject) -> Iterator[Told]:
    """What objects name, and neither this stack nor another one of the cluster makes in their namespace."""
    known = frozenset(made(subject.objects, subject.namespace))
    told: set[tuple[Identity, str, str]] = set()
    for each in subject.objects:
        for reference in links.of(each):
            namespace = reference.namespace or subject.namespace(each)
            key = (each.identity, reference.kind, reference.name)
            there = (reference.kind, reference.name)
            if reference.optional or there in _THERE_ALREADY or key in told or _is_claimed(each, reference):
                continue
            if MADE_ANEW in reference.name:
                continue
            places = frozenset((reference.kind, at, reference.name) for at in (namespace, _ANYWHERE))
            if known.isdisjoint(places) and not _is_beside(subject, reference.name, places):
                told.add(key)
                yield _told(subject, each, reference, namespace)


def _told(subject: Subject, each: Object, reference: Reference, namespace: str) -> Told:
    there = f" in the namespace {namespace}" if namespace else ""
    what = f"{reference.kind} `{reference.name}`{there}"
    if subject.complete and (reference.kind, namespace, reference.name) in _former(subject):
        said = f"this change takes away the {what}, which it still names"
        return subject.told(BROKEN, said, each, reference.place)
    may_be_made = reference.kind not in links.OF_FLUX and elsewhere.may_make(subject, namespace, reference.name)
    sure = reference.kind != "Secret" and subject.complete and not may_be_made
    said = f"no {what} is made here or by another stack of this cluster"
    return subject.told(MISSING, said, each, reference.place, severity="warning" if sure else "notice")


def taken(subject: Subject) -> Iterator[Told]:
    """What the stack made at base and nobody makes any more, and another stack of the cluster still names.

    Of a stack that is not rendered nobody knows what its kustomization makes of the names in its files, and of a
    namespace or a cluster that nobody names whether it is the same one.
    """
    if subject.former is None or not subject.complete:
        return
    now = frozenset((*_surely(subject.objects, subject.deployment), *made(subject.objects, subject.namespace)))
    gone = {key for key in _former(subject) - now if key[1]}
    called = {name for _, _, name in gone}
    for neighbour in subject.beside if gone else ():
        is_known = neighbour.complete and neighbour.target.is_somewhere(subject.target)
        named = neighbour.held.named if is_known and neighbour.may_hold(called) else ()
        for key, path, line in named:
            if key in gone and not _is_beside(subject, key[2], frozenset({key, (key[0], _ANYWHERE, key[2])})):
                said = f"{neighbour.id} still names the {key[0]} `{key[2]}`, which this change takes away"
                yield Told(rule=BROKEN, message=said, path=path, line=line)


def _former(subject: Subject) -> frozenset[Key]:
    """What the stack surely made at base."""
    was = subject.former
    return frozenset(_surely(was.rendered.objects, was.deployment)) if was is not None else frozenset()


def _surely(objects: tuple[Object, ...], deployment: Deployment) -> Iterator[Key]:
    """What objects are and surely make; what kustomize gave a name with a hash by the plain one, too, if it is used."""
    from gitops_ci.kinds.kubernetes.difference import names  # the whole comparison, which is loaded where one was made

    plain = names.generated(objects)
    used = {one.name for each in objects for one in links.of(each)} & plain.keys() if plain else set()
    for each in objects:
        for kind, namespace, name in makers.surely(each, each.identity.namespace or deployment.namespace):
            yield kind, namespace, name
            if name in used:
                yield kind, namespace, plain[name]


def _is_claimed(each: Object, reference: Reference) -> bool:
    """Whether a StatefulSet makes the claim itself."""
    templates = (template for _, template in values.placed(each.value, "spec", "volumeClaimTemplates"))
    return reference.kind == "PersistentVolumeClaim" and any(
        values.text(template, "metadata", "name") == reference.name for template in templates
    )


def made(objects: Iterable[Object], namespace: Callable[[Object], str]) -> Iterator[Key]:
    """What objects are, and what they may make."""
    for each in objects:
        yield each.identity.kind, namespace(each), each.identity.name
        yield from ((one.kind, one.namespace, one.name) for one in makers.of(each, namespace(each)))


def _is_beside(subject: Subject, name: str, places: frozenset[tuple[str, str, str]]) -> bool:
    """Whether another stack makes it; what operators make may be called by any word of their objects."""
    return any(
        (one.kind, one.namespace, one.name) in places
        for neighbour in subject.beside
        if neighbour.may_hold({name})
        for one in (*neighbour.held.objects, *neighbour.held.made)
    )
