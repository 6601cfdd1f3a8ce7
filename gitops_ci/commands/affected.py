"""`gitops-ci affected`: the stacks between base and head, with the reason for each."""

from __future__ import annotations

from gitops_ci.commands import change as changes
from gitops_ci.commands import output
from gitops_ci.commands.options import Options, Outside

SCHEMA = "gitops-ci/affected/1"


def run(options: Options, outside: Outside) -> int:
    """Prints the affected stacks as a tree, as JSON, or as the matrix of jobs that plan them.

    Those that may be affected downstream are told, and are no part of the matrix.
    """
    with changes.opened(options, outside, needs_base=not options.everything) as change:
        stacks = changes.selected(change, options, changes.expected(change, options))
        listed = {stack.id for stack in stacks}
        more = tuple(stack for stack in changes.downstream(change, options) if stack.id not in listed)
        match options.format:
            case "json":
                head = change.head.snapshot
                document: object = {
                    "schema": SCHEMA,
                    "base": change.base_commit,
                    "head": change.head_commit,
                    "tree": head.tree,
                    "stacks": (*stacks, *more),
                }
                output.document(document, outside)
            case "matrix":
                import msgspec

                from gitops_ci.discover import shards

                matrix = shards.matrix(stacks, change.config, work=changes.work(stacks, change))
                outside.stdout.write(msgspec.json.encode(matrix).decode() + "\n")
            case _:
                from gitops_ci.commands import assembly
                from gitops_ci.render import terminal

                output.show(
                    terminal.affected_lines((*stacks, *more), environments=assembly.environment_order(change)), outside
                )
    return 0
