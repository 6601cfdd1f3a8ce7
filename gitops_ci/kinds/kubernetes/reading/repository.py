"""A snapshot as Kubernetes sees it: kustomizations, charts, manifests, the objects of Argo CD and Flux."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct, structs

from gitops_ci.config import Config
from gitops_ci.discover.references import Scope
from gitops_ci.discover.snapshot import SUBMODULE, Snapshot
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.kustomize.reading import NAMES
from gitops_ci.kinds.kubernetes.kustomize.tree import Tree
from gitops_ci.kinds.kubernetes.reading import manifests
from gitops_ci.kinds.kubernetes.reading.charts import Charts
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.sources import Source
from gitops_ci.model.stack import Certainty


class Reading(Struct, frozen=True):
    """Something that a stack reads, as in a Reference."""

    path: str
    scope: Scope = "file"
    certainty: Certainty = "file"
    suffixes: tuple[str, ...] = ()

    def is_of(self, path: str) -> bool:
        """Whether a file is what is read, or in it."""
        if self.scope == "file":
            return path == self.path
        inside = f"{self.path}/" if self.path else ""
        is_near = self.scope == "tree" or "/" not in path.removeprefix(inside)
        return path.startswith(inside) and is_near and (not self.suffixes or path.endswith(self.suffixes))


class Deployed(Struct, frozen=True):
    """What something deploys, and what it reads for it; `path` is the first directory of this repository."""

    sources: tuple[Source, ...] = ()
    reads: tuple[Reading, ...] = ()
    path: str | None = None

    def beside(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of some files that it does not read for what it deploys, as value files and templates are."""
        return tuple(path for path in paths if not any(each.is_of(path) for each in self.reads))


class Map(Struct, frozen=True):
    """A ConfigMap that stands in a file; `data` is None where it is encrypted, or holds what is no text."""

    path: str
    namespace: str
    data: tuple[tuple[str, str], ...] | None


