"""One Application, as it is written or as an ApplicationSet generates it, and the repository that it is judged in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.rules import values
from gitops_ci.model.finding import Severity
from gitops_ci.policy.documents.yaml_documents import Place

GROUP = "argoproj.io"
HOME = "argocd"
"""The namespace of Argo CD itself, where an object goes that names none."""


class Application(Struct, frozen=True, kw_only=True):
    """Its value, and where that is written: `within` leads to it in the object of `path` (a set's template).

    `line_of` gives the line of a place in that object. `generator` is the name of the ApplicationSet, if one makes it.
    """

    value: Mapping[str, Any]
    path: str
    line_of: Callable[[Place], int]
    within: Place = ()
    generator: str = ""

    @property
    def name(self) -> str:
        """Its name; empty where it has none."""
        return values.text(self.value, "metadata", "name")

    @property
    def namespace(self) -> str:
        """The namespace that the Application itself is in."""
        return values.text(self.value, "metadata", "namespace") or HOME

    @property
    def project(self) -> str:
        """The name of its AppProject; empty where it has none."""
        return values.text(self.value, "spec", "project")

    @property
    def label(self) -> str:
        """What it is called in a message."""
        return f"ApplicationSet {self.generator}" if self.generator else f"Application {self.name or '(no name)'}"

    def sources(self) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """The sources that count: `sources` where it has any, else `source`."""
        several = [(("spec", *place), each) for place, each in values.items(self.value["spec"], "sources")]
        if several:
            yield from several
        elif isinstance(self.value["spec"].get("source"), Mapping):
            yield ("spec", "source"), self.value["spec"]["source"]


class Fault(Struct, frozen=True):
    """What is wrong at a place of an Application; `what` is the part that differs between those of one set."""

    rule: str
    place: Place
    message: str
    what: str = ""
    severity: Severity | None = None


class World(Struct, frozen=True, kw_only=True):
    """What an Application is judged by: the repository's files, its AppProjects, and which address is this repository.

    `projects` are by namespace and name.
    """

    snapshot: Snapshot
    is_here: Callable[[str], bool]
    projects: Mapping[tuple[str, str], Mapping[str, Any]] = {}
