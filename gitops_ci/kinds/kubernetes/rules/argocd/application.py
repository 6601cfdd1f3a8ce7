"""What the rules about Applications share: their sources with their places, and what they are judged by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.model.finding import Severity
from gitops_ci.policy.documents.yaml_documents import Place

HOME = "argocd"
"""The namespace of Argo CD itself, where an object goes that names none."""


class Fault(Struct, frozen=True):
    """What is wrong at a place of an Application; `what` is the part that differs between those of one set."""

    rule: str
    place: Place
    message: str
    what: str = ""
    severity: Severity | None = None


class Used(Struct, frozen=True):
    """How many Applications have a destination, and which objects make them (path and name)."""

    applications: int
    by: frozenset[tuple[str, str]]


class World(Struct, frozen=True, kw_only=True):
    """What an Application is judged by: the files, the addresses that mean this repository, and its AppProjects.

    `projects` are by namespace and name; `destinations` are those of all Applications.
    """

    snapshot: Snapshot
    config: Config
    repositories: Repositories
    projects: Mapping[tuple[str, str], Declared] = {}
    destinations: Mapping[str, Used] = {}


def sources(app: Application) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The sources that count, each with its place: what is hydrated, `sources` where there are some, else `source`."""
    if app.hydrator:
        yield ("spec", "sourceHydrator", "drySource"), app.sources[0]
        return
    several = list(values.placed(app.value, "spec", "sources"))
    one = values.mapping(app.value, "spec", "source")
    yield from several or (((("spec", "source"), one),) if one else ())


def label(app: Application) -> str:
    """What is told of: the Application, or the set that makes it."""
    return f"ApplicationSet {app.generator}" if app.generator else f"Application {app.name or '(no name)'}"
