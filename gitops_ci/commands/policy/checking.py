"""`gitops-ci policy check`: compiles Rego policies strictly, and looks at their metadata and conventions."""

from __future__ import annotations

from gitops_ci.commands import change as changes
from gitops_ci.commands import output, rego
from gitops_ci.commands.options import Options, Outside
from gitops_ci.commands.policy import sources
from gitops_ci.model.verdict import EXIT_CODES
from gitops_ci.policy.rego import checked
from gitops_ci.policy.rego.engine import Bundle
from gitops_ci.render import policy_lines

SCHEMA = "gitops-ci/policy-check/1"


def run(options: Options, outside: Outside) -> int:
    """Shows everything that is wrong; 1 where that is an error, 3 where the engine cannot say."""
    with changes.opened(options, outside, needs_base=False) as change:
        found, _ = sources.of(options, change)
        engine = rego.starter(outside, change.repository.root)()
        bundle = Bundle((*found.bundle.modules, *found.tests), found.bundle.data)
        faults = checked.faults(found, engine.check(bundle))
        decision = checked.decision(faults)
        if options.format == "json":
            document = {"schema": SCHEMA, "engine": engine.engine, "decision": decision, "problems": faults}
            output.document(document, outside)
        else:
            output.show(policy_lines.checked(faults, len(bundle.modules), engine.engine), outside)
        return EXIT_CODES[decision]
