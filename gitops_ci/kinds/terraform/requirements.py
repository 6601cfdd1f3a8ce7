"""What a root without a lock file will install, in words: equal words, equal needs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform import blocks, locks, values
from gitops_ci.kinds.terraform.roots import SOURCES
from gitops_ci.model.stack import Stack

_BUILT_IN = "terraform"
_USES = ("provider", "resource", "data", "ephemeral")
_LOCAL = ("./", "../")


def of(stack: Stack, inventory: Inventory) -> frozenset[str]:
    """Providers with their constraints, and modules that are no directories here; nothing where a lock file says it.

    Only for taking turns: what a computed source or an unreadable file hides is installed all the same.
    """
    if f"{stack.path}/{locks.FILE}".lstrip("/") in inventory.snapshot:
        return frozenset()
    sources = [path for path in inventory.graph.closure(stack.id, inventory.snapshot) if path.endswith(SOURCES)]
    read = inventory.snapshot.read_many(sources)
    return frozenset().union(*(_in_file(content, path.endswith(".json")) for path, content in read.items()))


@lru_cache(maxsize=4096)
def _in_file(content: bytes, is_json: bool) -> frozenset[str]:
    try:
        return frozenset(_named(blocks.read(content, is_json=is_json)))
    except blocks.Unreadable:
        return frozenset()


def _named(body: blocks.Body) -> Iterator[str]:
    for block in body.blocks:
        if block.type == "terraform":
            for required in block.body.all("required_providers"):
                yield from (f"{each.name} {' '.join(each.expression.split())}" for each in required.body.attributes)
        elif block.type == "module":
            source = block.body.attribute("source")
            named = values.text(source.expression) if source is not None else None
            if named is not None and not named.startswith(_LOCAL):
                yield f"module {named}"
        elif block.labels and block.type in _USES:
            provider = block.labels[0].partition("_")[0]  # the one of a resource's type, where nothing else is said
            if provider != _BUILT_IN:
                yield provider
