"""What git's history says of promotions: since when staging has something, what an environment had, another branch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate import promotion
from gitops_ci.gate.case import Case
from gitops_ci.gate.promoted import Identity, Promoted, Question, Upstream
from gitops_ci.gate.promotion import contents, shared_files
from gitops_ci.system.git import Repository

MOST_COMMITS = 100
"""Commits of the base branch that are looked at for one stack; what is older counts as not known."""
MOST_SNAPSHOTS = 200
"""Commits that are looked at for all stacks together."""
_KEPT = 16
_SHALLOW = "this clone is shallow"
_TOO_MUCH = "the change enters more stacks than the history can be looked at for"

Take = Callable[[Snapshot], Inventory]


class Step(Struct, frozen=True):
    """A commit of a branch's first-parent line, and since when the branch has had it at the latest."""

    commit: str
    at: datetime


def of(case: Case, repository: Repository, take: Take) -> Promoted:
    """The answers for a case; `take` is what discovers a snapshot by base's configuration.

    Where nothing needs an answer git is not asked. Commits are those of the base branch itself (first parents): what
    is on a branch that was merged was not deployed before the merge.
    """
    base = case.base.snapshot
    since: dict[tuple[str, Identity], datetime] = {}
    before: set[tuple[str, Identity]] = set()
    asked = list(promotion.questions(case))
    past = _Past(case, repository, take)
    for question in asked if base.commit is not None else ():
        since.update(((question.stack, piece), at) for piece, at in past.since(question).items())
        before.update((question.stack, piece) for piece in past.before(question))
    upstream = {
        environment.name: _upstream(branch, case, repository)
        for environment, branch in promotion.branches.entered(case)
    }
    lacking = _SHALLOW if asked and repository.shallow else _TOO_MUCH if past.is_over else ""
    return Promoted(since=since, before=frozenset(before), upstream=upstream, lacking=lacking)


class _Past:
    """Goes back along the base branch from its tip."""

    def __init__(self, case: Case, repository: Repository, take: Take) -> None:
        self._case = case
        self._repository = repository
        self._take = take
        self._known: dict[str, Inventory] = {}
        self._taken = 0

    @property
    def is_over(self) -> bool:
        """Whether no more can be looked at."""
        return self._taken >= MOST_SNAPSHOTS

    def since(self, question: Question) -> dict[Identity, datetime]:
        """From when on some counterpart has had each piece without a break, or earlier; by the latest break."""
        found: dict[Identity, datetime] = {}
        for counterpart in question.counterparts:
            for piece, at in self._since(counterpart, question).items():
                found[piece] = min(at, found.get(piece, at))
        return found

    def _since(self, counterpart: str, question: Question) -> dict[Identity, datetime]:
        found: dict[Identity, datetime] = {}
        there = question.waiting & contents.of(counterpart, self._case.base).identities
        enough = self._case.now - timedelta(seconds=question.soak)
        for step in self._steps(counterpart):
            inventory = self._at(step.commit)
            there &= contents.of(counterpart, inventory).identities
            if inventory is None:
                break
            found.update(dict.fromkeys(there, step.at))
            if not there or step.at <= enough:
                break
        return found

    def before(self, question: Question) -> Iterator[Identity]:
        """The pieces that the stack itself had some time."""
        missing = set(question.missing)
        for step in self._steps(question.stack) if missing else ():
            found = missing & contents.of(question.stack, self._at(step.commit)).identities
            missing -= found
            yield from found
            if not missing:
                return

    def _steps(self, stack_id: str) -> list[Step]:
        """The commits that may have changed what a stack takes in, the newest first."""
        inventory = self._case.base
        tip, stack = inventory.snapshot.commit, inventory.stacks.get(stack_id)
        if tip is None or stack is None:
            return []
        paths = {stack.path, *(each.path for each in shared_files.references(stack, inventory))}
        return steps(self._repository, tip, () if "" in paths else sorted(paths), self._case.now)

    def _at(self, commit: str) -> Inventory | None:
        if commit not in self._known and not self.is_over:
            self._taken += 1
            if len(self._known) == _KEPT:
                del self._known[next(iter(self._known))]  # stacks that follow each other often changed together
            self._known[commit] = self._take(self._repository.at(commit, near=self._case.base.snapshot))
        return self._known.get(commit)


def steps(repository: Repository, tip: str, paths: Iterable[str], now: datetime) -> list[Step]:
    """The newest commits up to `tip` that change one of `paths`, newest first, with times that can be believed.

    Everybody can write a date into a commit. On one line none is earlier than the one before it, and one that lies in
    the future says nothing: the branch had it when it got the next one.
    """
    told = repository.first_parents(tip, paths, most=MOST_COMMITS)
    times: list[datetime] = []
    for _, written in told:
        moment = datetime.fromtimestamp(min(written, now.timestamp() + 1), UTC)
        times.append(moment if moment <= now else (times[-1] if times else now))
    for index in range(len(times) - 2, -1, -1):
        times[index] = max(times[index], times[index + 1])
    return [Step(commit, moment) for (commit, _), moment in zip(told, times, strict=True)]


def _upstream(branch: str, case: Case, repository: Repository) -> Upstream:
    tip = repository.branch(branch)
    if tip is None:
        return Upstream(tip=None)
    snapshot = repository.at(tip, near=case.head.snapshot)
    heads = [each.head for each in case.pull_requests]
    has_head = bool(heads) and all(repository.is_ancestor(head, tip) for head in heads)
    paths = () if has_head else snapshots.changed_paths(case.base.snapshot, case.head.snapshot)
    line = steps(repository, tip, paths, case.now)
    if has_head:
        line = [step for step in line if all(repository.is_ancestor(head, step.commit) for head in heads)]
    since = None if not line or repository.shallow else (line[-1] if has_head else line[0]).at
    return Upstream(tip=snapshot, has_head=has_head, since=since)
