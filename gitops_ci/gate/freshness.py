"""The rule family *freshness*: what was planned is what would be merged, as far as it matters to an affected stack."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.discover.snapshot import changed_paths
from gitops_ci.gate import checks, deciding_files, reached
from gitops_ci.gate.case import Case
from gitops_ci.model.pull_request import PullRequest
from gitops_ci.model.verdict import VerdictReason

_AGAIN = "update the branch (the button, or a push): a re-run plans the same old merge"
_MOST = 3


def reasons(case: Case) -> Iterator[VerdictReason]:
    """Why the reports are of something else than what would be merged now."""
    for pull_request in case.pull_requests:
        if not pull_request.open:
            yield _undecided("gate/closed", f"#{pull_request.number} is closed", "open it again, and it is judged anew")
    yield from _of_the_head(case)
    yield from _of_the_base(case)


def moved(case: Case) -> bool:
    """Whether the base branch has, or may have, another content than the one that the reports were made on."""
    return case.planned_on is None or case.planned_on.tree != case.base.snapshot.tree


def _of_the_head(case: Case) -> Iterator[VerdictReason]:
    """What was planned is the pull request's newest commit; of a merge queue the commit that it wants to merge."""
    planned = case.report.head
    if not case.pull_requests or (planned is not None and planned == case.head.snapshot.commit):
        return
    if len(case.pull_requests) > 1:
        said = f"the reports are of {_short(planned)}, which is not what the merge queue would merge"
        yield _undecided("gate/head-moved", said, "plan the queue's commit, and give its reports")
        return
    (pull_request,) = case.pull_requests
    if planned != pull_request.head:
        said = f"the reports are of {_short(planned)}, and #{pull_request.number} is at {_short(pull_request.head)} now"
        yield _undecided("gate/head-moved", said, "wait for the jobs of the newest commit")
    elif pull_request.base_tip != case.base.snapshot.commit:
        seen = _short(case.base.snapshot.commit)
        said = f"{pull_request.base_ref} is at {_short(pull_request.base_tip)} by now, and the gate looked at {seen}"
        yield _undecided("gate/base-moved", said, "run the gate again")


def _of_the_base(case: Case) -> Iterator[VerdictReason]:
    before, now = case.planned_on, case.base.snapshot
    if before is None:
        said = f"the reports were made on {_short(case.report.base)}, which this clone does not have"
        yield _undecided("gate/base-unknown", said, f"check out with `fetch-depth: 0`, or {_AGAIN}")
        return
    changed = changed_paths(before, now)
    if not changed:
        return
    since = f"{_branch(case)} has moved ({_short(before.commit)} → {_short(now.commit)}) since this was planned"
    deciding = [
        path
        for path, role in deciding_files.among(changed, case.config, case.config_path).items()
        if role != "workflow"
    ]
    if deciding:
        yield _undecided("gate/base-moved", f"{since}: what decides is another now: {_some(deciding)}", _AGAIN)
    touched = reached.by(changed, case)
    for stack in case.stacks:
        if paths := touched.get(stack.id):
            said = f"{since}, and with it what this stack is made of: {_some(paths)}"
            reason = _undecided("gate/base-moved", said, _AGAIN, stack.id)
            yield from checks.weighed((reason,), stack.environment, case.config)


def _branch(case: Case) -> str:
    first: PullRequest | None = next(iter(case.pull_requests), None)
    return first.base_ref if first is not None else "the base branch"


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - _MOST:,} more" if len(paths) > _MOST else ""
    return ", ".join(paths[:_MOST]) + more


def _short(commit: str | None) -> str:
    return commit[:7] if commit else "no commit"


def _undecided(rule: str, message: str, remedy: str, stack: str | None = None) -> VerdictReason:
    return VerdictReason(rule=rule, decision="undecided", message=message, remedy=remedy, stack=stack)
