"""What a stack renders to at one end of a change: each of its sources by its engine, the same content only once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec import structs

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ToolError
from gitops_ci.kinds.kubernetes.objects import Gap, Object, Rendered
from gitops_ci.kinds.kubernetes.rendering import charts, kustomize, manifests, revised
from gitops_ci.kinds.kubernetes.rendering.call import Call, Part
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Manifests, Pinned, Unrendered
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.stack import Stack

_by_content: WeakKeyDictionary[Tools, dict[object, Rendered]] = WeakKeyDictionary()
_by_stack: WeakKeyDictionary[Snapshot, dict[str, Rendered]] = WeakKeyDictionary()
_lock = threading.Lock()


def rendered(deployment: Deployment, stack: Stack, inventory: Inventory, tools: Tools) -> Rendered:
    """The objects of a stack, and a Gap for each source of which they are not known. Never raises for bad content.

    What the stack reads and how it is rendered decide: the same again is not rendered again in a run.
    """
    key = _content(deployment, stack, inventory)
    with _lock:
        known = _by_content.setdefault(tools, {}).get(key)
    found = known if known is not None else _made(deployment, stack, inventory, tools)
    with _lock:
        _by_content[tools][key] = found
        _by_stack.setdefault(inventory.snapshot, {})[stack.id] = found
    return found


def known(stack: Stack, inventory: Inventory) -> Rendered | None:
    """What a stack was rendered to at an end of the change; None where it was not, as nobody planned it."""
    return _by_stack.get(inventory.snapshot, {}).get(stack.id)


def _content(deployment: Deployment, stack: Stack, inventory: Inventory) -> object:
    """What a rendering follows from: the sources, and every file that the stack may read."""
    snapshot = inventory.snapshot
    settings = msgspec.json.encode(inventory.config.kinds.kubernetes)  # mappings in it have no hash
    if any(each.certainty == "conservative" and not each.suffixes for each in inventory.graph.read_by(stack.id)):
        return deployment, settings, snapshot.tree
    read = inventory.graph.closure(stack.id, snapshot) | frozenset(_below(stack.path, snapshot))
    entries = frozenset((path, snapshot.entries[path]) for path in read)
    return deployment, settings, entries


def _below(directory: str, snapshot: Snapshot) -> Iterator[str]:
    pending = [directory]
    while pending:
        at = pending.pop()
        prefix = f"{at}/" if at else ""
        yield from (prefix + name for name in snapshot.children.get(at, ()))
        pending.extend(prefix + name for name in snapshot.directories.get(at, ()))


def _made(deployment: Deployment, stack: Stack, inventory: Inventory, tools: Tools) -> Rendered:
    parts: list[Part] = []
    plain = [each for each in deployment.sources if isinstance(each, Manifests | Unrendered)]
    if len(plain) == len(deployment.sources):  # nothing that an engine has to see
        for each in plain:
            parts += _read(each, inventory.snapshot, deployment.namespace)
        return _of(parts)
    try:
        with tools.workspace(inventory, stack) as workspace:
            call = Call(inventory, tools, workspace, deployment.namespace)
            for source in deployment.sources:
                if isinstance(source, Pinned):
                    parts += _revised(source, stack, call, deployment.by)
                    continue
                found = _rendered(source, call)
                parts += found if deployment.by or not isinstance(source, Chart) else map(_lacking, found)
    except ToolError as error:
        parts.append(Gap(code=_code(error), message=str(error), path=stack.path))
    return _of(parts)


def _revised(source: Pinned, stack: Stack, call: Call, by: str) -> Iterator[Part]:
    """The objects of a source at another revision, at the place that asks for it: its files are not in front of us."""
    there = revised.inventory(source, stack, call.inventory)
    if there is None:
        message = f"at {source.revision}, which is not in this clone"
        yield Gap(code="revision-missing", message=message, path=source.path, line=source.line)
        return
    found = _made(Deployment(sources=(source.source,), namespace=call.namespace, by=by), stack, there, call.tools)
    for each in found.objects:
        yield structs.replace(each, path=source.path, line=source.line)
    for gap in found.gaps:
        message = f"{gap.message} (at {source.revision})"
        yield structs.replace(gap, message=message, path=source.path, line=source.line)


def _lacking(part: Part) -> Part:
    """A chart that nothing is known to deploy, and that fails for want of values: whoever deploys it gives them."""
    if not isinstance(part, Gap) or part.code != "plan-failed" or not part.lacks_values:
        return part
    message = f"its values come from elsewhere, as nothing in this repository is known to deploy it: {part.message}"
    return msgspec.structs.replace(part, code="not-rendered", message=message)


def _code(error: ToolError) -> str:
    return (
        "engine-missing" if "is not there" in error.message or "tells no version" in error.message else "engine-failed"
    )


def _rendered(source: Any, call: Call) -> Iterator[Part]:
    match source:
        case Kustomization():
            yield from kustomize.render(source, call)
        case Chart():
            yield from charts.render(source, call)
        case _:
            yield from _read(source, call.snapshot, call.namespace)


def _read(source: Manifests | Unrendered, snapshot: Snapshot, namespace: str) -> Iterator[Part]:
    if isinstance(source, Manifests):
        yield from manifests.read(source, snapshot, namespace)
    else:
        message = f"{source.what}: {source.why}"
        yield Gap(
            code=source.code,
            message=message,
            path=source.path,
            line=source.line,
            what=source.what,
            fixed=source.fixed,
        )


def _of(parts: Iterable[Part]) -> Rendered:
    found = tuple(parts)
    return Rendered(
        objects=tuple(each for each in found if isinstance(each, Object)),
        gaps=tuple(each for each in found if isinstance(each, Gap)),
    )


__all__ = ["known", "rendered"]
