"""The static check before anything is run (trust.md, rule 2): what a change adds that base neither has nor allows.

Of head's files only what is new is judged, by the configuration of base; without a base nothing is new.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from weakref import WeakKeyDictionary

import msgspec

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.engine import requirements
from gitops_ci.kinds.terraform.safety import (
    elsewhere,
    ends,
    foreign,
    kept,
    lock_files,
    origins,
    paths,
    programs,
    providers,
    sensitive,
    servers,
    sources,
)
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Problem
from gitops_ci.model.stack import Stack

_FAMILIES = (
    providers.breaches,
    sources.breaches,
    programs.breaches,
    paths.breaches,
    foreign.breaches,
    kept.breaches,
    servers.breaches,
)
_MOST_TOLD = 100  # of one root

_kept: WeakKeyDictionary[Snapshot, dict[Hashable, tuple[Breach, ...]]] = WeakKeyDictionary()


def refused(stack: Stack, judged: Inventory, base: Inventory | None) -> Problem | None:
    """Why a root is not planned; `judged` is the end that would be planned."""
    if base is None or base is judged:
        return None
    for problem in (problem for closure in ends.of(stack, judged) for problem in closure.problems):
        message = f"{problem.path} {problem.message}: what it holds is not known, so this root is not planned"
        return Problem(code="invalid", message=message, path=problem.path, line=problem.line)
    for breach in _new(stack, judged, base):
        if breach.is_run:
            message = f"{breach.message}; to permit it, {breach.allow} on the base branch"
            return Problem(code="not-allowed", message=message, path=breach.path, line=breach.line)
    return None


def installed(stack: Stack, judged: Inventory, base: Inventory | None, sources: frozenset[str]) -> Problem | None:
    """Why a root is not planned once `init` has installed its providers: downloaded modules and the state name some.

    Nothing where all that could name them is as in base.
    """
    if base is None or base is judged:
        return None
    found = tuple(ends.of(stack, judged))
    before = base.stacks.get(stack.id)
    if before is not None and origins.of(found) <= origins.of(ends.of(before, base)):
        return None
    locked = requirements.locked(stack.path, base.snapshot) or {}
    strange = [each for each in sources if requirements.plain(each) not in locked]
    for breach in _elsewhere(providers.of_installed(strange, found), stack, base):
        if breach.key not in _keys(stack.id, base):
            message = f"{breach.message}; to permit it, {breach.allow} on the base branch"
            return Problem(code="not-allowed", message=message, path=stack.path)
    return None


def findings(stack: Stack, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
    """Everything that a change adds to one root and that is not allowed."""
    if base is None or head is None or stack.id not in head.stacks:
        return ()
    before = base.stacks.get(stack.id)
    found = [
        *_new(head.stacks[stack.id], head, base),
        *lock_files.breaches(stack.path, base.snapshot, head.snapshot),
        *(sensitive.breaches(ends.of(before, base), ends.of(head.stacks[stack.id], head)) if before else ()),
    ]
    return tuple(_finding(each, stack) for each in found)


def _finding(breach: Breach, stack: Stack) -> Finding:
    help = f"To permit it, {breach.allow} on the base branch."
    return finding.make(
        breach.rule, breach.severity, breach.message, help=help, path=breach.path, line=breach.line, stack=stack.id
    )


def _new(stack: Stack, judged: Inventory, base: Inventory) -> tuple[Breach, ...]:
    """What base does not have, in this root nor in another one: what is run first, and no more than anybody reads."""
    known = _keys(stack.id, base)
    new = [
        breach
        for breach in _breaches(stack, judged)
        if breach.key not in known and not kept.was_committed(breach, base.snapshot)
    ]
    found = sorted(_elsewhere(new, stack, base), key=lambda breach: not breach.is_run)
    if len(found) > _MOST_TOLD:
        more = f"{found[_MOST_TOLD - 1].message} (and {len(found) - _MOST_TOLD:,} more)"
        found[_MOST_TOLD - 1] = msgspec.structs.replace(found[_MOST_TOLD - 1], message=more)
    return tuple(found[:_MOST_TOLD])


def _elsewhere(breaches: Iterable[Breach], stack: Stack, base: Inventory) -> Iterator[Breach]:
    return elsewhere.none_of(breaches, stack, base, lambda id: _keys(id, base))


def _breaches(stack: Stack, inventory: Inventory) -> tuple[Breach, ...]:
    """All that one end of a change has, found once."""
    known = _kept.setdefault(inventory.snapshot, {})
    key = (stack, inventory.config.kinds.terraform, inventory.config.environments)
    if key not in known:
        every = ends.of(stack, inventory)
        known[key] = tuple(breach for closure in every for family in _FAMILIES for breach in family(closure))
    return known[key]


def _keys(stack_id: str, base: Inventory) -> frozenset[Hashable]:
    """What a root has in base."""
    stack = base.stacks.get(stack_id)
    return frozenset(each.key for each in _breaches(stack, base)) if stack is not None else frozenset()
