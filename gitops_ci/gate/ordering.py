"""The rule family *ordering*: of two open pull requests that change the same stack the second is told.

It is told and nothing more. Whoever may open a pull request could hold up all others if it decided; and it need not:
once the first is merged, *freshness* has the second planned anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.gate import reached
from gitops_ci.gate.case import Case
from gitops_ci.model.pull_request import Neighbour, Unreadable
from gitops_ci.model.verdict import VerdictReason

RULE = "gate/ordering"
_MOST = 3
_MOST_TOLD = 20


def reasons(case: Case) -> Iterator[VerdictReason]:
    """A note for each earlier pull request that changes one of our stacks, with the decision `pass`."""
    told = 0
    earlier = tuple(_earlier(case))
    stacks = _by_path(earlier, case)
    for neighbour in earlier:
        shared = sorted({stack for path in neighbour.paths or () for stack in stacks.get(path, ())})
        if told == _MOST_TOLD:
            return
        if shared or neighbour.paths is None:
            told += 1
            what = f"{_some(shared)} as well" if shared else "so many files that it may plan the same"
            yield _note(f"#{neighbour.number} is open, came first and changes {what}")


def _by_path(neighbours: tuple[Neighbour, ...], case: Case) -> dict[str, list[str]]:
    """Path that one of them changes → our affected stacks that it reaches."""
    found: dict[str, list[str]] = {}
    every = dict.fromkeys(path for each in neighbours for path in each.paths or ())
    for stack, paths in reached.by(every, case).items():
        for path in paths:
            found.setdefault(path, []).append(stack)
    return found


def _earlier(case: Case) -> Iterator[Neighbour]:
    """Those that came before every one of ours, which may be several in a merge queue."""
    ours = {each.number for each in case.pull_requests}
    found: dict[int, Neighbour] = {}
    for pull_request in case.pull_requests:
        if not isinstance(pull_request.neighbours, Unreadable):
            found.update((each.number, each) for each in pull_request.neighbours)
    yield from (found[number] for number in sorted(found) if number not in ours and number < min(ours))


def _some(stacks: list[str]) -> str:
    more = f" and {len(stacks) - _MOST:,} more" if len(stacks) > _MOST else ""
    return ", ".join(stacks[:_MOST]) + more


def _note(message: str) -> VerdictReason:
    remedy = "let it be merged first, or agree with its author; once it is merged this has to be planned anew"
    return VerdictReason(rule=RULE, decision="pass", message=message, remedy=remedy)
