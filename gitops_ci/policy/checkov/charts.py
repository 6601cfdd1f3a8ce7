"""Helm charts: which files are a part of one, and which charts Helm renders as a whole."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from gitops_ci.discover.snapshot import Snapshot

FILE = "Chart.yaml"
_VALUES = re.compile(r"values[^/]*\.ya?ml")
_INSIDE = ("templates", "crds", "charts")

Part = Literal["template", "other"]


def folders(paths: Snapshot | Iterable[str]) -> frozenset[str]:
    """The folders with a Chart.yaml, also those of charts within others; the root is the empty string."""
    entries = paths.entries if isinstance(paths, Snapshot) else paths
    return frozenset(path[: -len(FILE)].rstrip("/") for path in entries if f"/{path}".endswith(f"/{FILE}"))


def part(path: str, folders: Collection[str]) -> Part | None:
    """What a file is to the chart that is nearest to it, None where it is nothing that Helm looks at.

    https://helm.sh/docs/topics/charts/: anybody can lay a Chart.yaml beside files that are deployed in another way, so
    only what the layout of a chart names is one's. What is in `crds` is installed as it stands.
    """
    for folder in _parents(path) if folders else ():
        if folder not in folders:
            continue
        inside = path[len(folder) :].lstrip("/")
        if inside.startswith("templates/"):
            return "template"
        if inside == FILE or _VALUES.fullmatch(inside) or inside.startswith(("crds/", "charts/")):
            return "other"
        return None
    return None


def outermost(folders: Collection[str]) -> tuple[str, ...]:
    """The charts that Helm is asked about: those that lie inside of no other one as a part of it."""
    return tuple(sorted(each for each in folders if _around(each, folders) is None))


def of(paths: Iterable[str], folders: Collection[str]) -> tuple[str, ...]:
    """The outermost charts that `paths` belong to."""
    found: set[str] = set()
    for path in paths:
        nearest = next((folder for folder in _parents(path) if folder in folders), None)
        while nearest is not None:
            outer = _around(nearest, folders)
            if outer is None:
                found.add(nearest)
            nearest = outer
    return tuple(sorted(found))


def files(snapshot: Snapshot, paths: Iterable[str]) -> tuple[str, ...]:
    """Every file of the charts that `paths` belong to."""
    whole = tuple(f"{folder}/" if folder else "" for folder in of(paths, folders(snapshot)))
    return tuple(path for path in snapshot.entries if path.startswith(whole)) if whole else ()


def _around(chart: str, folders: Collection[str]) -> str | None:
    """The next chart around one that takes it for a part of itself."""
    for folder in _parents(chart):
        if folder in folders and chart[len(folder) :].lstrip("/").partition("/")[0] in _INSIDE:
            return folder
    return None


def _parents(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path
