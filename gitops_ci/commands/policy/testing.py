"""`gitops-ci policy test`: the tests of Rego policies, and what of the policies they go through."""

from __future__ import annotations

from gitops_ci.commands import change as changes
from gitops_ci.commands import output, rego
from gitops_ci.commands.options import Options, Outside
from gitops_ci.commands.policy import sources
from gitops_ci.model.verdict import EXIT_CODES
from gitops_ci.policy.rego import tested
from gitops_ci.policy.rego.engine import Bundle, Limits
from gitops_ci.render import policy_lines

SCHEMA = "gitops-ci/policy-test/1"


def run(options: Options, outside: Outside) -> int:
    """Runs every test; 1 where one fails or coverage is below the minimum, 3 where the engine cannot say."""
    with changes.opened(options, outside, needs_base=False) as change:
        found, _ = sources.of(options, change)
        engine = rego.starter(outside, change.repository.root)()
        bundle = Bundle((*found.bundle.modules, *found.tests), found.bundle.data)
        told = tested.of(engine.test(bundle, limits=Limits()), found, minimum=options.coverage_minimum)
        if options.format == "json":
            output.document({"schema": SCHEMA, "engine": engine.engine, **tested.document(told)}, outside)
        else:
            output.show(policy_lines.tested(told, engine.engine), outside)
        return EXIT_CODES[told.decision]
