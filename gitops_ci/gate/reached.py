"""Which of a case's affected stacks some files belong to, by the graph of either end."""

from __future__ import annotations

from collections.abc import Iterable

from gitops_ci.gate.case import Case


def by(paths: Iterable[str], case: Case) -> dict[str, list[str]]:
    """Id of each affected stack that one of `paths` reaches → those paths, sorted."""
    several = tuple(paths)
    ids = frozenset(stack.id for stack in case.stacks)
    found: dict[str, set[str]] = {}
    for end in (case.base, case.head):
        for id, reach in end.graph.reached(several, ids).items():
            found.setdefault(id, set()).update(reason.path for reason in reach.reasons)
    return {id: sorted(each) for id, each in sorted(found.items())}
