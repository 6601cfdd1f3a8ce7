"""The plan of a stack of policies: what becomes of each thing that its files say."""

from __future__ import annotations

from msgspec import structs

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.security import changes, reading
from gitops_ci.model import plan as plans
from gitops_ci.model.plan import BLOCKING_CODES, Plan, Problem
from gitops_ci.model.stack import Stack


def plan(stack: Stack, base: Inventory | None, head: Inventory | None) -> Plan:
    """What changes between base and head; a removed stack deletes all that base says.

    A file of head that is not what its name says makes the plan fail, with the Changes of all others. One that only
    base has so is compared as text.
    """
    before, after = reading.read(stack, base), reading.read(stack, head)
    crowded = reading.crowded(before, after)
    unread = frozenset(after.wrong)
    if base is not None:
        for path in before.wrong.keys() - unread:
            before.files[path] = {"digest": base.snapshot.entries[path].oid}
            if head is not None and path in head.snapshot:
                after.files[path] = {"digest": head.snapshot.entries[path].oid}
    found = changes.between(reading.items(before, crowded, unread), reading.items(after, crowded, unread))
    summary = plans.summarise(found)
    if after.wrong:
        reason = _reason(tuple(after.wrong.values()))
        return Plan(stack=stack.id, status="failed", reason=reason, changes=found, summary=summary)
    return Plan(stack=stack.id, status="changed" if found else "unchanged", changes=found, summary=summary)


def _reason(problems: tuple[Problem, ...]) -> Problem:
    first = next((problem for problem in problems if problem.code in BLOCKING_CODES), problems[0])
    more = f" (and {len(problems) - 1} more files that cannot be read)" if len(problems) > 1 else ""
    return structs.replace(first, message=first.message + more)
