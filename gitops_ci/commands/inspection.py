"""What the kinds' static rules say of stacks, at both ends of a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.commands.change import Change
from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds import catalog
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack
from gitops_ci.policy import comparison, severity


def findings(stacks: Iterable[Stack], change: Change) -> tuple[Finding, ...]:
    """Head's findings about `stacks` as new or existing, then those of base that are fixed.

    What several stacks share (a module) is told once.
    """
    judged = tuple(stacks)
    before = _at(judged, change.base) if change.base is not None else ()
    told = comparison.against(before, _at(judged, change.head))
    return severity.applied(told, change.config)


def _at(stacks: tuple[Stack, ...], end: Inventory) -> Iterator[Finding]:
    seen: set[tuple[str, str | None, int | None]] = set()
    for stack in stacks:
        for found in catalog.ALL[stack.kind].inspect(stack, end):
            key = (found.fingerprint, found.path, found.line)
            if key not in seen:
                seen.add(key)
                yield found
