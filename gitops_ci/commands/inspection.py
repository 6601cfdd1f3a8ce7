"""What every static rule says at both ends of a change: about the configuration, the layout, and stacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from gitops_ci.commands.change import Change
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.layout.subject import shown
from gitops_ci.kinds import catalog
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan
from gitops_ci.model.stack import Stack
from gitops_ci.policy import comparison

_Key = tuple[str, str | None, int | None]
_DIFFER = "layout/environments-differ"


def findings(stacks: Iterable[Stack], change: Change, plans: Iterable[Plan] = ()) -> tuple[Finding, ...]:
    """What the change does to the configuration, the layout rules' findings, and those of the kinds about `stacks`.

    Head's are new or existing; those of base that are fixed follow. What several stacks share (a module) is told once.
    Nothing is fixed in what a stack rendered to whose plan failed: nobody saw it.
    """
    judged = tuple(stacks)
    base, head = change.base, change.head
    layout = comparison.against(base.findings if base is not None else (), head.findings)
    failed = {plan.stack for plan in plans if plan.status == "failed"}
    hidden = tuple(each for each in judged if each.kind == "kubernetes" and each.id in failed)
    static = comparison.against(_at(judged, base) if base is not None else (), _at(judged, head))
    static = _unless_hidden(static, _at(hidden, base) if base is not None else ())
    layout = tuple(_unless_promoted(layout, change))
    return (*change.warnings, *layout, *comparison.unseen(static, set(_broken(layout))))


def _unless_hidden(static: Iterable[Finding], before: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings that base has in what head could not render are there, as far as anybody knows."""
    hidden = set(map(_key, before))
    return tuple(
        msgspec.structs.replace(each, state="existing") if each.state == "fixed" and _key(each) in hidden else each
        for each in static
    )


def _unless_promoted(layout: Iterable[Finding], change: Change) -> Iterator[Finding]:
    """That an environment lacks a stack is new where the change adds that stack to others, not where one goes."""
    before = change.base.stacks if change.base is not None else {}
    added = [
        f" lacks the stack {shown(f'{each.kind}/{each.name}')},"
        for id, each in change.head.stacks.items()
        if id not in before
    ]
    for found in layout:
        is_old = found.rule == _DIFFER and found.state == "new" and not any(each in found.message for each in added)
        yield msgspec.structs.replace(found, state="existing") if is_old else found


def _broken(layout: Iterable[Finding]) -> Iterator[str]:
    """Folders with a file that the change makes unreadable: what the rules do not find there may still be there."""
    for found in layout:
        if found.rule.endswith("/unreadable") and found.state == "new" and found.path is not None:
            yield found.path.rpartition("/")[0]


def _at(stacks: tuple[Stack, ...], end: Inventory) -> Iterator[Finding]:
    seen: set[_Key] = set()
    for stack in stacks:
        for found in catalog.ALL[stack.kind].inspect(stack, end):
            if (key := _key(found)) not in seen:
                seen.add(key)
                yield found


def _key(found: Finding) -> _Key:
    return found.fingerprint, found.path, found.line
