"""What every static rule says at both ends of a change: about the configuration, the layout, and stacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.commands.change import Change
from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds import catalog
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack
from gitops_ci.policy import comparison


def findings(stacks: Iterable[Stack], change: Change) -> tuple[Finding, ...]:
    """What the change does to the configuration, the layout rules' findings, and those of the kinds about `stacks`.

    Head's are new or existing; those of base that are fixed follow. What several stacks share (a module) is told once.
    """
    judged = tuple(stacks)
    base, head = change.base, change.head
    layout = comparison.against(base.findings if base is not None else (), head.findings)
    static = comparison.against(_at(judged, base) if base is not None else (), _at(judged, head))
    return (*change.warnings, *layout, *comparison.unseen(static, set(_broken(layout))))


def _broken(layout: Iterable[Finding]) -> Iterator[str]:
    """Folders with a file that the change makes unreadable: what the rules do not find there may still be there."""
    for found in layout:
        if found.rule.endswith("/unreadable") and found.state == "new" and found.path is not None:
            yield found.path.rpartition("/")[0]


def _at(stacks: tuple[Stack, ...], end: Inventory) -> Iterator[Finding]:
    seen: set[tuple[str, str | None, int | None]] = set()
    for stack in stacks:
        for found in catalog.ALL[stack.kind].inspect(stack, end):
            key = (found.fingerprint, found.path, found.line)
            if key not in seen:
                seen.add(key)
                yield found
