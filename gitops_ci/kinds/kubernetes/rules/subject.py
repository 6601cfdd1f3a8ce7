"""What every rule looks at: one stack's objects at one end of a change, and what the repository says around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any

from msgspec import Struct, structs

from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.kinds.kubernetes.places import Places
from gitops_ci.kinds.kubernetes.planning.former import Former
from gitops_ci.kinds.kubernetes.rules import declared, groups, pods, selection
from gitops_ci.kinds.kubernetes.rules.argocd.application import World
from gitops_ci.kinds.kubernetes.rules.selection import Labelled
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.kinds.kubernetes.schemas import custom
from gitops_ci.kinds.kubernetes.schemas.custom import Known
from gitops_ci.kinds.kubernetes.schemas.kept import Kept, Name
from gitops_ci.kinds.kubernetes.sources import Deployment
from gitops_ci.model.finding import Severity
from gitops_ci.policy.documents.yaml_documents import Place

Key = tuple[str, str, str]
"""Kind, namespace and name of an object that another one refers to."""


class Held(Struct, frozen=True, kw_only=True):
    """What a stack has as far as it is known unrendered, in the namespaces that it goes to.

    `made` is what objects of operators say they make, `labels` are those of its pods, by namespace. `named` is what its
    objects refer to, with the file and the line of the object.
    """

    objects: frozenset[Identity] = frozenset()
    made: frozenset[Identity] = frozenset()
    labels: tuple[tuple[str, frozenset[tuple[str, str]]], ...] = ()
    named: tuple[tuple[Key, str | None, int | None], ...] = ()


class Neighbour(Struct, frozen=True, dict=True, kw_only=True):
    """Another stack, and where it is deployed to (`namespace` for what says none itself).

    `complete`: what it holds without a rendering is all that it has. `names` are those, of objects and namespaces, that
    its files mention (None: any, since something is put around them): a stack that mentions others is not read.
    """

    id: str
    target: declared.Target
    path: str = ""
    namespace: str = ""
    complete: bool = True
    names: Callable[[], frozenset[str] | None] = lambda: None
    reads: Callable[[], Held] = Held

    @cached_property
    def held(self) -> Held:
        """What it has."""
        return self.reads()

    @cached_property
    def labelled(self) -> Labelled:
        """The labels of its pods."""
        return Labelled(self.held.labels)

    @cached_property
    def operated(self) -> frozenset[str]:
        """The namespaces in which it has objects of operators, which make more; the empty one: nobody says where."""
        return frozenset(one.namespace for one in self.held.objects if groups.operates(one.group, one.kind))

    @cached_property
    def _names(self) -> frozenset[str] | None:
        return self.names()

    def mentions(self, name: str) -> bool:
        """Whether a name, of a namespace for one, stands in its files."""
        return self._names is not None and name in self._names

    def may_hold(self, names: AbstractSet[str]) -> bool:
        """Whether it may have an object with one of the names."""
        return self._names is None or not self._names.isdisjoint(names)


class Applying(Struct, frozen=True):
    """What Argo CD's objects are judged by, and those that are judged as they are written: path, kind and name."""

    world: World
    known: frozenset[tuple[str, str, str]]


class Around(Struct, frozen=True, dict=True, kw_only=True):
    """What the repository says beside one stack, gone through when somebody asks; `versions` are Kubernetes'.

    `kept` asks for a schema in the folders that the configuration names; `missing` are those that are not there.
    """

    versions: tuple[str, ...] = ()
    kept: Callable[[Name], Kept | None] = lambda _: None
    missing: tuple[str, ...] = ()
    definitions: Callable[[], Iterable[Mapping[str, Any]]] = tuple
    others: Callable[[], tuple[Neighbour, ...]] = tuple
    deploying: Callable[[], Iterable[tuple[str, str]]] = tuple
    applying: Callable[[], Applying | None] = lambda: None

    @cached_property
    def crds(self) -> tuple[Mapping[str, Any], ...]:
        """The CRDs of the repository's files."""
        return tuple(self.definitions())

    @cached_property
    def custom(self) -> Known:
        """What they say of the fields of custom resources."""
        return custom.known(self.crds, self.kept)

    @cached_property
    def foreign(self) -> frozenset[tuple[str, str]]:
        """The cluster and the namespace of everything that Argo CD or Flux deploys from elsewhere."""
        return frozenset(self.deploying())

    @cached_property
    def argo(self) -> Applying | None:
        """What Argo CD's objects are judged by; None where nothing is known of them."""
        return self.applying()

    @cached_property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """All stacks of this kind."""
        return self.others()


class Subject(Struct, frozen=True, dict=True, kw_only=True):
    """One stack at one end, and its directory. `complete`: these are all objects that it deploys.

    `former` is what it was at base, where that is known. What is written outside of its directory others render, too:
    it is told without the namespace, so that all of them say the same.
    """

    stack: str
    path: str
    target: declared.Target
    deployment: Deployment
    objects: tuple[Object, ...]
    complete: bool
    places: Places
    around: Around = Around()
    former: Former | None = None

    def told(
        self, rule: str, message: str, each: Object, place: Place = (), *, severity: Severity | None = None
    ) -> Told:
        """What a rule says of a place in an object, with the file and the line that it was written in."""
        path, line = self.places.of(each, place)
        identity = (
            each.identity if path is None or self.own(path, line)[0] else structs.replace(each.identity, namespace="")
        )
        address = identity.address
        return Told(
            rule=rule,
            message=f"{address}: {message}",
            path=path or self.deployment.path or None,
            line=line if path else self.deployment.line,
            severity=severity,
            address=address,
        )

    def own(self, path: str | None, line: int | None) -> tuple[str | None, int | None]:
        """The place, if it is in the stack's own directory; otherwise none."""
        is_own = path is not None and path.startswith(f"{self.path}/" if self.path else "")
        return (path, line) if is_own else (None, None)

    def namespace(self, each: Object) -> str:
        """The namespace that an object is put into; empty where nobody says."""
        return each.identity.namespace or self.deployment.namespace

    @cached_property
    def labelled(self) -> Labelled:
        """The labels of its pods."""
        found = ((self.namespace(each), pod) for each in self.objects for pod in pods.of(each))
        return Labelled((namespace, selection.labels(pod.labels)) for namespace, pod in found)

    @cached_property
    def operated(self) -> frozenset[str]:
        """The namespaces in which it has objects of operators, which make more; the empty one: nobody says where."""
        given = ((each.identity.group, each.identity.kind, each) for each in self.objects)
        return frozenset(self.namespace(each) for group, kind, each in given if groups.operates(group, kind))

    @cached_property
    def custom(self) -> Known:
        """What CRDs say, those that this stack renders first."""
        own = [each.value for each in self.objects if custom.is_definition(each.value)]
        return custom.known((*own, *self.around.crds), self.around.kept) if own else self.around.custom

    @cached_property
    def beside(self) -> tuple[Neighbour, ...]:
        """The other stacks that go, or may go, to the same cluster."""
        return tuple(
            each for each in self.around.neighbours if each.id != self.stack and each.target.may_be(self.target)
        )
