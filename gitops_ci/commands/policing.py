"""The policy step: every checker that the configuration asks for, over what a change touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from gitops_ci.commands.change import Change
from gitops_ci.commands.options import Options, Outside
from gitops_ci.discover.snapshot import changed_paths
from gitops_ci.model.finding import Finding
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.stack import Stack
from gitops_ci.policy.scope import Scope, Told


class Policed(Struct, frozen=True):
    """What all checkers found together, and how each of them ran."""

    findings: tuple[Finding, ...] = ()
    runs: tuple[PolicyRun, ...] = ()


def step(scope: Scope, outside: Outside, repository: Path) -> Policed:
    """Asks every checker that the configuration asks for; one that fails keeps none of the others from answering."""
    told = tuple(_told(scope, outside, repository))
    return Policed(tuple(found for each in told for found in each.findings), tuple(each.run for each in told))


def _told(scope: Scope, outside: Outside, repository: Path) -> Iterator[Told]:
    if scope.config.policy.checkov is not None:
        yield _by_checkov(scope, outside, repository)


def _by_checkov(scope: Scope, outside: Outside, repository: Path) -> Told:
    from gitops_ci.policy.checkov import step as checkov
    from gitops_ci.system.checkov import Checkov
    from gitops_ci.system.process import Stop

    environ = outside.settings.environ
    return checkov.check(scope, Checkov(environ=environ, repository=repository, scratch=outside.scratch, stop=Stop()))


def scope(
    change: Change, stacks: Iterable[Stack], options: Options, *, plans: Mapping[str, Path] | None = None
) -> Scope:
    """What a policy step over these stacks looks at; `plans` are the engines' own documents by the stack's id."""
    chosen = {stack.id: stack for stack in stacks}
    head, base = change.head, change.base
    changed = frozenset(changed_paths(base.snapshot, head.snapshot)) if base is not None else frozenset[str]()
    owners: dict[str, tuple[str, ...]] = {}
    for stack in chosen.values():
        if stack.id in head.stacks:
            for path in head.graph.closure(stack.id, head.snapshot):
                owners[path] = (*owners.get(path, ()), stack.id)
    whole = options.everything or base is None
    looked_at = head.snapshot.entries.keys() if whole else (owners.keys() | changed) & head.snapshot.entries.keys()
    own = base is None or options.config_from == "worktree"
    return Scope(
        rules=head.snapshot if base is None or own else base.snapshot,
        base=base.snapshot if base is not None else None,
        head=head.snapshot,
        config=change.config,
        stacks=chosen,
        paths=tuple(sorted(looked_at)),
        changed=changed,
        owners=owners,
        plans=plans or {},
    )
