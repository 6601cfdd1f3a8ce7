"""The layouts gitops-ci knows by name, and which of them a repository follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gitops_ci.config import KIND_DIRECTORIES, Config, Preset
from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK, Snapshot
from gitops_ci.model.stack import Kind

CONTAINERS: dict[Preset, str] = {
    "article": "environments",
    "flat": "environments",
    "terraform-environments": "terraform/environments",
    "multi-repo": "environments",
}
"""Where the folders of the environments lie."""

ARTICLE_KINDS: dict[str, Kind] = {
    "k8s": "kubernetes",
    "terraform": "terraform",
    "databases": "database",
    "security": "security",
}
"""The folders of an environment in the article ("GitOps Beyond Kubernetes", repository structure)."""

ARTICLE_SHARED: dict[str, Kind] = {**ARTICLE_KINDS, "kubernetes": "kubernetes"}
del ARTICLE_SHARED["k8s"]

_MARKERS: dict[str, Kind] = {".tf": "terraform", ".tofu": "terraform", ".sql": "database", ".rego": "security"}
_KUBERNETES = ("kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml")


class Chosen(NamedTuple):
    """The preset that is judged against (None: none fits), and whether the configuration asked for it."""

    preset: Preset | None
    declared: bool


def choose(snapshot: Snapshot, config: Config) -> Chosen:
    """The declared preset, else the first that fits.

    With `layout.stacks` and no preset the repository has described itself: nothing is guessed on top.
    """
    if config.layout.preset is not None:
        return Chosen(config.layout.preset, True)
    if config.layout.stacks:
        return Chosen(None, False)
    return Chosen(next((preset for preset, fits in _FITS if fits(snapshot, config)), None), False)


def folders(snapshot: Snapshot, directory: str) -> tuple[str, ...]:
    """Names of what is a folder directly in `directory` once checked out: links to folders and submodules, too."""
    at = f"{directory}/" if directory else ""
    linked = [name for name in snapshot.children.get(directory, ()) if _stands_for_folder(snapshot, at + name)]
    return tuple(sorted({*snapshot.directories.get(directory, ()), *linked}))


def _stands_for_folder(snapshot: Snapshot, path: str) -> bool:
    mode = snapshot.entries[path].mode
    if mode != SYMLINK:
        return mode == SUBMODULE
    target = snapshot.resolve(path)
    return target is not None and snapshot.is_directory(target)


def environment_folders(snapshot: Snapshot, config: Config, container: str) -> dict[str, str]:
    """Folder directly in `container` → the environment that its name stands for; others are left out."""
    named = ((name, config.environment_of(name)) for name in folders(snapshot, container))
    return {name: environment for name, environment in named if environment is not None}


def _article(snapshot: Snapshot, config: Config) -> bool:
    """Some environments are split by kind: at least half of their folders are named after one."""
    container = CONTAINERS["article"]
    inside = [
        name in KIND_DIRECTORIES
        for folder in environment_folders(snapshot, config, container)
        for name in folders(snapshot, f"{container}/{folder}")
    ]
    return any(inside) and 2 * sum(inside) >= len(inside)


def _flat(snapshot: Snapshot, config: Config) -> bool:
    return bool(environment_folders(snapshot, config, CONTAINERS["flat"]))


def _terraform_environments(snapshot: Snapshot, config: Config) -> bool:
    return bool(environment_folders(snapshot, config, CONTAINERS["terraform-environments"]))


def _multi_repo(snapshot: Snapshot, _: Config) -> bool:
    return len(set(_kinds(snapshot))) == 1


def _kinds(snapshot: Snapshot) -> Iterator[Kind]:
    """The kinds that file names give away, one by one."""
    for path in snapshot.entries:
        dot = path.rfind(".")
        kind = _MARKERS.get(path[dot:]) if dot >= 0 else None
        if kind is not None:
            yield kind
        elif path.endswith(_KUBERNETES):
            yield "kubernetes"


_FITS: tuple[tuple[Preset, Callable[[Snapshot, Config], bool]], ...] = (
    ("article", _article),
    ("flat", _flat),
    ("terraform-environments", _terraform_environments),
    ("multi-repo", _multi_repo),
)
