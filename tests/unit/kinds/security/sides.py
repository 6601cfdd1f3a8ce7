"""What the tests of this folder share: a repository's side as the kind sees it, and the plan between two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from gitops_ci.config import DEFAULT, Config
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph
from gitops_ci.kinds import security
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Change, Plan

TOOLS = cast("Tools", None)
"""The kind needs none: nothing is run."""
STACK = "shared/security/main"
AT = "shared/security/"


def side(
    files: Mapping[str, bytes | str], *, config: Config = DEFAULT, links: Mapping[str, str] | None = None
) -> Inventory:
    snapshot = snapshots.of(files, links=links)
    found = security.find(snapshot, config)
    return Inventory(
        snapshot, config, {stack.id: stack for stack in found.stacks}, Graph(found.references), found.findings
    )


def here(files: Mapping[str, bytes | str]) -> Inventory:
    """The stack `shared/security/main` with these files, named from its own directory."""
    return side({AT + path: content for path, content in files.items()})


def planned(base: Inventory | None, head: Inventory | None, stack: str = STACK) -> Plan:
    known = (head.stacks.get(stack) if head else None) or (base.stacks[stack] if base else None)
    assert known is not None
    return security.plan(known, base, head, TOOLS)


def changes(base: Mapping[str, bytes | str], head: Mapping[str, bytes | str]) -> tuple[Change, ...]:
    plan = planned(here({"keep": "", **base}), here({"keep": "", **head}))
    assert plan.reason is None, plan.reason
    return plan.changes


def only(base: Mapping[str, bytes | str], head: Mapping[str, bytes | str]) -> Change:
    [change] = changes(base, head)
    return change


def found(files: Mapping[str, bytes | str], stack: str = STACK) -> tuple[Finding, ...]:
    seen = side({**files, f"{AT}keep": ""})
    return security.inspect(seen.stacks[stack], seen)


def checked(base: Mapping[str, bytes | str], head: Mapping[str, bytes | str]) -> tuple[Finding, ...]:
    before, after = side({**base, f"{AT}keep": ""}), side({**head, f"{AT}keep": ""})
    return security.check(after.stacks[STACK], planned(before, after), before, after)
