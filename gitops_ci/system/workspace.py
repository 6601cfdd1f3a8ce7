"""Private temporary copies of just the files that stacks read, written from git objects."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import EXECUTABLE, SUBMODULE, SYMLINK, Snapshot
from gitops_ci.errors import ToolError
from gitops_ci.model.stack import Stack

MAX_BYTES = 256 << 20
"""A stack with a larger file is not planned: without the file the plan would be of something else."""

_TOGETHER = 32  # files held in memory at a time


class Workspace(Struct, frozen=True):
    """`root` stands for the repository's root, `private` is for the engine's own files."""

    root: Path
    private: Path


@contextmanager
def of(inventory: Inventory, stacks: Sequence[Stack], scratch: Path) -> Iterator[Workspace]:
    """The stacks' files at one end of the change, removed at the end; the first is the one that is planned."""
    place = Path(tempfile.mkdtemp(dir=scratch, prefix="stack-"))
    try:
        workspace = Workspace(place / "repository", place / "private")
        workspace.root.mkdir()
        workspace.private.mkdir()
        wanted = frozenset[str]().union(*(files(inventory, stack) for stack in stacks))
        _write(wanted, inventory.snapshot, workspace.root)
        for stack in stacks:
            (workspace.root / stack.path).mkdir(parents=True, exist_ok=True)
        yield workspace
    except OSError as error:
        why = error.strerror or "some of its files cannot be copied"  # shutil's own errors name paths of this machine
        raise ToolError(f"a private copy of {stacks[0].path or 'the repository'} cannot be written: {why}") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def files(inventory: Inventory, stack: Stack) -> frozenset[str]:
    """Every path that planning the stack may read: its closure, and what lies in its own directory.

    All of the repository where something that it reads cannot be told: a `fileset()` of a folder that is not there
    is empty and no error, so the plan would be of something else.
    """
    if any(each.certainty == "conservative" and not each.suffixes for each in inventory.graph.read_by(stack.id)):
        return frozenset(inventory.snapshot.entries)
    closure = inventory.graph.closure(stack.id, inventory.snapshot)
    others = {other.path for other in inventory.stacks.values()} - {stack.path}
    wanted = closure | frozenset(_own(stack.path, others, inventory.snapshot))
    return wanted | frozenset(_links(wanted, inventory.snapshot))


def _own(directory: str, others: set[str], snapshot: Snapshot) -> Iterator[str]:
    """Files below a directory, not entering the directories of other stacks."""
    pending = [directory]
    while pending:
        current = pending.pop()
        at = f"{current}/" if current else ""
        yield from (at + name for name in snapshot.children.get(current, ()))
        pending.extend(at + name for name in snapshot.directories.get(current, ()) if at + name not in others)


def _links(wanted: frozenset[str], snapshot: Snapshot) -> Iterator[str]:
    """Links that lead to a wanted file or a folder of one: sources name the link, not what it leads to."""
    if not snapshot.symlinks:
        return
    reached = {
        "/".join(parts[:depth]) for path in wanted for parts in (path.split("/"),) for depth in range(1, len(parts) + 1)
    }
    yield from (link for link in snapshot.symlinks if snapshot.resolve(link) in reached)


def _write(paths: Iterable[str], snapshot: Snapshot, root: Path) -> None:
    wanted = [path for path in paths if _is_safe(path)]
    links = [path for path in wanted if snapshot.entries[path].mode == SYMLINK]
    for link in links:
        target = snapshot.resolve(link)
        if target is not None and target in snapshot and target not in wanted:
            wanted.append(target)
    plain = [path for path in wanted if snapshot.entries[path].mode not in (SYMLINK, SUBMODULE)]
    for start in range(0, len(plain), _TOGETHER):
        _write_plain(plain[start : start + _TOGETHER], snapshot, root)
    for link in links:  # last, so that nothing above was written through one
        if snapshot.resolve(link) is not None:
            (root / link).parent.mkdir(parents=True, exist_ok=True)
            (root / link).symlink_to(snapshot.symlinks[link])


def _write_plain(paths: list[str], snapshot: Snapshot, root: Path) -> None:
    contents = snapshot.read_many(paths, limit=MAX_BYTES)
    for path in paths:
        if path not in contents:
            raise ToolError(f"{path} is larger than {MAX_BYTES >> 20} MiB: a plan without it would not be true")
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o700 if snapshot.entries[path].mode == EXECUTABLE else 0o600
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(contents[path])


def _is_safe(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and ".git" not in parts
