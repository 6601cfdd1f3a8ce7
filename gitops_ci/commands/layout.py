"""`gitops-ci layout`: is the repository laid out as it should be."""

from __future__ import annotations

from gitops_ci.commands import assembly, inspection, output
from gitops_ci.commands import change as changes
from gitops_ci.commands.options import Options, Outside
from gitops_ci.policy import comparison
from gitops_ci.policy.rules import catalog
from gitops_ci.render import terminal

SCHEMA = "gitops-ci/layout/1"


def run(options: Options, outside: Outside) -> int:
    """Prints every finding about layout and static files; 1 where one is a new error."""
    with changes.opened(options, outside, needs_base=False) as change:
        before = change.base.findings if change.base is not None else ()
        stacks = tuple(change.head.stacks.values())
        found = comparison.against(before, change.head.findings)
        findings = tuple(catalog.documented((*change.warnings, *found, *inspection.findings(stacks, change))))
        if options.format == "json":
            output.document({"schema": SCHEMA, "stacks": stacks, "findings": findings}, outside)
        else:
            environments = assembly.environment_order(change)
            output.show(terminal.layout_lines(findings, stacks, environments=environments), outside)
        return int(any(finding.severity == "error" and finding.state == "new" for finding in findings))
