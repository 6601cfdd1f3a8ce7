"""Where a resource of a plan is written: its address followed through the modules to a block."""

from __future__ import annotations

import re

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot

_KEY = r'(?:\[(?:[^"\]]*|"(?:[^"\\]|\\.)*")\])?'
_MODULE = re.compile(rf"module\.([\w-]+){_KEY}\.")
_RESOURCE = re.compile(rf"(data\.)?([\w-]+)\.([\w-]+){_KEY}$")


class Place(Struct, frozen=True):
    """A file of the repository and the line of a block's header."""

    path: str
    line: int


def of(address: str, directory: str, snapshot: Snapshot) -> Place | None:
    """The block behind an address of the root in `directory`.

    The call of a module where that one is not in this repository, None where there is no such block.
    """
    from gitops_ci.kinds.terraform.reading import configuration, directories

    called: Place | None = None
    while (module := _MODULE.match(address)) is not None:
        address = address[module.end() :]
        call = next(configuration.of(directory, snapshot).all("module", module[1]), None)
        if call is None:
            return called
        called = Place(call.path, call.line)
        source = call.block.body.attribute("source")
        text = source.expression.strip().strip('"') if source is not None else ""
        target = directories.target(snapshot, directory, text) if text.startswith(("./", "../")) else None
        if target is None:
            return called
        directory = target
    resource = _RESOURCE.match(address)
    if resource is None:
        return called
    kind = "data" if address.startswith("data.") else "resource"
    type, name = resource[2], resource[3]
    block = next(configuration.of(directory, snapshot).all(kind, type, name), None)
    return Place(block.path, block.line) if block is not None else called
