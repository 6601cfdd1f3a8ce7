"""Which files kustomizations take: what is in one of them is not yet what is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

Use = Literal["resource", "patch"]

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS: dict[str, Use] = {
    "resources": "resource",
    "bases": "resource",
    "components": "resource",
    "crds": "resource",
    "patches": "patch",
    "patchesStrategicMerge": "patch",
    "patchesJson6902": "patch",
}


def taken(snapshot: Snapshot) -> dict[str, Use]:
    """The files that some kustomization of a snapshot names, and what for; one that is both is a resource.

    A kustomization that cannot be read takes none.
    """
    paths = [path for path in snapshot.entries if path.rpartition("/")[2] in NAMES]
    found: dict[str, Use] = {}
    for path, content in snapshot.read_many(paths).items():
        for name, use in _named(content):
            place = join(path.rpartition("/")[0], name)
            if place is not None and place in snapshot.entries and found.get(place) != "resource":
                found[place] = use
    return found


def _named(content: bytes) -> Iterator[tuple[str, Use]]:
    """https://kubectl.docs.kubernetes.io/references/kustomize/kustomization: paths, alone or as `path` of a patch."""
    for each, use in _lists(content):
        name = each.get("path") if isinstance(each, dict) else each
        if isinstance(name, str):
            yield name, use


def _lists(content: bytes) -> Iterator[tuple[Any, Use]]:
    try:
        for document in yaml_documents.documents(content):
            for key, use in _LISTS.items() if isinstance(document.value, dict) else ():
                several = document.value.get(key)
                yield from ((each, use) for each in several) if isinstance(several, list) else ()
    except YamlProblem:
        return
