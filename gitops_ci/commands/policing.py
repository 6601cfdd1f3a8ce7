"""The policy step: every checker that the configuration asks for, over what a change touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from gitops_ci.commands import rego
from gitops_ci.commands.change import Change
from gitops_ci.commands.options import Options, Outside
from gitops_ci.config import DEFAULT_POLICIES
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import changed_paths
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.stack import Stack
from gitops_ci.policy.scope import History, Rendering, Scope, Told


class Policed(Struct, frozen=True):
    """What all checkers found together, and how each of them ran."""

    findings: tuple[Finding, ...] = ()
    runs: tuple[PolicyRun, ...] = ()


def step(scope: Scope, outside: Outside, repository: Path, plans: tuple[Plan, ...] = ()) -> Policed:
    """Asks every checker that the configuration asks for; one that fails keeps none of the others from answering.

    `plans` are those that were made in this run: what was seen as migrations were tried is known from them.
    """
    told = tuple(_told(scope, outside, repository, plans))
    return Policed(tuple(found for each in told for found in each.findings), tuple(each.run for each in told))


def _told(scope: Scope, outside: Outside, repository: Path, plans: tuple[Plan, ...]) -> Iterator[Told]:
    yield from rego.told(scope, rego.starter(outside, repository))
    yield from _secrets(scope)
    if any(stack.kind == "database" for stack in scope.stacks.values()):
        yield from _of_migrations(scope, outside, repository, plans)
    if scope.config.policy.checkov is not None:
        yield _by_checkov(scope, outside, repository)


def secrets(scope: Scope) -> tuple[Finding, ...]:
    """What the search for secrets finds, which starts no engine."""
    return tuple(found for told in _secrets(scope) for found in told.findings)


def _secrets(scope: Scope) -> Iterator[Told]:
    if scope.config.policy.secrets.enabled and (scope.paths or scope.history.contents or scope.history.problem):
        from gitops_ci.policy.secrets import step as searching

        yield searching.check(scope)


def _history(change: Change) -> History:
    """What the change's commits added, where the configuration asks for it; the work tree stands on HEAD."""
    asked = change.config.policy.secrets
    tip = change.head.snapshot.commit or (change.repository.commit("HEAD") if change.base_commit is not None else None)
    if not asked.enabled or not asked.commits or change.base_commit is None or tip in (None, change.base_commit):
        return History()
    assert tip is not None
    from gitops_ci.system import history

    return history.added(change.repository, change.base_commit, tip)


def _by_checkov(scope: Scope, outside: Outside, repository: Path) -> Told:
    from gitops_ci.policy.checkov import step as checkov
    from gitops_ci.system.checkov import Checkov
    from gitops_ci.system.process import Stop

    environ = outside.settings.environ
    return checkov.check(scope, Checkov(environ=environ, repository=repository, scratch=outside.scratch, stop=Stop()))


def _of_migrations(scope: Scope, outside: Outside, repository: Path, plans: tuple[Plan, ...]) -> Iterator[Told]:
    from gitops_ci.kinds.database.rules import step as database
    from gitops_ci.system.process import Stop
    from gitops_ci.system.squawk import Squawk

    environ = outside.settings.environ
    squawk = Squawk(environ=environ, repository=repository, scratch=outside.scratch, stop=Stop())
    told = database.check(scope, squawk, plans)
    if told is not None:
        yield told


def scope(
    change: Change,
    stacks: Iterable[Stack],
    options: Options,
    *,
    expected: Iterable[Stack] = (),
    plans: Mapping[str, Path] | None = None,
) -> Scope:
    """What a policy step over these stacks looks at; `plans` are the engines' own documents by the stack's id.

    Of the files that changed those that belong to other `expected` stacks only are left to whoever checks those.
    """
    head, base = change.head, change.base
    chosen = {stack.id: stack for stack in stacks}
    changed = frozenset(changed_paths(base.snapshot, head.snapshot)) if base is not None else frozenset[str]()
    owners = _owners(chosen, head)
    gone = _owners(chosen, base) if base is not None else {}
    others = _owners({stack.id: stack for stack in expected if stack.id not in chosen}, head)
    whole = base is None or (options.everything and not others)
    looked_at = head.snapshot.entries.keys() if whole else owners.keys() | (changed - others.keys())
    return Scope(
        rules=head.snapshot if base is None or options.config_from == "worktree" else base.snapshot,
        base=base.snapshot if base is not None else None,
        head=head.snapshot,
        config=change.config,
        proposed=change.proposed,
        stacks=chosen,
        paths=tuple(sorted(looked_at & head.snapshot.entries.keys())),
        changed=changed,
        owners={**{path: ids for path, ids in gone.items() if path not in head.snapshot}, **owners},
        plans=plans or {},
        everything=options.everything or base is None,
        history=_history(change),
        rendered_base=_rendered(chosen, base),
        rendered_head=_rendered(chosen, head),
    )


def _rendered(stacks: Mapping[str, Stack], end: Inventory | None) -> Rendering:
    """What the stacks of Kubernetes that were planned render to at an end."""
    if not any(stack.kind == "kubernetes" for stack in stacks.values()):
        return Rendering()
    from gitops_ci.kinds.kubernetes.planning import judged

    return judged.of(stacks.values(), end)


def folders(change: Change) -> tuple[str, ...]:
    """Where policies lie that judge changes, or will once this one is merged: by either end's configuration."""
    configs = (change.config, change.proposed) if change.proposed is not None else (change.config,)
    places = [config.policy.rego for config in configs]
    named = [each.path.strip("/") for place in places for each in place or ()]
    return tuple(dict.fromkeys((*named, DEFAULT_POLICIES)))


def _owners(stacks: Mapping[str, Stack], end: Inventory) -> dict[str, tuple[str, ...]]:
    """Each file that one of the stacks is made of, with the ids of those."""
    owners: dict[str, tuple[str, ...]] = {}
    for id in sorted(stacks.keys() & end.stacks.keys()):
        for path in end.graph.closure(id, end.snapshot):
            owners[path] = (*owners.get(path, ()), id)
    return owners
