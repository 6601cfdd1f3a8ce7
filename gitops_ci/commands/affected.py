"""`gitops-ci affected`: the stacks between base and head, with the reason for each."""

from __future__ import annotations

from gitops_ci.commands import change as changes
from gitops_ci.commands import output
from gitops_ci.commands.options import Options, Outside

SCHEMA = "gitops-ci/affected/1"


def run(options: Options, outside: Outside) -> int:
    """Prints the affected stacks as a tree, as JSON, or as the matrix of jobs that plan them."""
    with changes.opened(options, outside, needs_base=not options.everything) as change:
        stacks = changes.selected(change, options)
        match options.format:
            case "json":
                head = change.head.snapshot
                document: object = {
                    "schema": SCHEMA,
                    "base": change.base_commit,
                    "head": change.head_commit,
                    "tree": head.tree,
                    "stacks": stacks,
                }
                output.document(document, outside)
            case "matrix":
                import msgspec

                from gitops_ci.discover import shards

                outside.stdout.write(msgspec.json.encode(shards.matrix(stacks, change.config)).decode() + "\n")
            case _:
                from gitops_ci.commands import assembly
                from gitops_ci.render import terminal

                output.show(terminal.affected_lines(stacks, environments=assembly.environment_order(change)), outside)
    return 0
