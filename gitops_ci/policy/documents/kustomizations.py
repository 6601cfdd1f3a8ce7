"""Which files kustomizations take: what is in one of them is not yet what is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS = ("resources", "bases", "components", "patches", "patchesStrategicMerge", "patchesJson6902", "crds")


def taken(snapshot: Snapshot) -> frozenset[str]:
    """The files that some kustomization of a snapshot names as a resource or a patch.

    A kustomization that cannot be read takes none.
    """
    paths = [path for path in snapshot.entries if path.rpartition("/")[2] in NAMES]
    found: set[str] = set()
    for path, content in snapshot.read_many(paths).items():
        directory = path.rpartition("/")[0]
        places = (join(directory, name) for name in _named(content))
        found.update(place for place in places if place is not None and place in snapshot.entries)
    return frozenset(found)


def _named(content: bytes) -> Iterator[str]:
    """https://kubectl.docs.kubernetes.io/references/kustomize/kustomization: paths, alone or as `path` of a patch."""
    for each in _lists(content):
        name = each.get("path") if isinstance(each, dict) else each
        if isinstance(name, str):
            yield name


def _lists(content: bytes) -> Iterator[Any]:
    try:
        for document in yaml_documents.documents(content):
            for key in _LISTS if isinstance(document.value, dict) else ():
                several = document.value.get(key)
                yield from several if isinstance(several, list) else ()
    except YamlProblem:
        return
