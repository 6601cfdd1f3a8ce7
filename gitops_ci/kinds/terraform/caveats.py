"""What has to be known of a plan that was made: by which engine, against which state, compared with what."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform.engine import engines
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan
from gitops_ci.model.stack import Stack

_HELP = {
    "workspace-new": "Nothing to do for a new environment; else correct the workspace under layout.stacks.",
    "base-unplanned": "Mend base, or take its changes for this pull request's.",
}
"""Codes of a reason that a plan carries although it was made."""


def findings(stack: Stack, plan: Plan, base: Inventory | None, head: Inventory | None) -> Iterator[Finding]:
    """The rules `terraform/engine-version`, `terraform/workspace-new` and `terraform/base-unplanned`."""
    inventory = head if head is not None and stack.id in head.stacks else base
    if plan.engine is not None and inventory is not None:
        yield from engines.unmet_pin(stack, inventory, plan.engine)
    if plan.reason is not None and plan.reason.code in _HELP and plan.status in ("changed", "unchanged"):
        yield finding.make(
            f"terraform/{plan.reason.code}",
            "notice",
            plan.reason.message.split("\n", 1)[0],
            help=_HELP[plan.reason.code],
            path=plan.reason.path,
            line=plan.reason.line,
            stack=stack.id,
        )
