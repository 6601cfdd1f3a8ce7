"""The static check before anything is run (trust.md, rule 2): what a change adds that base neither has nor allows.

Of head's files only what is new is judged, by the configuration of base; without a base nothing is new.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from weakref import WeakKeyDictionary

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform import requirements
from gitops_ci.kinds.terraform.configuration import SOURCES
from gitops_ci.kinds.terraform.safety import closure as closures
from gitops_ci.kinds.terraform.safety import foreign, kept, lock_files, origins, paths, programs, providers, sources
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import Closure
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
)
_MOST_ROOTS = 50  # that are asked whether they have the same in base

_kept: WeakKeyDictionary[Snapshot, dict[Hashable, tuple[Breach, ...]]] = WeakKeyDictionary()


def refused(stack: Stack, judged: Inventory, base: Inventory | None) -> Problem | None:
    """Why a root is not planned; `judged` is the end that would be planned."""
    if base is None or base is judged:
        return None
    closure = closures.of(stack, judged)
    for problem in closure.problems:
        message = f"{problem.path} {problem.message}: what it holds is not known, so this root is not planned"
        return Problem(code="invalid", message=message, path=problem.path, line=problem.line)
    for breach in _new(closure, base):
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
    closure = closures.of(stack, judged)
    before = base.stacks.get(stack.id)
    if before is not None and origins.of(closure) <= origins.of(closures.of(before, base)):
        return None
    locked = requirements.locked(stack.path, base.snapshot) or {}
    strange = [each for each in sources if requirements.plain(each) not in locked]
    for breach in providers.of_installed(strange, closure):
        if breach.key not in _keys(stack.id, base) and not _is_elsewhere(breach, stack, base):
            message = f"{breach.message}; to permit it, {breach.allow} on the base branch"
            return Problem(code="not-allowed", message=message, path=stack.path)
    return None


def findings(stack: Stack, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
    """Everything that a change adds to one root and that is not allowed."""
    if base is None or head is None or stack.id not in head.stacks:
        return ()
    found = [
        *_new(closures.of(head.stacks[stack.id], head), base),
        *lock_files.breaches(stack.path, base.snapshot, head.snapshot),
    ]
    return tuple(_finding(each, stack) for each in found)


def _finding(breach: Breach, stack: Stack) -> Finding:
    help = f"To permit it, {breach.allow} on the base branch."
    return finding.make(
        breach.rule, breach.severity, breach.message, help=help, path=breach.path, line=breach.line, stack=stack.id
    )


def _new(closure: Closure, base: Inventory) -> Iterator[Breach]:
    """What base does not have: in this root, else in another one."""
    known = _keys(closure.stack.id, base)
    for breach in _breaches(closure):
        if breach.key not in known and not _is_elsewhere(breach, closure.stack, base):
            yield breach


def _breaches(closure: Closure) -> tuple[Breach, ...]:
    """All that one end of a change has, found once."""
    known = _kept.setdefault(closure.snapshot, {})
    key = (closure.stack, closure.inventory.config.kinds, closure.inventory.config.environments)
    if key not in known:
        known[key] = tuple(breach for family in _FAMILIES for breach in family(closure))
    return known[key]


def _keys(stack_id: str, base: Inventory) -> frozenset[Hashable]:
    """What a root has in base."""
    stack = base.stacks.get(stack_id)
    return frozenset(each.key for each in _breaches(closures.of(stack, base))) if stack is not None else frozenset()


def _is_elsewhere(breach: Breach, stack: Stack, base: Inventory) -> bool:
    """Whether another root of base has the same: a file that is only there, and used by none, was never judged.

    Nor do roots count whose environment lets everything pass, save for the stack's own. What a program does depends
    on the files around it, so programs of other roots do not count at all.
    """
    if breach.rule == programs.PROGRAM:
        return False
    counted = frozenset(id for id, each in base.stacks.items() if _counts(each, stack, base))
    files = {breach.path} & base.snapshot.entries.keys()
    if breach.needle is not None:
        files |= _holding(breach.needle, base.snapshot)
    using = sorted(base.graph.reached(files, counted))[:_MOST_ROOTS]
    return any(breach.key in _keys(each, base) for each in using)


def _counts(other: Stack, stack: Stack, base: Inventory) -> bool:
    settings = base.config.environment(other.environment)
    enforced = settings is None or settings.enforcement == "block"
    return other.kind == stack.kind and (enforced or other.environment == stack.environment)


def _holding(word: str, snapshot: Snapshot) -> set[str]:
    """The Terraform files with a word in them."""
    wanted = word.lower().encode()
    sources = [path for path in snapshot.entries if path.endswith(SOURCES)]
    return {path for path, content in snapshot.stream(sources) if wanted in content.lower()}
