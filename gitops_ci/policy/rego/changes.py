"""What a change does to the policies themselves: base's judge it, and it must leave ones that can judge the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gitops_ci.config import FILE
from gitops_ci.errors import GitopsError
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.policy.rego import asking, policies
from gitops_ci.policy.rego.engine import RegoEngine, RegoProblem
from gitops_ci.policy.rego.policies import Entry, Policies
from gitops_ci.policy.scope import Scope


def findings(scope: Scope, current: Policies, engine: Callable[[], RegoEngine]) -> Iterator[Finding]:
    """Places without a policy, policies that change, and those that would be broken once this is merged.

    What head's own configuration is the first to name is among them.
    """
    for entry in current.entries:
        yield from _empty(entry)
    if scope.rules is scope.head:
        return
    after = policies.read(policies.configured(scope.proposed or scope.config, scope.head), scope.head)
    before = {entry.config.path for entry in current.entries}
    for entry in after.entries:
        if entry.config.path not in before:
            yield from _empty(entry)
    changed = sorted({path for path in (*_paths(current), *_paths(after)) if path in scope.changed})
    if changed:
        yield _changed(changed)
    if changed or not set(_paths(after)).issubset(_paths(current)):
        yield from _emptied(current, after)
        yield from _broken(current, after, engine)


def _changed(changed: Sequence[str]) -> Finding:
    count = "1 file of policies changes" if len(changed) == 1 else f"{len(changed)} files of policies change"
    message = f"{count}: this change is judged by the old ones, the new ones count once it is merged"
    help = "Their owners have to look at it. Try them with `gitops-ci policy test` and `--config-from worktree`."
    return finding.make("rego/changed", "warning", message, help=help, path=changed[0])


def _paths(some: Policies) -> Iterator[str]:
    for entry in some.entries:
        yield from entry.paths
    yield from some.data


def _empty(entry: Entry) -> Iterator[Finding]:
    """A place that is configured and asks nothing: every change would pass it without a word."""
    if entry.asked:
        return
    place = entry.config.path
    if not entry.sources:
        message = f"{entry.key}.path: {place} holds no Rego policy"
    elif entry.config.query is not None:
        message = f"{entry.key}.query: no package or rule at {place} is called {entry.config.query}"
    else:
        message = f"{place} holds Rego and no rule that is asked (deny, violation, warn)"
    help = f"Correct it in {FILE}, or add the policy."
    severity = finding.SEVERITIES[0] if entry.key else finding.SEVERITIES[-1]
    yield finding.make("rego/no-policies", severity, message, help=help, path=place)


def _emptied(current: Policies, after: Policies) -> Iterator[Finding]:
    """Places that stay in the configuration and lose all that is asked; without one the directory is the place."""
    left = {entry.config.path: entry for entry in after.entries}
    for entry in current.entries:
        kept = left.get(entry.config.path)
        if entry.asked and not (kept.asked if kept is not None else entry.key):
            message = f"no policy is left at {entry.config.path}: nothing would be asked once this is merged"
            help = f"Keep them, or take the place out of {FILE} first."
            yield finding.make("rego/no-policies", "error", message, help=help, path=entry.config.path)


def _broken(current: Policies, after: Policies, engine: Callable[[], RegoEngine]) -> Iterator[Finding]:
    """Policies of head that no engine would take; strictness is for `policy check`."""
    help = "Mend it: once it is merged, every change would be undecided. `gitops-ci policy check` shows where."
    for each in after.problems:
        if each not in current.problems:
            yield finding.make("rego/invalid", "error", each.message, help=help, path=each.path, line=each.line)
    names = [asking.query(each.package, rule) for each in after.asked for rule in each.rules]
    if not names:
        return
    try:
        answers = engine().evaluate(after.bundle, names, [b"{}"], limits=asking.LIMITS)
        found = dict.fromkeys(answer.problem for answer in answers if answer.problem is not None)
    except GitopsError:
        return  # whatever asks the policies says so
    for problem in found:
        if problem.code in ("syntax", "compile", "evaluation"):
            yield _invalid(problem, help)


def _invalid(problem: RegoProblem, help: str) -> Finding:
    return finding.make(
        "rego/invalid",
        "error",
        problem.message,
        help=help,
        path=problem.path,
        line=problem.line,
        column=problem.column,
    )
