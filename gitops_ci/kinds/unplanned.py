"""Kinds that have no planner yet: their directories are found and shown as affected, and never pass unseen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gitops_ci.config import KIND_DIRECTORIES, Config
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Found, Inventory
from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Kind, Stack

if TYPE_CHECKING:
    from gitops_ci.kinds.protocol import Tools
    from gitops_ci.model.plan import Plan


class Unplanned:
    """A kind by its folder name only (`k8s`, `kubernetes`)."""

    RUNS_CODE = False

    def __init__(self, kind: Kind) -> None:
        self._kind: Kind = kind

    def find(self, snapshot: Snapshot, config: Config) -> Found:
        """One stack for each directory that is called like the kind, nested ones included in the outermost."""
        stacks = tuple(self._stacks(snapshot, config))
        references = tuple(Reference(stack.id, stack.path, "tree", "direct") for stack in stacks)
        return Found(stacks, references)

    def _stacks(self, snapshot: Snapshot, config: Config) -> Iterator[Stack]:
        if naming.is_declared(self._kind, config):
            for directory in snapshot.directories:
                for stack, _ in naming.declared(directory, self._kind, config):
                    yield stack
            return
        taken: list[str] = []
        for directory in sorted(snapshot.directories):
            parts = directory.split("/")
            named = KIND_DIRECTORIES.get(parts[-1]) == self._kind and config.environment_of(
                parts[-2] if len(parts) > 1 else ""
            )
            shared = parts[0] == "shared" and len(parts) == 2 and KIND_DIRECTORIES.get(parts[1]) == self._kind
            if (named or shared) and not any(directory.startswith(f"{outer}/") for outer in taken):
                taken.append(directory)
                yield naming.place(directory, self._kind, config)

    def plan(self, stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
        """No plan: said, so that it is undecided and never passes."""
        from gitops_ci.model.plan import Plan, Problem

        message = f"this gitops-ci cannot plan {stack.kind} yet: review {stack.path} by hand"
        return Plan(
            stack=stack.id, status="skipped", reason=Problem(code="no-planner", message=message, path=stack.path)
        )

    def inspect(self, stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
        """Nothing to say."""
        return ()

    def check(self, stack: Stack, plan: Plan, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
        """Nothing to say."""
        return ()
