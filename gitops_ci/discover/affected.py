"""Which stacks a change affects, and why."""

from __future__ import annotations

from collections.abc import Iterable

from gitops_ci.discover.references import Reach
from gitops_ci.discover.snapshot import changed_paths
from gitops_ci.kinds.protocol import Inventory
from gitops_ci.model.stack import CERTAINTIES, AffectedStack, Reason, Stack


def between(base: Inventory, head: Inventory) -> tuple[AffectedStack, ...]:
    """Stacks that the difference between base and head reaches, through either end's graph, in order of id.

    A file that only base has (deleted, or moved away) is followed through the graph of base.
    """
    changed = changed_paths(base.snapshot, head.snapshot)
    if not changed:
        return ()
    before = base.graph.reached(changed, frozenset(base.stacks))
    after = head.graph.reached(changed, frozenset(head.stacks))
    removed = [
        _affected(stack, "removed", before.get(id)) for id, stack in base.stacks.items() if id not in head.stacks
    ]
    present = [
        _affected(stack, "modified" if id in base.stacks else "added", _merged(before.get(id), after.get(id)))
        for id, stack in head.stacks.items()
        if id in after or id in before or id not in base.stacks
    ]
    return tuple(sorted((*removed, *present), key=lambda stack: stack.id))


def everything(head: Inventory) -> tuple[AffectedStack, ...]:
    """Every stack, as if all of it had changed (`--all`)."""
    return tuple(_affected(stack, "modified", None) for _, stack in sorted(head.stacks.items()))


def _affected(stack: Stack, change: str, reach: Reach | None) -> AffectedStack:
    return AffectedStack(
        id=stack.id,
        environment=stack.environment,
        kind=stack.kind,
        name=stack.name,
        instance=stack.instance,
        path=stack.path,
        change="added" if change == "added" else "removed" if change == "removed" else "modified",
        certainty=reach.certainty if reach is not None else "direct",
        reasons=reach.reasons if reach is not None else (),
    )


def _merged(before: Reach | None, after: Reach | None) -> Reach | None:
    if before is None or after is None:
        return before or after
    reasons: dict[str, Reason] = {reason.path: reason for reason in before.reasons}
    reasons.update((reason.path, reason) for reason in after.reasons)
    certainty = min(before.certainty, after.certainty, key=CERTAINTIES.index)
    return Reach(certainty, tuple(reasons[path] for path in sorted(reasons)))


def select(
    stacks: Iterable[AffectedStack], *, ids: frozenset[str], environments: frozenset[str], kinds: frozenset[str]
) -> tuple[AffectedStack, ...]:
    """The stacks that the options ask for; an empty set asks for all."""
    return tuple(
        stack
        for stack in stacks
        if (not ids or stack.id in ids)
        and (not environments or stack.environment in environments)
        and (not kinds or stack.kind in kinds)
    )
