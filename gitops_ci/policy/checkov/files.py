"""Which files of a change checkov is asked about, for which of its frameworks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from gitops_ci.config import Framework
from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK, Snapshot

_DOCKERFILE = re.compile(r"(?:[^/]+\.)?[Dd]ockerfile(?:\.[^/]+)?")
_MANIFEST = (".yaml", ".yml", ".json")
_TEMPLATE = (*_MANIFEST, ".template")
_TERRAFORM = (".tf", ".tfvars", ".tfvars.json")
_OTHER_TERRAFORM = (".tofu", ".tf.json", ".tofu.json")
_CHART = "Chart.yaml"
_TAGGED = (b"AWSTemplateFormatVersion", b"AWS::")


class Sorted(Struct, frozen=True):
    """Files by framework, and those that cannot be looked at: too large, or in another syntax of Terraform."""

    frameworks: Mapping[Framework, tuple[str, ...]]
    unread: tuple[str, ...]


def sorted_by_framework(snapshot: Snapshot, paths: Iterable[str]) -> Sorted:
    """The files among `paths` that each framework looks at, by name and, of YAML and JSON, by what they hold.

    Links are left out: what they lead to is a path of its own.
    """
    found: dict[Framework, list[str]] = {}
    unread: list[str] = []
    unclear: list[str] = []
    folders = _charts(snapshot)
    for path in paths:
        entry = snapshot.entries.get(path)
        if entry is None or entry.mode in (SYMLINK, SUBMODULE):
            continue
        framework = _by_name(path, folders)
        if framework is not None:
            found.setdefault(framework, []).append(path)
        elif path.endswith(_OTHER_TERRAFORM):
            unread.append(path)
        elif path.endswith(_TEMPLATE):
            unclear.append(path)
    held = snapshot.facts(unclear, _by_content)
    for path, named in held.items():
        if named != "":
            found.setdefault(named, []).append(path)
    unread += [path for path in unclear if path not in held]
    return Sorted({framework: tuple(sorted(each)) for framework, each in found.items()}, tuple(unread))


def _by_name(path: str, charts: set[str]) -> Framework | None:
    name = _name(path)
    if path.endswith(_TERRAFORM):
        return "terraform"
    if _DOCKERFILE.fullmatch(name) and not name.lower().endswith(".dockerignore"):
        return "dockerfile"
    if path.startswith(".github/workflows/") and path.endswith((".yml", ".yaml")):
        return "github_actions"
    if charts and any(folder in charts for folder in _parents(path)):
        return "helm"
    return None


def _by_content(content: bytes) -> Literal["kubernetes", "cloudformation", ""]:
    if b"apiVersion" in content and b"kind" in content:
        return "kubernetes"
    if b"Resources" in content and any(word in content for word in _TAGGED):
        return "cloudformation"
    return ""


def objects(content: bytes) -> int:
    """How many Kubernetes objects a file holds, those of lists counted one by one; -1 where it cannot be read."""
    from gitops_ci.policy.documents import yaml_documents

    count = 0
    try:
        for document in yaml_documents.documents(content):
            value = document.value
            if isinstance(value, dict) and value.get("kind") == "List" and isinstance(value.get("items"), list):
                count += sum(1 for item in value["items"] if item)
            elif isinstance(value, dict) and "apiVersion" in value and "kind" in value:
                count += 1
    except yaml_documents.YamlProblem:
        return -1
    return count


def charts(snapshot: Snapshot, paths: Iterable[str]) -> tuple[str, ...]:
    """The folders of the charts that `paths` belong to."""
    folders = _charts(snapshot)
    return tuple(sorted({folder for path in paths for folder in _parents(path) if folder in folders}))


def of_charts(snapshot: Snapshot, paths: Iterable[str]) -> tuple[str, ...]:
    """Every file of the charts that `paths` belong to."""
    folders = {f"{folder}/" if folder else "" for folder in charts(snapshot, paths)}
    return tuple(path for path in snapshot.entries if any(path.startswith(folder) for folder in folders))


def _charts(snapshot: Snapshot) -> set[str]:
    return {_parent(path) for path in snapshot.entries if path.endswith(_CHART) and _name(path) == _CHART}


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _parents(path: str) -> Iterator[str]:
    while path:
        path = _parent(path)
        yield path