class Repository(Struct, frozen=True, dict=True):
    """One snapshot, gone through as far as somebody asks; `is_other`: at another revision."""

    snapshot: Snapshot
    config: Config
    is_other: bool = False

    @cached_property
    def _others(self) -> dict[str, Repository]:
        return {}

    def at(self, snapshot: Snapshot) -> Repository:
        """The same repository at another revision, gone through once."""
        return self._others.setdefault(snapshot.tree, Repository(snapshot, self.config, is_other=True))

    @cached_property
    def kustomizations(self) -> Tree:
        """All kustomizations."""
        return Tree(self.snapshot)

    @cached_property
    def charts(self) -> Charts:
        """All charts."""
        return Charts(self.snapshot)

    @cached_property
    def _declared(self) -> manifests.Found:
        return manifests.declared(self.snapshot, self.charts.directories)

    @cached_property
    def maps(self) -> Mapping[str, tuple[Map, ...]]:
        """The ConfigMaps that stand in files, by name."""
        paths = [path for path in self.snapshot.entries if path.endswith(manifests.SUFFIXES)]
        found: dict[str, tuple[Map, ...]] = {}
        for path, several in self.snapshot.facts(paths, _maps).items():
            for name, each in several:
                found[name] = (*found.get(name, ()), structs.replace(each, path=path))
        return found

    @cached_property
    def submodules(self) -> tuple[str, ...]:
        """The git submodules."""
        return tuple(path for path, entry in self.snapshot.entries.items() if entry.mode == SUBMODULE)

    @cached_property
    def source_ignores(self) -> tuple[str, ...]:
        """The files that say what Flux leaves out of a source, outer ones first."""
        found = (path for path in self.snapshot.entries if path.rpartition("/")[2] == ".sourceignore")
        return tuple(sorted(found, key=lambda path: path.split("/")))

    def content(self, path: str) -> Any:
        """The first document of a file; None where it cannot be read."""
        return next(iter(self.snapshot.facts((path,), _content).get(path, ())), None)

    def names(self, path: str, name: str) -> bool:
        """Whether a file has a name in it; one that is too large may."""
        content = self.snapshot.read(self.snapshot.resolve(path) or path)
        return content is None or name.encode() in content

    @property
    def declared(self) -> tuple[Declared, ...]:
        """The objects of Argo CD and Flux that stand in files."""
        return self._declared.objects

    @property
    def naming(self) -> frozenset[str]:
        """Files that name the APIs of Argo CD or Flux, as values of charts may."""
        return self._declared.naming

    @property
    def unreadable(self) -> Mapping[str, tuple[int, str]]:
        """Files that name Argo CD's or Flux's API and cannot be read: the line, and why."""
        return self._declared.wrong

    def linked(self, path: str) -> tuple[Reading, ...]:
        """The links on the way to a path."""
        return tuple(Reading(link) for link in self.snapshot.links_on(path))

    def through(self, path: str, certainty: Certainty = "file") -> tuple[Reading, ...]:
        """A file, the links on the way to it, and what they lead to."""
        links = self.linked(path)
        real = self.snapshot.resolve(path) if links else None
        own = Reading(path, certainty=certainty)
        return (own, *links, Reading(real)) if real is not None else (own, *links)

    def of_kustomization(self, directory: str, certainty: Certainty = "direct") -> tuple[Reading, ...]:
        """What reads a directory with a kustomization: the rest is that directory's own reading."""
        real = self.snapshot.resolve(directory)
        return (
            Reading(directory if real is None else real, "directory", certainty, NAMES),
            *self.linked(directory),
        )

    def of_chart(self, directory: str, value_files: Iterable[str]) -> tuple[Reading, ...]:
        """What a rendering of a chart reads: all of it, but value files that it is not given, and those that it is."""
        given = tuple(value_files)
        real = self.snapshot.resolve(directory) or directory
        others = frozenset(self.charts.value_files(real).values()).difference(given)
        if not others or self.charts.reads_files(real):
            own: tuple[Reading, ...] = (Reading(real, "tree", "direct"),)
        else:
            paths = manifests.below(real, self.snapshot, recurse=True)
            own = tuple(Reading(path, certainty="direct") for path in paths if path not in others)
            own += tuple(Reading(each, "tree", "module") for each in self.charts.local.get(real, ()))
        files = (read for each in given for read in self.through(each))
        return (*own, *self._links_in(real), *files, *self.linked(directory))

    def _links_in(self, directory: str) -> Iterator[Reading]:
        """Where links below a directory lead to."""
        inside = f"{directory}/" if directory else ""
        for link in self.snapshot.symlinks:
            target = self.snapshot.resolve(link) if link.startswith(inside) else None
            if target is not None:
                yield Reading(target, "tree" if target in self.snapshot.directories else "file")

    def manifests_in(self, directory: str, *, recurse: bool) -> tuple[str, ...]:
        """The files of a directory that look like manifests, in order."""
        real = self.snapshot.resolve(directory)
        paths = [
            path
            for path in manifests.below(directory if real is None else real, self.snapshot, recurse=recurse)
            if path.endswith(manifests.SUFFIXES)
        ]
        links = self.snapshot.symlinks
        leads = {path: (self.snapshot.resolve(path) or "") if path in links else path for path in paths}
        looks = self.snapshot.facts(leads.values(), manifests.is_manifest)
        return tuple(path for path, lead in leads.items() if lead in self.snapshot and looks.get(lead, True))


def _content(content: bytes) -> tuple[Any, ...]:
    from gitops_ci.policy.documents import yaml_documents

    try:
        return tuple(each.value for each in yaml_documents.documents(content))[:1]
    except yaml_documents.YamlProblem:
        return ()


def _maps(content: bytes) -> tuple[tuple[str, Map], ...]:
    """The ConfigMaps of a file, by name."""
    from gitops_ci.policy.documents import yaml_documents

    found: list[tuple[str, Map]] = []
    if b"ConfigMap" not in content:
        return ()
    try:
        for document in yaml_documents.documents(content):
            if values.text(document.value, "kind") == "ConfigMap":
                data = values.mapping(document.value, "data")
                is_plain = "sops" not in document.value and all(isinstance(each, str) for each in data.values())
                namespace = values.text(document.value, "metadata", "namespace")
                each = Map("", namespace, tuple(data.items()) if is_plain else None)
                found.append((values.text(document.value, "metadata", "name"), each))
    except yaml_documents.YamlProblem:
        pass  # it is told where the file is deployed
    return tuple(found)
