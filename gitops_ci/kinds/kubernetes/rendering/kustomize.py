"""Kustomizations through kustomize: offline, without plugins, each object with the file that it comes from."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.kinds.kubernetes.rendering import call as calls
from gitops_ci.kinds.kubernetes.rendering import closure, places, reading
from gitops_ci.kinds.kubernetes.rendering.call import Call, Part
from gitops_ci.kinds.kubernetes.sources import Kustomization

ORIGIN = "config.kubernetes.io/origin"
"""The annotation in which kustomize says where an object comes from, as YAML (`buildMetadata: [originAnnotations]`)."""

_ASKING = b"\nbuildMetadata: [originAnnotations]\n"
_OVERLAY = "overlay"


def render(source: Kustomization, call: Call) -> Iterator[Part]:
    """The objects of a kustomization, or why there are none."""
    found = closure.of(source.path, call.snapshot)
    if not found.files and not source.files:
        yield Gap(code="invalid", message=f"{source.path} has no kustomization", path=source.path)
        return
    if found.gaps:
        yield from found.gaps
        return
    try:
        directory = _prepared(source, call, found.files[:1])
    except (OSError, yaml.YAMLError) as problem:
        yield Gap(code="plan-failed", message=f"{source.path} cannot be laid out: {problem}", path=source.path)
        return
    using = calls.engine(call.tools, "kustomize")
    text = calls.rendered(call, using, (str(directory),), source.path)
    if isinstance(text, Gap):
        plugin = found.has_plugins and text.code == "plan-failed"
        yield msgspec.structs.replace(text, code="not-rendered") if plugin else text
        return
    yield from _parts(text, source, call, str(directory))


def _prepared(source: Kustomization, call: Call, own: list[str]) -> Path:
    """The directory to build in the private copy: the source's own, or one of an overlay's over it."""
    root = call.workspace.root
    place = root / source.path
    if source.files and not own:
        below = [posixpath.relpath(path, source.path or ".") for path in source.files]
        place.mkdir(parents=True, exist_ok=True)
        (place / closure.NAMES[0]).write_text(_written({"resources": below}), encoding="utf-8")
        own = [f"{source.path}/{closure.NAMES[0]}".lstrip("/")]
    if not source.overlay:
        _ask_for_origins(root / own[0])
        return place
    overlay = yaml.safe_load(source.overlay)
    if not isinstance(overlay, dict):
        overlay = {}
    over = call.workspace.private / _OVERLAY
    over.mkdir(exist_ok=True)
    to = os.path.relpath(place, over)
    components = [os.path.join(to, each) for each in overlay.pop("components", None) or ()]  # noqa: PTH118  # relative
    both = {**overlay, "resources": [to], **({"components": components} if components else {})}
    (over / closure.NAMES[0]).write_text(_written(both), encoding="utf-8")
    _ask_for_origins(over / closure.NAMES[0])
    return over


def _written(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(value), sort_keys=False)


def _ask_for_origins(path: Path) -> None:
    """Adds the wish to a file of the private copy, where that changes nothing else of it."""
    before = path.read_bytes()
    after = before + _ASKING
    one, other = closure.fact(before).document, closure.fact(after).document
    if one is not None and other is not None and other.value == {**one.value, "buildMetadata": ["originAnnotations"]}:
        path.write_bytes(after)


def _parts(text: str, source: Kustomization, call: Call, directory: str) -> Iterator[Part]:
    known = places.Places(call.snapshot)
    for piece in reading.pieces(text):
        if piece.problem:
            message = f"what kustomize wrote of {source.path} cannot be read: {piece.problem}"
            yield Gap(code="plan-failed", message=message, path=source.path)
            continue
        for value, _ in reading.opened(piece.value):
            plain, origin = _without_origin(value)
            path = _path(origin, source, call, directory)
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


def _path(origin: str, source: Kustomization, call: Call, directory: str) -> str | None:
    """Where in the repository an object comes from: its file, or the kustomization that generates it."""
    fields = dict(line.partition(": ")[::2] for line in origin.splitlines() if not line.startswith(" "))
    relative = fields.get("path") or fields.get("configuredIn")
    if not relative:
        return None
    if source.overlay:
        return _inside(os.path.normpath(os.path.join(directory, relative)), call)  # noqa: PTH118  # not to be followed
    path = join(source.path, relative)
    return path if path is not None and _there(path, call.snapshot) else None


def _inside(path: str, call: Call) -> str | None:
    root = f"{call.workspace.root}/"
    found = path.removeprefix(root)
    return found if path.startswith(root) and _there(found, call.snapshot) else None


def _there(path: str, snapshot: Snapshot) -> bool:
    return path in snapshot or (snapshot.resolve(path) or "") in snapshot
