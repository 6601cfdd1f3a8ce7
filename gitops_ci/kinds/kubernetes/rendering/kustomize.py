"""Kustomizations through kustomize: offline, without plugins, each object with the file that it comes from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes.flux import substitution
from gitops_ci.kinds.kubernetes.flux.substitution import UnknownForm
from gitops_ci.kinds.kubernetes.kustomize import edits
from gitops_ci.kinds.kubernetes.kustomize import reading as kustomizing
from gitops_ci.kinds.kubernetes.kustomize.reading import NAMES
from gitops_ci.kinds.kubernetes.objects import Gap, Object
from gitops_ci.kinds.kubernetes.rendering import call as calls
from gitops_ci.kinds.kubernetes.rendering import closure, doubled, places, reading
from gitops_ci.kinds.kubernetes.rendering.call import Call, Part
from gitops_ci.kinds.kubernetes.rendering.closure import Closure
from gitops_ci.kinds.kubernetes.rendering.standing import Standing
from gitops_ci.kinds.kubernetes.sources import Kustomization
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

ORIGIN = "config.kubernetes.io/origin"
"""The annotation in which kustomize says where an object comes from, as YAML (`buildMetadata: [originAnnotations]`)."""

_MOST_EMPTIED = 10
"""Kustomizations that fail for want of what is left out, and are left out themselves."""
_ASKING = b"\nbuildMetadata: [originAnnotations]\n"


def render(source: Kustomization, call: Call) -> Iterator[Part]:
    """The objects of a kustomization, or why there are none; of one that takes something from elsewhere the rest."""
    found = closure.of((source.path, *source.files, *source.components), call.snapshot, source.edits)
    own = closure.file_of(source.path, call.snapshot)
    if own is None and not source.files:
        yield Gap(code="invalid", message=f"{source.path} has no kustomization", path=source.path)
        return
    if any(gap.code == "invalid" for gap in found.gaps):
        yield from found.gaps
        return
    lacks = bool(found.gaps or found.plugged)
    parts = list(_built(source, call, found, own))
    emptied = frozenset(each.path for each in parts if isinstance(each, Gap) and each.what and each.path is not None)
    standing = Standing(source, found, call.snapshot, emptied)
    objects = [each for each in parts if isinstance(each, Object)]
    for each in (*found.gaps, *parts):
        told = standing.told(each, objects) if isinstance(each, Gap) and each.what else each
        yield calls.excused(told) if lacks else told


def _built(source: Kustomization, call: Call, found: Closure, own: str | None) -> Iterator[Part]:
    try:
        for path, names in found.elsewhere.items():
            _leave_out(call.workspace.root / path, names)
        directory = _prepared(source, call, own)
    except (OSError, yaml.YAMLError, YamlProblem) as problem:
        yield Gap(code="plan-failed", message=f"{source.path} cannot be laid out: {problem}", path=source.path)
        return
    using = calls.engine(call.tools, "kustomize")
    located = partial(_located, snapshot=call.snapshot)
    text = calls.rendered(call, using, (str(directory),), source.path, located)
    for _ in range(_MOST_EMPTIED):
        if isinstance(text, str) or not _may_lack(text, found, own):
            break
        yield _emptied(text, call)
        text = calls.rendered(call, using, (str(directory),), source.path, located)
    if isinstance(text, Gap):
        taken = (path for entries in found.named.values() for _, path in entries)
        yield doubled.found(text, (*found.named, *taken), call.snapshot)
        return
    if source.variables is not None:
        try:
            text = substitution.applied(text, dict(source.variables), complete=source.has_all_variables)
        except UnknownForm as problem:
            yield Gap(
                code="not-rendered",
                message=f"{source.path} has `${{` in a form that is not known here, {problem}",
                path=source.path,
            )
            return
    yield from _parts(text, source, call)


def _may_lack(failure: Gap, found: Closure, own: str | None) -> bool:
    """Whether a kustomization fails for want of what is left out: it takes that itself, or is put on what does."""
    path = failure.path or ""
    if failure.code != "plan-failed" or path not in found.named or path == own:
        return False
    wanting = found.elsewhere.keys() | found.plugged
    is_component = any(entry.use == "component" and to == path for each in found.named.values() for entry, to in each)
    return bool(wanting) and (is_component or not wanting.isdisjoint(found.reached(path)))


def _emptied(failure: Gap, call: Call) -> Gap:
    """Puts an empty kustomization in the place of one that fails, so that the rest can be rendered."""
    path = failure.path or ""
    place = call.workspace.root / path
    kind = "Component" if call.snapshot.facts((path,), kustomizing.read)[path].is_component else "Kustomization"
    version = "v1alpha1" if kind == "Component" else "v1beta1"
    place.unlink()
    text = f"apiVersion: kustomize.config.k8s.io/{version}\nkind: {kind}\nresources: []\n"
    place.write_text(text, encoding="utf-8")
    directory = path.rpartition("/")[0]
    message = f"{directory} is left out, as it cannot be rendered without what is missing: {failure.message}"
    return Gap(code="not-rendered", message=message, path=path, line=failure.line, what=directory or path)


def _located(place: str, snapshot: Snapshot) -> str | None:
    """A file that kustomize names, or the kustomization of a directory."""
    return place if (snapshot.resolve(place) or "") in snapshot else closure.file_of(place, snapshot)


def _prepared(source: Kustomization, call: Call, own: str | None) -> Path:
    """The directory to build in the private copy, with what is written into it before; links are not written through.

    Several stacks may render one directory, each in a private copy of its own.
    """
    place = call.workspace.root / source.path
    place.mkdir(parents=True, exist_ok=True)
    path = call.workspace.root / own if own else place / NAMES[0]
    before = path.read_bytes() if own else b""
    if source.files and not own:
        below = [posixpath.relpath(each, source.path or ".") for each in source.files]
        before = yaml.safe_dump({"resources": below}).encode()
    content = edits.applied(before, source.edits) if source.edits else before
    path.write_bytes(_asking_for_origins(content))
    return place


def _leave_out(path: Path, names: AbstractSet[str]) -> None:
    """Takes what is elsewhere out of a kustomization of the private copy."""
    document = next(yaml_documents.documents(path.read_bytes()), None)
    if document is not None:
        path.write_text(yaml.safe_dump(closure.without(document.value, names), sort_keys=False), encoding="utf-8")


def _asking_for_origins(before: bytes) -> bytes:
    """A kustomization with the wish for origins, where that changes nothing else of it."""
    after = before + _ASKING
    try:
        one, other = (next(yaml_documents.documents(each), None) for each in (before, after))
    except YamlProblem:
        return before
    if one is None or other is None or not isinstance(one.value, dict) or "buildMetadata" in one.value:
        return before
    return after if other.value == {**one.value, "buildMetadata": ["originAnnotations"]} else before


def _parts(text: str, source: Kustomization, call: Call) -> Iterator[Part]:
    known = places.Places(call.snapshot)
    for piece in reading.pieces(text):
        if piece.problem:
            message = f"what kustomize wrote of {source.path} cannot be read: {piece.problem}"
            yield Gap(code="plan-failed", message=message, path=source.path)
            continue
        for value, _ in reading.opened(piece.value):
            plain, origin = _without_origin(value)
            path = _path(origin, source, call.snapshot)
            line = known.line(path, plain) if path is not None else None
            yield reading.of(plain, call.namespace, path=path, line=line)


def _without_origin(value: Any) -> tuple[Any, str]:
    """The object without the annotation that we asked for, and what it said."""
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    if not isinstance(metadata, Mapping) or not isinstance(annotations, Mapping) or ORIGIN not in annotations:
        return value, ""
    left = {key: each for key, each in annotations.items() if key != ORIGIN}
    others = {key: each for key, each in metadata.items() if key != "annotations"}
    return {**value, "metadata": {**others, **({"annotations": left} if left else {})}}, str(annotations[ORIGIN])


def _path(origin: str, source: Kustomization, snapshot: Snapshot) -> str | None:
    """Where in the repository an object comes from: its file, or the kustomization that generates it."""
    fields = dict(line.partition(": ")[::2] for line in origin.splitlines() if not line.startswith(" "))
    relative = fields.get("path") or fields.get("configuredIn")
    path = join(source.path, relative) if relative else None
    return path if path is not None and (path in snapshot or (snapshot.resolve(path) or "") in snapshot) else None
