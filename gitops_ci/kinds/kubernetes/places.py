"""Where a rendered object was written: the file and the line of the repository, also of a single field of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.objects import Identity, Object
from gitops_ci.policy.documents import files, kustomizations, manifests
from gitops_ci.policy.documents.manifests import Manifest
from gitops_ci.policy.documents.yaml_documents import Place

_FORMATS = (".yaml", ".yml", ".json")
_GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}")
"""What kustomize puts behind the name of what it generates (api/hasher: its letters look like no word)."""

_NAMING = ((), ("apiVersion",), ("kind",))
_NAME = ("metadata", "name")
"""What a patch has only so that one knows what it is a patch of."""

Spot = tuple[str | None, int | None]
"""A path and a line, both or neither."""


class _Written(Struct, frozen=True):
    """One object as it is written somewhere: a resource, or a patch of one."""

    path: str
    manifest: Manifest
    is_patch: bool


class Places:
    """Where the objects of one stack come from, among the files that it is made of (its closure)."""

    def __init__(self, paths: Iterable[str], snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        read = [path for path in sorted(paths) if path.endswith(_FORMATS) or kustomizations.is_one(path)]
        charts = {path.rpartition("/")[0] for path in read if path.rpartition("/")[2] == "Chart.yaml"}
        self._templates = [path for path in read if manifests.is_template(path, charts)]
        self._plain = [path for path in read if path not in set(self._templates)]
        self._written: dict[tuple[str, str], dict[str, list[_Written]]] = {}
        self._generated: list[tuple[str, str, str, int]] = []
        self._texts: dict[str, list[str]] = {}
        self._index()

    def of(self, each: Object, place: Place = ()) -> Spot:
        """The file and line of a value inside of an object (of the object itself without a place).

        A field that a patch sets is the patch's; what is written nowhere is where the nearest thing around it is.
        """
        if each.path in self._templates:
            return self._in_template(each.path, each, place)
        written = self._candidates(each)
        if written and (each.path is None or not written[0].is_patch):
            return self._best(written, each.value, place)
        if each.path is not None:  # generated: what a patch sets in it is the patch's all the same
            return self._patched(written, each, place) or (each.path, each.line)
        return self._generator(each.identity) or self._any_template(each, place) or (None, None)

    def _index(self) -> None:
        taken: dict[str, kustomizations.Use] = {}
        yaml, json = ([path for path in self._plain if path.endswith(".json") is wanted] for wanted in (False, True))
        parsed = {
            **self._snapshot.facts(yaml, files.fact("YAML")),
            **self._snapshot.facts(json, files.fact("JSON")),
        }
        for path in filter(kustomizations.is_one, parsed):
            read = kustomizations.read(path, parsed[path], self._snapshot)
            taken |= {named: use for named, use in read.taken.items() if taken.get(named) != "resource"}
            self._add(path, (Manifest(each.value, each, is_patch=True) for each in read.patches), is_patch=True)
            self._generated += _generated(path, parsed[path])
        for path in self._plain:
            if path in parsed and not kustomizations.is_one(path):
                self._add(path, manifests.objects(parsed[path].documents), is_patch=taken.get(path) == "patch")

    def _add(self, path: str, found: Iterable[Manifest], *, is_patch: bool) -> None:
        for each in found:
            group, kind, _, name = each.identity
            alike = self._written.setdefault((group, kind), {})
            alike.setdefault(name, []).append(_Written(path, each, is_patch))

    def _candidates(self, each: Object) -> list[_Written]:
        """Where it may be written, resources first: by its own name, else by one that a kustomization makes longer.

        Else it is the one of its kind in the file that it comes from.
        """
        wanted = each.identity
        alike = self._written.get((wanted.group, wanted.kind), {})
        named = (
            alike.get(wanted.name) or alike.get(_longest_part(wanted.name, alike)) or _only(alike.values(), each.path)
        )
        there = [one for one in named if each.path is None or one.path == each.path or one.is_patch]
        near = [one for one in there if one.manifest.identity[2] in ("", wanted.namespace)]
        return sorted(near or there, key=lambda one: (one.is_patch, one.path))

    def _best(self, written: list[_Written], value: Mapping[str, Any], place: Place) -> Spot:
        depth, at = -1, written[0]
        found: Place = ()
        for one in written:
            own = _translated(one.manifest.value, value, place)
            sets = one.is_patch and len(own) == len(place) and _is_set(one.manifest.value, own)
            if len(own) > depth or (sets and len(own) == depth):
                depth, at, found = len(own), one, own
        return at.path, at.manifest.document.line_of((*at.manifest.place, *found))

    def _patched(self, written: list[_Written], each: Object, place: Place) -> Spot | None:
        setting = [
            one for one in written if place and len(_translated(one.manifest.value, each.value, place)) == len(place)
        ]
        return self._best(setting, each.value, place) if setting else None

    def _generator(self, identity: Identity) -> Spot | None:
        for kind, name, path, line in self._generated:
            if kind == identity.kind and _is_part(name, _HASH.sub("", identity.name)):
                return path, line
        return None

    def _any_template(self, each: Object, place: Place) -> Spot | None:
        """The one template of the closure that makes objects of this kind; None where several do."""
        kind = re.compile(rf"^\s*kind:\s*[\"']?{re.escape(each.identity.kind)}[\"']?\s*$")
        found = [path for path in self._templates if any(map(kind.match, self._lines(path)))]
        return self._in_template(found[0], each, place) if len(found) == 1 else None

    def _in_template(self, path: str | None, each: Object, place: Place) -> Spot:
        """A line of a template, which is no YAML: that of the field's key if it is there once, else of its `kind`."""
        assert path is not None
        lines = self._lines(path)
        for key in reversed([step for step in place if isinstance(step, str)]):
            written = re.compile(rf"^\s*(?:- )?[\"']?{re.escape(key)}[\"']?:")
            at = [index for index, line in enumerate(lines, 1) if written.match(line)]
            if len(at) == 1:
                return path, at[0]
        kind = re.compile(rf"^\s*kind:\s*[\"']?{re.escape(each.identity.kind)}\b")
        return path, next((index for index, line in enumerate(lines, 1) if kind.match(line)), each.line or 1)

    def _lines(self, path: str) -> list[str]:
        if path not in self._texts:
            content = self._snapshot.read(path) or b""
            self._texts[path] = content.decode("utf-8", "replace").splitlines()
        return self._texts[path]


