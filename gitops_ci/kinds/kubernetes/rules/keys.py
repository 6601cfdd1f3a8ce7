"""Keys that pods take out of ConfigMaps of their own stack, and that are not in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rules import links
from gitops_ci.kinds.kubernetes.rules.references import BROKEN, MISSING
from gitops_ci.kinds.kubernetes.rules.subject import Subject
from gitops_ci.kinds.kubernetes.rules.told import Told

_Keys = Mapping[tuple[str, str], frozenset[str]]


def missing(subject: Subject) -> Iterator[Told]:
    """What a `configMapKeyRef` asks for; of a ConfigMap without any key somebody else writes them."""
    now = _keys(subject.objects, subject.namespace)
    was = _before(subject)
    for each in subject.objects if now else ():
        for reference in links.of(each):
            at = reference.namespace or subject.namespace(each), reference.name
            if not reference.key or reference.optional or not now.get(at) or reference.key in now[at]:
                continue
            what = f"the ConfigMap `{reference.name}`"
            if reference.key in was.get(at, ()):
                said = f"this change takes the key `{reference.key}` out of {what}, which it still names"
                yield subject.told(BROKEN, said, each, reference.place)
            else:
                said = f"{what} has no key `{reference.key}`"
                yield subject.told(MISSING, said, each, reference.place, severity="warning")


def _before(subject: Subject) -> _Keys:
    was = subject.former
    if was is None:
        return {}
    return _keys(was.rendered.objects, lambda each: each.identity.namespace or was.deployment.namespace)


def _keys(objects: Iterable[Object], namespace: Callable[[Object], str]) -> _Keys:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for each in objects:
        if (each.identity.group, each.identity.kind) == ("", "ConfigMap"):
            at = namespace(each), each.identity.name
            own = map(str, (*values.mapping(each.value, "data"), *values.mapping(each.value, "binaryData")))
            found[at] = found.get(at, frozenset()) | frozenset(own)
    return found
