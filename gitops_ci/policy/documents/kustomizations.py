"""Kustomizations: which files they take, the patches in them, and what they add that only a rendering shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Literal

from msgspec import Struct, structs

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.policy.documents import files, manifests, yaml_documents
from gitops_ci.policy.documents.files import Parsed
from gitops_ci.policy.documents.yaml_documents import Document, Place, YamlProblem

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
_RENDERED = (
    "images", "replacements",  "vars", "configMapGenerator", "secretGenerator", "generators",
    "transformers", "helmCharts", "helmChartInflationGenerator",
)  # fmt: skip


class Kustomization(Struct, frozen=True):
    """One kustomization: the files it takes, the patches written in it, and the keys whose doing is not judged."""

    path: str
    taken: Mapping[str, Use]
    patches: tuple[Document, ...] = ()
    unseen: tuple[str, ...] = ()


def is_one(path: str) -> bool:
    """Whether kustomize takes a file of this name for one."""
    return path.rpartition("/")[2] in NAMES


def of(snapshot: Snapshot) -> Mapping[str, Kustomization]:
    """The kustomizations of a snapshot by path; one that cannot be read takes nothing."""
    paths = [path for path in snapshot.entries if is_one(path)]
    parse = files.fact("YAML")
    found = {path: read(path, parsed, snapshot) for path, parsed in snapshot.facts(paths, parse).items()}
    patches = {path for each in found.values() for path, use in each.taken.items() if use == "patch"}
    odd = {path for path, parsed in snapshot.facts(patches, parse).items() if not _are_objects(parsed.documents)}
    return {path: _with(each, odd) for path, each in found.items()}


def _with(each: Kustomization, odd: AbstractSet[str]) -> Kustomization:
    """With what `odd` patches do among what nobody has judged."""
    if odd.isdisjoint(each.taken) or "patches" in each.unseen:
        return each
    return structs.replace(each, unseen=(*each.unseen, "patches"))


def taken(snapshot: Snapshot) -> dict[str, Use]:
    """The files that some kustomization of a snapshot names, and what for; one that is both is a resource."""
    found: dict[str, Use] = {}
    for each in of(snapshot).values():
        for path, use in each.taken.items():
            if found.get(path) != "resource":
                found[path] = use
    return found


def read(path: str, parsed: Parsed, snapshot: Snapshot) -> Kustomization:
    """What one of them says.

    https://kubectl.docs.kubernetes.io/references/kustomize/kustomization: paths, alone or as `path` of a patch.
    """
    named: dict[str, Use] = {}
    patches: list[Document] = []
    unseen: dict[str, None] = {}
    for document in parsed.documents:
        value = document.value if isinstance(document.value, dict) else {}
        unseen.update((key, None) for key in _RENDERED if value.get(key))
        for place, each, use in _listed(value):
            name, text = _named(each)
            target = None if name is None else join(path.rpartition("/")[0], name)
            target = None if target is None else snapshot.resolve(target) or target
            if target is not None and target in snapshot.entries:
                if named.get(target) != "resource":
                    named[target] = use
            elif use == "patch" and text is not None:
                objects = [Document(value, document.line_of(place), {}) for value in _objects(text)]
                patches += objects
                unseen.update({} if objects else {str(place[0]): None})
    return Kustomization(path, named, tuple(patches), tuple(unseen))


def _listed(value: dict[str, Any]) -> Iterator[tuple[Place, Any, Use]]:
    for key, use in _LISTS.items():
        several = value.get(key)
        for index, each in enumerate(several if isinstance(several, list) else ()):
            yield (key, index), each, use


def _named(each: Any) -> tuple[str | None, str | None]:
    """What may be a path, and the text of a patch that is written here."""
    if isinstance(each, str):  # kustomize tries the one, then the other
        return (None if "\n" in each else each), each
    if not isinstance(each, dict):
        return None, None
    path, text = each.get("path"), each.get("patch")
    return path if isinstance(path, str) else None, text if isinstance(text, str) else None


def _objects(text: str) -> list[dict[str, Any]]:
    """The objects of a strategic merge patch; nothing of a JSON patch, and of one that is not clear."""
    try:
        found = list(yaml_documents.documents(text.encode("utf-8", "replace")))
    except YamlProblem:
        return []
    return [each.value for each in found] if _are_objects(found) else []


def _are_objects(documents: Iterable[Document]) -> bool:
    """Whether these are strategic merge patches, and no JSON patches: objects that everybody reads alike."""
    return all(manifests.is_object(each.value) and not each.doubts for each in documents)
