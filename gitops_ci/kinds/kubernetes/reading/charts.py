"""Helm charts of a snapshot: what each is called, which local ones it depends on, which value files lie beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes.reading.manifests import below

FILE = "Chart.yaml"
_VALUE_FILE = re.compile(r"(?:values[-_.](?P<after>.+?)|(?P<before>.+?)[-_.]values|(?P<alone>.+?))\.ya?ml")
_VALUE_FOLDERS = ("", "values", "environments", "envs", "env")
_FILES = re.compile(rb"\bFiles\b")  # `.Files`, and `index . "Files"`
_OLD_DEPENDENCIES = "requirements.yaml"  # of charts before Helm 3


class Dependency(Struct, frozen=True):
    """A chart that another one takes; `repository` may be `file://…`, which is a path from the chart."""

    name: str
    repository: str
    line: int


class ChartFile(Struct, frozen=True):
    """What a Chart.yaml says; `wrong` is the line and the reason where it cannot be read."""

    name: str = ""
    is_library: bool = False
    dependencies: tuple[Dependency, ...] = ()
    wrong: tuple[int, str] | None = None


def read(content: bytes) -> ChartFile:
    """The content of a Chart.yaml, or of a requirements.yaml."""
    from gitops_ci.policy.documents import yaml_documents

    try:
        document = next(yaml_documents.documents(content), None)
    except yaml_documents.YamlProblem as problem:
        return ChartFile(wrong=(problem.line, problem.message))
    value: dict[str, Any] = document.value if document is not None and isinstance(document.value, dict) else {}
    listed = value.get("dependencies")
    dependencies = [
        Dependency(
            str(each.get("name") or ""), str(each.get("repository") or ""), document.line_of(("dependencies", index))
        )
        for index, each in enumerate(listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and document is not None
    ]
    return ChartFile(str(value.get("name") or ""), value.get("type") == "library", tuple(dependencies))


class Charts(Struct, frozen=True, dict=True):
    """The charts of a snapshot; those in `charts/` of another one are part of that."""

    snapshot: Snapshot

    @cached_property
    def directories(self) -> Mapping[str, str]:
        """Directory → the path of its Chart.yaml."""
        return {
            directory: f"{directory}/{FILE}" if directory else FILE
            for directory, names in self.snapshot.children.items()
            if FILE in names
        }

    @cached_property
    def read(self) -> Mapping[str, ChartFile]:
        """Directory → what its chart says of itself."""
        found = self.snapshot.facts(self.directories.values(), read)
        return {directory: found[path] for directory, path in self.directories.items() if path in found}

    @cached_property
    def local(self) -> Mapping[str, tuple[str, ...]]:
        """Directory → directories of the charts in this repository that it depends on by `file://`."""
        old = {directory: f"{directory}/{_OLD_DEPENDENCIES}".lstrip("/") for directory in self.directories}
        older = self.snapshot.facts(old.values(), read)
        found = {}
        for directory, chart in self.read.items():
            named = (*chart.dependencies, *(older[old[directory]].dependencies if old[directory] in older else ()))
            paths = [_path(directory, each) for each in named]
            found[directory] = tuple(dict.fromkeys(each for each in paths if each is not None))
        return found

    @cached_property
    def taken(self) -> frozenset[str]:
        """Charts that are a part of another one: a dependency, or in its `charts/`."""
        nested = {each for each in self.directories if self._outer(each) is not None}
        return frozenset(nested.union(*self.local.values()))

    def _outer(self, directory: str) -> str | None:
        """The chart whose `charts/` or `templates/` a directory lies in."""
        at = directory
        while at:
            at, _, name = at.rpartition("/")
            if name in ("charts", "templates") and at in self.directories:
                return at
        return None

    def value_files(self, directory: str) -> Mapping[str, str]:
        """Word → a file in a chart with values for what the word says (`values-prod-eu.yaml`, `values/dev.yaml`)."""
        found: dict[str, str] = {}
        for folder in _VALUE_FOLDERS:
            inside = "/".join(filter(None, (directory, folder)))
            for name in self.snapshot.children.get(inside, ()):
                match = _VALUE_FILE.fullmatch(name)
                word = match and (match["after"] or match["before"] or (match["alone"] if folder else None))
                if word:
                    found.setdefault(word, f"{inside}/{name}" if inside else name)
        return found

    def reads_files(self, directory: str) -> bool:
        """Whether a chart may read any file of it (`.Files`): its templates, what `tpl` is given, its parts."""
        if directory not in self._reading:
            self._reading[directory] = self._reads_files(directory)
        return self._reading[directory]

    @cached_property
    def _reading(self) -> dict[str, bool]:
        return {}

    def _reads_files(self, directory: str) -> bool:
        paths = [
            path
            for each in (directory, *self.local.get(directory, ()))
            for path in below(each, self.snapshot, recurse=True)
            if not path.endswith(".md")
        ]
        return any(path.endswith(".tgz") for path in paths) or any(self.snapshot.facts(paths, _has_files).values())

    def references(self) -> Iterator[Reference]:
        """What each chart reads beside itself: the local charts that it depends on."""
        for directory, targets in self.local.items():
            for target in targets:
                yield Reference(directory, target, "tree", "module")


def _has_files(content: bytes) -> bool:
    return _FILES.search(content) is not None


def _path(directory: str, dependency: Dependency) -> str | None:
    if not dependency.repository.startswith("file://"):
        return None
    return join(directory, dependency.repository.removeprefix("file://"))
