"""What a Terraform root takes in: modules with their versions or contents, and the versions of providers.

What a root says itself (resources, arguments, variables) is its environment's own and is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gitops_ci.discover.inventory import Inventory
from gitops_ci.gate.promotion import shared_files
from gitops_ci.gate.promotion.pieces import Contents, Piece, Unread, What
from gitops_ci.kinds.terraform.engine import locks, requirements
from gitops_ci.kinds.terraform.engine.locks import Locked
from gitops_ci.kinds.terraform.language import blocks, values
from gitops_ci.kinds.terraform.reading.configuration import SOURCES, Located
from gitops_ci.kinds.terraform.rules.subject import Subject
from gitops_ci.kinds.terraform.terragrunt import units
from gitops_ci.model.stack import Stack

_QUERY = re.compile(r"[?&]ref=([^&]*)")
_EXACT = re.compile(r"=?\s*v?[0-9]+(?:\.[0-9]+)*(?:[-+][\w.+-]+)?")
_VERSION_LIKE = re.compile(r"[0-9a-f]{7,64}|.*[0-9].*")
_BRANCHES = re.compile(r"(?:refs/heads/.*|main|master|develop|development|trunk|HEAD)", re.IGNORECASE)
"""What is a branch by its name; a tag holds a number, or is one."""


def contents(stack: Stack, inventory: Inventory) -> Contents:
    """The modules and providers of a root; a file that cannot be told apart may name any."""
    subject = Subject(stack, inventory)
    found = [
        *_trees(stack, inventory),
        *(piece for call in subject.all("module") if (piece := _module(call)) is not None),
        *_units(stack, inventory),
        *_locked(stack, inventory),
        *_constraints(subject),
    ]
    return Contents(tuple(found), tuple(_unread(subject, inventory)))


def _trees(stack: Stack, inventory: Inventory) -> Iterator[Piece]:
    """Local modules wherever they lie, files that other environments read as well, a root that several deploy."""
    snapshot = inventory.snapshot
    for reference in shared_files.references(stack, inventory):
        named = shared_files.files(reference, snapshot)
        if reference.certainty == "direct":
            is_root = reference.path == stack.path and shared_files.is_deployed_elsewhere(stack, inventory)
            named = frozenset(path for path in named if is_root and path.endswith(SOURCES))
        elif reference.certainty == "file":
            named = frozenset(path for path in named if not shared_files.is_own(path, stack, inventory))
        if named:
            what: What = "file" if reference.certainty == "file" else "tree"
            yield shared_files.piece(reference.path, named, snapshot, what=what)


def _module(call: Located) -> Piece | None:
    """A call of a module from elsewhere; a local one counts by its files."""
    name = call.block.labels[0] if call.block.labels else ""
    source, version = (call.block.body.attribute(each) for each in ("source", "version"))
    address = values.text(source.expression) if source is not None else None
    if source is None or address is None or address.startswith(("./", "../", "/")):
        return None
    given = values.text(version.expression) if version is not None else None
    place = (call.path, (version or source).line)
    if given is not None and version is not None:
        return _of_registry(address, given, place, name)
    return remote(address, place, name)


def _of_registry(address: str, version: str, place: tuple[str, int], slot: str) -> Piece:
    return Piece(
        what="module",
        name=address,
        version=version.strip(),
        path=place[0],
        line=place[1],
        written=version,
        slot=slot,
        fixed=_EXACT.fullmatch(version.strip()) is not None,
    )


def remote(address: str, place: tuple[str, int | None], slot: str) -> Piece:
    """A module by its address, in which `ref=` is its version."""
    found = _QUERY.search(address)
    version = found[1] if found is not None else ""
    return Piece(
        what="module",
        name=_without_ref(address),
        version=version,
        shown=version or "without a version",
        path=place[0],
        line=place[1],
        written=version,
        slot=slot,
        fixed=_VERSION_LIKE.fullmatch(version) is not None and _BRANCHES.fullmatch(version) is None,
    )


def _without_ref(address: str) -> str:
    base, _, query = address.partition("?")
    kept = [each for each in query.split("&") if each and not each.startswith("ref=")]
    return f"{base}?{'&'.join(kept)}" if kept else base


def _units(stack: Stack, inventory: Inventory) -> Iterator[Piece]:
    """What a unit of Terragrunt deploys."""
    for _, unit in units.at(stack.path, inventory.snapshot):
        if unit.source is not None and unit.module is None and not unit.source.startswith((".", "/")):
            yield remote(unit.source, (unit.file, unit.source_line), "terragrunt")


def _locked(stack: Stack, inventory: Inventory) -> Iterator[Piece]:
    path, found = _lock(stack, inventory)
    for source, entry in found.items() if not isinstance(found, blocks.Unreadable) else ():
        yield Piece(what="provider", name=requirements.plain(source), version=entry.version, path=path)


def _lock(stack: Stack, inventory: Inventory) -> tuple[str, Mapping[str, Locked] | blocks.Unreadable]:
    """Where the lock file is or would be, and what it holds; many roots have the same one, which is read once."""
    snapshot = inventory.snapshot
    path = locks.place(stack.path, snapshot)
    found = snapshot.facts((path,), _entries)
    return path, found.get(path, blocks.Unreadable("is too large to be read", None) if path in snapshot else {})


def _entries(content: bytes) -> Mapping[str, Locked] | blocks.Unreadable:
    try:
        return locks.read(content)
    except blocks.Unreadable as error:
        return error


def _constraints(subject: Subject) -> Iterator[Piece]:
    """What the root itself permits; a module's own constraints are part of its files."""
    for each in requirements.of(subject.root):
        if each.version is not None:
            yield Piece(
                what="constraint",
                name=each.source,
                version=each.version,
                path=each.path,
                line=each.line,
                written=each.version,
            )


def _unread(subject: Subject, inventory: Inventory) -> Iterator[Unread]:
    for configuration in (subject.root, *subject.modules.values()):
        for problem in configuration.problems:
            content = _content(problem.path, inventory)
            yield Unread(path=problem.path, content=content, message=problem.message, line=problem.line)
    for call in subject.all("module"):
        for attribute in (call.block.body.attribute(name) for name in ("source", "version")):
            if attribute is not None and values.text(attribute.expression) is None:
                message = f"`{attribute.name}` is computed, so that only the engine can tell which module it is"
                yield Unread(
                    path=call.path, content=_content(call.path, inventory), message=message, line=attribute.line
                )
    yield from _unread_lock(subject, inventory)
    for _, unit in units.at(subject.stack.path, inventory.snapshot):
        if unit.has_source and unit.source is None and unit.module is None:
            message = "has a source that only Terragrunt can tell"
            yield Unread(path=unit.file, content=_content(unit.file, inventory), message=message, line=unit.source_line)


def _content(path: str, inventory: Inventory) -> str:
    """What identifies a file, links followed."""
    snapshot = inventory.snapshot
    entry = snapshot.entries.get(snapshot.resolve(path) or path) or snapshot.entries[path]
    return entry.oid


def _unread_lock(subject: Subject, inventory: Inventory) -> Iterator[Unread]:
    path, found = _lock(subject.stack, inventory)
    if isinstance(found, blocks.Unreadable):
        yield Unread(path=path, content=_content(path, inventory), message=str(found), line=found.line)