def _generated(path: str, parsed: files.Parsed) -> Iterator[tuple[str, str, str, int]]:
    """Kind, name, path and line of what a kustomization generates."""
    for document in parsed.documents:
        value = document.value if isinstance(document.value, dict) else {}
        for key, kind in _GENERATORS.items():
            several = value.get(key)
            for index, each in enumerate(several if isinstance(several, list) else ()):
                if isinstance(each, dict) and isinstance(each.get("name"), str):
                    yield kind, each["name"], path, document.line_of((key, index))


def _only(several: Iterable[list[_Written]], path: str | None) -> list[_Written]:
    """The one object of a file, which is called otherwise there: by a variable that Flux puts in."""
    found = [one for alike in several for one in alike if one.path == path and not one.is_patch]
    return found if len(found) == 1 else []


def _longest_part(rendered: str, names: Collection[str]) -> str:
    """The longest of the names that may have become the rendered one; empty where none may."""
    length = len(rendered)
    if length * length > len(names):
        return max((name for name in names if _is_part(name, rendered)), key=len, default="")
    parts = (rendered[at : at + size] for size in range(length - 1, 0, -1) for at in range(length - size + 1))
    return next((part for part in parts if part in names), "")


def _is_part(written: str, rendered: str) -> bool:
    """Whether a name may have become the other one by a prefix or a suffix."""
    return bool(written) and written in rendered


def _is_set(written: Any, place: Place) -> bool:
    """Whether a patch sets the value at a place: what is merged with more is still the resource's."""
    for step in place:
        written = written[step]
    is_merged = isinstance(written, dict) or (
        isinstance(written, list) and any(isinstance(one, dict) for one in written)
    )
    return not is_merged and place[:1] not in _NAMING and place[:2] != _NAME


def _translated(written: Any, rendered: Any, place: Place) -> Place:
    """As much of a place in the rendered value as is there in the written one, whose lists may be others."""
    found: list[str | int] = []
    for step in place:
        at = _step(written, rendered, step)
        if at is None:
            break
        found.append(at)
        written = written[at]
        rendered = rendered.get(step) if isinstance(rendered, Mapping) else rendered[step]
    return tuple(found)


def _step(written: Any, rendered: Any, step: str | int) -> str | int | None:
    if isinstance(step, str):
        return step if isinstance(written, dict) and isinstance(rendered, Mapping) and step in written else None
    if not isinstance(written, list) or not isinstance(rendered, list) or step >= len(rendered):
        return None
    item = rendered[step]
    if isinstance(item, Mapping) and isinstance(item.get("name"), str):
        names = [each.get("name") if isinstance(each, dict) else None for each in written]
        return names.index(item["name"]) if item["name"] in names else None
    return step if step < len(written) else None
