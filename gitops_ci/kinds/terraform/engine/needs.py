"""What a root without a lock file will install, in words: equal words, equal needs."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform.engine import locks, requirements
from gitops_ci.kinds.terraform.language import values
from gitops_ci.kinds.terraform.reading import configuration
from gitops_ci.kinds.terraform.reading.configuration import SOURCES, Configuration
from gitops_ci.model.stack import Stack

_LOCAL = ("./", "../")


def of(stack: Stack, inventory: Inventory) -> frozenset[str]:
    """Providers with their constraints, and modules that are no directories here; nothing where a lock file says it.

    Only for taking turns: what a computed source or an unreadable file hides is installed all the same.
    """
    if locks.place(stack.path, inventory.snapshot) in inventory.snapshot:
        return frozenset()
    sources = (path for path in inventory.graph.closure(stack.id, inventory.snapshot) if path.endswith(SOURCES))
    directories = {path.rpartition("/")[0] for path in sources}
    return frozenset(word for each in directories for word in _words(configuration.of(each, inventory.snapshot)))


def _words(module: Configuration) -> Iterator[str]:
    for found in requirements.of(module):
        yield f"{found.source} {found.version or ''}"
    for call in module.all("module"):
        source = call.block.body.attribute("source")
        named = values.text(source.expression) if source is not None else None
        if named is not None and not named.startswith(_LOCAL):
            yield f"module {named}"
