"""Everything that one snapshot holds: each kind's stacks, the graph over all of them, what is wrong already."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_ci.config import Config
from gitops_ci.discover import layout
from gitops_ci.discover.references import Graph
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.protocol import Inventory, KindModule
from gitops_ci.model.stack import Kind, Stack
from gitops_ci.policy import severity


def take(snapshot: Snapshot, config: Config, kinds: Mapping[Kind, KindModule]) -> Inventory:
    """Discovers `snapshot`. Two stacks with one id are a finding; the first in path order is kept."""
    found = [kind.find(snapshot, config) for kind in kinds.values()]
    stacks = sorted((stack for each in found for stack in each.stacks), key=lambda stack: (stack.id, stack.path))
    findings = [finding for each in found for finding in each.findings]
    findings += layout.findings(snapshot, stacks, config)
    unique: dict[str, Stack] = {}
    for stack in stacks:
        unique.setdefault(stack.id, stack)
    return Inventory(
        snapshot=snapshot,
        config=config,
        stacks=unique,
        graph=Graph(reference for each in found for reference in each.references),
        findings=severity.applied(findings, config),
    )
