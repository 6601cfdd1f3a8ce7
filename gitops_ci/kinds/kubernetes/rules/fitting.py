"""The rule kubernetes/fits-nothing: entries of kustomizations that are for an object or an image that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rendering import closure
from gitops_ci.kinds.kubernetes.rules.subject import Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.kinds.kubernetes.sources import Kustomization
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

FITS_NOTHING = "kubernetes/fits-nothing"
_REMOVES = re.compile(rb"\$patch|/metadata/name\b|/kind\b")
_PLAIN = re.compile(r"[\w.-]+")


class Entries(Struct, frozen=True):
    """What a kustomization sets in what it takes, each with its line: names of images, and what patches select."""

    images: tuple[tuple[str, str, int], ...] = ()
    patches: tuple[tuple[str, str, int], ...] = ()
    is_component: bool = False
    removes: bool = False


def nothing(subject: Subject, snapshot: Snapshot) -> Iterator[Told]:
    """Entries of `images` and targets of `patches` that fit nothing of a rendering that is whole.

    Components are for many, and most of what they set is for others. Where a patch removes objects, or gives them
    another name or kind, nobody can tell.
    """
    sources = [each for each in subject.deployment.sources if isinstance(each, Kustomization)]
    if not subject.complete or not sources or len(sources) < len(subject.deployment.sources):
        return
    paths: set[str] = set()
    removes = False
    for each in sources:
        found = closure.of((each.path, *each.files, *each.components), snapshot, each.edits)
        if found.gaps or found.plugged:
            return
        paths |= found.named.keys()
        named = {to for entries in found.named.values() for entry, to in entries if entry.use == "file"}
        removes = any(snapshot.facts(named, _removes).values()) or removes
    entries = {path: each for path, each in snapshot.facts(sorted(paths), _entries).items() if not each.is_component}
    if not removes and not any(each.removes for each in entries.values()):
        yield from _images(entries, subject.objects)
        yield from _patches(entries, subject.objects)


def _images(entries: Mapping[str, Entries], objects: tuple[Object, ...]) -> Iterator[Told]:
    all_entries = [(path, *each) for path, found in entries.items() for each in found.images]
    if not all_entries:
        return
    there = {_bare(text) for each in objects for text in values.every_text(each.value)}
    renamed = {(name, new) for _, name, new, _ in all_entries if new}
    for path, name, _, line in all_entries:
        if _names(name, renamed).isdisjoint(there):
            said = f"the kustomization sets the image {name}, which nothing here has"
            yield Told(rule=FITS_NOTHING, message=said, path=path, line=line)


def _bare(image: str) -> str:
    """An image without tag and digest."""
    folder, slash, name = image.partition("@")[0].rpartition("/")
    return folder + slash + name.partition(":")[0]


def _names(name: str, renamed: AbstractSet[tuple[str, str]]) -> set[str]:
    """What an image may be called in the end: another kustomization may rename it in turn."""
    found = {name}
    while more := {new for old, new in renamed if old in found} - found:
        found |= more
    return found


def _patches(entries: Mapping[str, Entries], objects: tuple[Object, ...]) -> Iterator[Told]:
    for path, found in entries.items():
        for kind, name, line in found.patches:
            alike = [each.identity.name for each in objects if each.identity.kind == kind]
            if not any(name in each for each in alike):
                what = f"{kind} {name}".strip()
                said = f"the kustomization patches {what}, which is not among what it takes"
                yield Told(rule=FITS_NOTHING, message=said, path=path, line=line)


def _removes(content: bytes) -> bool:
    return _REMOVES.search(content) is not None


def _entries(content: bytes) -> Entries:
    try:
        document = next(yaml_documents.documents(content), None)
    except YamlProblem:
        return Entries()
    value: Any = None if document is None else document.value
    images, patches = [], []
    for place, each in values.placed(value, "images"):
        if document is not None and (name := values.text(each, "name")):
            images.append((name, values.text(each, "newName"), document.line_of(place)))
    for place, each in values.placed(value, "patches"):
        kind, name = values.text(each, "target", "kind"), values.text(each, "target", "name")
        is_plain = _PLAIN.fullmatch(kind) and (not name or _PLAIN.fullmatch(name)) and not each.get("options")
        if document is not None and is_plain:
            patches.append((kind, name, document.line_of(place)))
    is_component = values.text(value, "kind") == "Component"
    return Entries(tuple(images), tuple(patches), is_component, _removes(content))
