"""Calls of local modules: which folder each names, and how the same folder is named from elsewhere."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import join
from gitops_ci.gate.promotion import shared_files
from gitops_ci.kinds.terraform.language import values
from gitops_ci.kinds.terraform.reading import configuration
from gitops_ci.model.stack import Stack


class Call(Struct, frozen=True, kw_only=True):
    """A `module` block of a root with a path for its source; `target` is the folder that it leads to."""

    name: str
    source: str
    target: str
    path: str
    line: int


class Move(Struct, frozen=True, kw_only=True):
    """A call that takes another folder: `source` at its place becomes `to`."""

    call: Call
    to: str


def moves(folder: str, ends: tuple[Stack, Stack], inventory: Inventory) -> tuple[Move, ...]:
    """What makes the calls of one stack take a shared folder that those of the same name in another one take.

    `ends` are the stack that takes `folder`, and the one that is to.
    """
    there, here = ends
    names = {call.name for call in _calls(there, inventory) if call.target == folder}
    return tuple(
        Move(call=call, to=_relative(folder, here.path))
        for call in _calls(here, inventory)
        if call.name in names and call.target != folder and not shared_files.lies_in(call.target, here)
    )


def _calls(stack: Stack, inventory: Inventory) -> Iterator[Call]:
    for located in configuration.of(stack.path, inventory.snapshot).all("module"):
        source = located.block.body.attribute("source")
        text = values.text(source.expression) if source is not None else None
        if source is None or text is None or not text.startswith(("./", "../")) or not located.block.labels:
            continue
        target = join(stack.path, text)
        if target is not None:
            name = located.block.labels[0]
            yield Call(name=name, source=text, target=target, path=located.path, line=source.line)


def _relative(folder: str, start: str) -> str:
    found = posixpath.relpath(folder or ".", start or ".")
    return found if found.startswith("../") else f"./{found}"
