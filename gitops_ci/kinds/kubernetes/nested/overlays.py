"""Objects of Argo CD and Flux that kustomizations make other ones of: patched, renamed, put into a namespace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import yaml
from msgspec import Struct, structs

from gitops_ci.discover.snapshot import join
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.flux import substitution
from gitops_ci.kinds.kubernetes.kustomize import edits
from gitops_ci.kinds.kubernetes.nested import altering, patching
from gitops_ci.kinds.kubernetes.nested.altering import Item
from gitops_ci.kinds.kubernetes.nested.patching import Unknown
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.sources import Kustomization
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

_DEEPEST, _MOST = 64, 20_000
_MOST_IN_ALL = 100_000
_COPIED = 25
"""Values of an object that are copied in a step, for each patch."""


class Overlay(Struct, frozen=True):
    """What a kustomization makes of the objects that it takes (`taken`); `unknown` is why it is not known."""

    taken: tuple[Declared, ...] = ()
    items: tuple[Item, ...] = ()
    read: tuple[str, ...] = ()
    patches: frozenset[str] = frozenset()
    unknown: str = ""


class Overlays(Struct, frozen=True, dict=True):
    """The kustomizations of a repository, as far as they take objects of Argo CD and Flux."""

    repository: Repository

    @cached_property
    def _objects(self) -> Mapping[str, tuple[Declared, ...]]:
        """Path → the objects in it."""
        found: dict[str, tuple[Declared, ...]] = {}
        for each in self.repository.declared:
            found[each.path] = (*found.get(each.path, ()), each)
        return found

    @cached_property
    def _taking(self) -> frozenset[str]:
        """Directories whose kustomizations take such files themselves."""
        resolve, tree = self.repository.snapshot.resolve, self.repository.kustomizations
        return frozenset(
            directory
            for directory, targets in tree.targets.items()
            if any(each.kind == "file" and (resolve(each.path) or each.path) in self._objects for each in targets)
        )

    @cached_property
    def _known(self) -> dict[Kustomization, Overlay | None]:
        return {}

    @cached_property
    def _steps(self) -> Counter[str]:
        """What all overlays took."""
        return Counter()

    def of(self, source: Kustomization) -> Overlay | None:
        """What a source makes of such objects; None where it takes none."""
        if source not in self._known:
            self._known[source] = self._built(source)
        return self._known[source]

    def _built(self, source: Kustomization) -> Overlay | None:
        tree = self.repository.kustomizations
        starts = [self._real(each) for each in (source.path, *source.files, *source.components)]
        is_taking = any(each in self._objects for each in starts)
        if not is_taking and (not self._taking or self._taking.isdisjoint(tree.reached(starts))):
            return None
        built = _Built(self.repository, self._objects, self._steps)
        try:
            items = tuple(_filled_in(each, source) for each in built.top(source))
        except Unknown as problem:
            return Overlay(tuple(built.taken), (), tuple(built.read), frozenset(built.patches), str(problem))
        return Overlay(tuple(built.taken), items, tuple(built.read), frozenset(built.patches))

    def _real(self, path: str) -> str:
        return self.repository.snapshot.resolve(path) or path


def _filled_in(item: Item, source: Kustomization) -> Item:
    """With the variables that Flux puts into what is rendered."""
    if source.variables is None or not any("${" in text for text in values.every_text(item.value)):
        return item
    text = yaml.safe_dump(item.value, sort_keys=False, allow_unicode=True)
    try:
        text = substitution.applied(text, dict(source.variables), complete=source.has_all_variables)
        document = next(yaml_documents.documents(text.encode()), None)
    except (substitution.UnknownForm, YamlProblem):
        raise Unknown("variables of Flux in a form that is not read here") from None
    return structs.replace(item, value=document.value) if document is not None else item


class _Built:
    """One build: the objects of a directory and of those that it takes; `read` are its files."""

    def __init__(
        self, repository: Repository, objects: Mapping[str, tuple[Declared, ...]], steps: Counter[str]
    ) -> None:
        self._repository = repository
        self._objects = objects
        self.read: dict[str, None] = {}
        self.patches: set[str] = set()
        self.taken: list[Declared] = []
        self._steps = 0
        self._in_all = steps

    def top(self, source: Kustomization) -> list[Item]:
        """The objects of a source. Raises Unknown."""
        real = self._repository.snapshot.resolve(source.path) or source.path
        path = self._repository.kustomizations.files.get(real)
        try:
            if path is None:
                inside = [f"/{each}" for each in source.files]
                own: Any = {"resources": inside}
            else:
                own = self._kustomization(path)
            own = edits.merged(own, source.edits) if source.edits else own
        except YamlProblem:
            raise Unknown("it cannot be read") from None
        return self._kustomized(real, own, [], 0)

    def _kustomization(self, path: str) -> Any:
        self.read[path] = None
        real = self._repository.snapshot.resolve(path) or path
        return self._repository.snapshot.facts((real,), _first).get(real, {})

    def _kustomized(self, directory: str, value: Any, taken: list[Item], depth: int) -> list[Item]:
        """`taken` are the objects that a component gets from what takes it."""
        self._spend(1)
        if depth > _DEEPEST:
            raise Unknown("it leads back to itself")
        items = [*taken]
        for key in ("resources", "bases"):
            for named in values.texts(value, key):
                items += self._resource(directory, named, depth)
        for named in values.texts(value, "components"):
            target = self._path(directory, named)
            if target is not None and target in self._repository.kustomizations.files:
                inner = self._kustomization(self._repository.kustomizations.files[target])
                items = self._kustomized(target, inner, items, depth + 1)
        return self._changed(directory, value, items) if items else items

    def _spend(self, steps: int) -> None:
        self._steps += steps
        self._in_all["steps"] += steps
        if self._steps > _MOST or self._in_all["steps"] > _MOST_IN_ALL:
            raise Unknown("it takes too much to be read here")

    def _resource(self, directory: str, named: str, depth: int) -> Iterator[Item]:
        target = self._path(directory, named)
        if target is not None and target in self._objects:
            self._spend(len(self._objects[target]))
            for each in self._objects[target]:
                self.taken.append(each)
                yield Item(each, each.manifest.value, frozenset((each.name,)), (target,))
        elif target is not None and (path := self._repository.kustomizations.files.get(target)) is not None:
            yield from self._kustomized(target, self._kustomization(path), [], depth + 1)

    def _path(self, directory: str, named: str) -> str | None:
        path = named.strip("/") if named.startswith("/") else join(directory, named.rstrip("/") or ".")
        return None if path is None else self._repository.snapshot.resolve(path) or path

    def _changed(self, directory: str, value: Any, items: list[Item]) -> list[Item]:
        """In the order of kustomize: patches, namespace, names, labels, patches of JSON."""
        for target, patch in self._patches(directory, value):
            items = self._patched(items, target, patch)
        namespace, prefix, suffix = (values.text(value, key) for key in ("namespace", "namePrefix", "nameSuffix"))
        labels = {**values.mapping(value, "commonLabels")}
        for each in values.mappings(value, "labels"):
            labels |= values.mapping(each, "pairs")
        if namespace or prefix or suffix or labels:
            self._spend(len(items))
            items = [altering.named(each, namespace, prefix, suffix, labels) for each in items]
        for target, patch in self._json(directory, value):
            items = self._patched(items, target, patch)
        if value.get("transformers"):
            raise Unknown("it has transformers, which are not read here")
        if altering.may_reach(values.mappings(value, "replacements"), items):
            raise Unknown("it has replacements, which are not read here")
        return items

    def _patched(self, items: list[Item], target: dict[str, Any] | None, patch: Any) -> list[Item]:
        self._spend(len(items))
        found: list[Item] = []
        for each in items:
            several = list(altering.patched(each, target, patch))
            found += several
            if any(one is not each for one in several):
                self._spend(altering.weight(each) // _COPIED)
        return found

    def _patches(self, directory: str, value: Any) -> Iterator[tuple[dict[str, Any] | None, Any]]:
        for named in values.texts(value, "patchesStrategicMerge"):
            yield from ((None, patch) for patch in self._read(directory, named))
        for each in values.mappings(value, "patches"):
            yield from self._patch(directory, each)

    def _json(self, directory: str, value: Any) -> Iterator[tuple[dict[str, Any] | None, Any]]:
        for each in values.mappings(value, "patchesJson6902"):
            yield from self._patch(directory, each)

    def _patch(self, directory: str, each: dict[str, Any]) -> Iterator[tuple[dict[str, Any] | None, Any]]:
        target = values.mapping(each, "target") or None
        text = values.text(each, "patch")
        found = patching.parsed(text.encode()) if text else self._read(directory, values.text(each, "path"))
        yield from ((target, patch) for patch in found)

    def _read(self, directory: str, named: str) -> list[Any]:
        """A patch that is a file, or else written in place."""
        path = None if "\n" in named else self._path(directory, named)
        if path is None or path not in self._repository.snapshot:
            return patching.parsed(named.encode())
        self.patches.add(path)
        self.read[path] = None
        found = self._repository.snapshot.facts((path,), _documents).get(path, "it is too large")
        if isinstance(found, str):
            raise Unknown(found)
        return found


def _documents(content: bytes) -> list[Any] | str:
    """The documents of a patch, or why there are none."""
    try:
        return patching.parsed(content)
    except Unknown as problem:
        return str(problem)


def _first(content: bytes) -> Any:
    """A kustomization; one that cannot be read makes nothing."""
    try:
        document = next(yaml_documents.documents(content), None)
    except YamlProblem:
        return {}
    return {} if document is None or not isinstance(document.value, dict) else document.value
