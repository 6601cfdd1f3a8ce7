"""`gitops-ci policy needs`: what the configuration asks for that is installed apart, for whoever sets a job up."""

from __future__ import annotations

from gitops_ci.commands import change
from gitops_ci.commands.options import Options, Outside


def run(options: Options, outside: Outside) -> int:
    """Prints one word a line: `checkov`, or nothing."""
    if change.configured(options, outside).policy.checkov is not None:
        outside.stdout.write("checkov\n")
    return 0
