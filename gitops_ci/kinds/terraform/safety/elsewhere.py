"""Tells whether another root of base has what is new in one: then it was judged there."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from weakref import WeakKeyDictionary

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.reading.configuration import SOURCES
from gitops_ci.kinds.terraform.safety import programs
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.model.stack import Stack

Keys = frozenset[Hashable]

_MOST_ROOTS = 50  # that are asked whether they have the same
_WORD = re.compile(rb"[\w-]+")

_counting: WeakKeyDictionary[Snapshot, dict[tuple[str, str], frozenset[str]]] = WeakKeyDictionary()
_holding: WeakKeyDictionary[Snapshot, dict[bytes, frozenset[str]]] = WeakKeyDictionary()


def none_of(breaches: Iterable[Breach], stack: Stack, base: Inventory, keys: Callable[[str], Keys]) -> Iterator[Breach]:
    """Those that no other root of base has; `keys` tells what the root with an id has there.

    A file that is used by no root was never judged. Nor do roots count whose environment lets everything pass, save
    for the stack's own. What a program does depends on the files around it, so programs of others do not count at all.
    """
    pending = list(breaches)
    if not pending:
        return
    words = {each: _word(each.needle) for each in pending if each.needle is not None}
    held = _files(frozenset(words.values()), base.snapshot)
    counted = _counted(stack, base)
    using: dict[frozenset[str], Keys] = {}
    for breach in pending:
        files = held.get(words.get(breach, b""), frozenset()) | ({breach.path} & base.snapshot.entries.keys())
        if files not in using:
            ids = sorted(base.graph.reached(files, counted))[:_MOST_ROOTS]
            using[files] = frozenset().union(*map(keys, ids))
        if breach.rule == programs.PROGRAM or breach.key not in using[files]:
            yield breach


def _counted(stack: Stack, base: Inventory) -> frozenset[str]:
    """The stacks of base that count for one, the same for all of its kind and environment."""
    known = _counting.setdefault(base.snapshot, {})
    key = (stack.kind, stack.environment)
    if key not in known:
        known[key] = frozenset(id for id, each in base.stacks.items() if _counts(each, stack, base))
    return known[key]


def _counts(other: Stack, stack: Stack, base: Inventory) -> bool:
    settings = base.config.environment(other.environment)
    enforced = settings is None or settings.enforcement == "block"
    return other.kind == stack.kind and (enforced or other.environment == stack.environment)


def _word(needle: str) -> bytes:
    return max(_WORD.findall(needle.lower().encode()), key=len, default=b"")


def _files(words: frozenset[bytes], snapshot: Snapshot) -> dict[bytes, frozenset[str]]:
    """Word → the Terraform files with it; all that is not known yet is found in one pass."""
    known = _holding.setdefault(snapshot, {})
    wanted = words - known.keys()
    if wanted:
        found: dict[bytes, set[str]] = {word: set() for word in wanted}
        for path, content in snapshot.stream(path for path in snapshot.entries if path.endswith(SOURCES)):
            for word in wanted.intersection(_WORD.findall(content.lower())):
                found[word].add(path)
        known.update((word, frozenset(paths)) for word, paths in found.items())
    return known
