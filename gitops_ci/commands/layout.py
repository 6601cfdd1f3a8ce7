"""`gitops-ci layout`: is the repository laid out as it should be."""

from __future__ import annotations

from gitops_ci.commands import assembly, inspection, judging, output
from gitops_ci.commands import change as changes
from gitops_ci.commands.options import Options, Outside
from gitops_ci.policy.notices import LookedAt
from gitops_ci.policy.rules import catalog
from gitops_ci.render import terminal

SCHEMA = "gitops-ci/layout/1"


def run(options: Options, outside: Outside) -> int:
    """Prints every finding about layout and static files; 1 where one is a new error."""
    clock = assembly.Clock()
    with changes.opened(options, outside, needs_base=False) as change:
        judge = judging.prepared(change, options, clock)
        stacks = tuple(change.head.stacks.values())
        looked_at = LookedAt(families=frozenset({"layout"}), whole=True)
        findings = tuple(catalog.documented(judge.final(inspection.findings(stacks, change), looked_at=looked_at)))
        if options.format == "json":
            output.document({"schema": SCHEMA, "stacks": stacks, "findings": findings}, outside)
        else:
            environments = assembly.environment_order(change)
            output.show(terminal.layout_lines(findings, stacks, environments=environments), outside)
        return int(any(finding.blocks for finding in findings))
