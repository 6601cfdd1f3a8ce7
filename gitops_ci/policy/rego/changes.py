"""What a change does to the policies themselves: base's judge it, and it must leave ones that can judge the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gitops_ci.config import FILE
from gitops_ci.errors import GitopsError
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.policy.rego import asking, policies
from gitops_ci.policy.rego.engine import RegoEngine, RegoProblem
from gitops_ci.policy.rego.policies import Entry, Policies
from gitops_ci.policy.scope import Scope


def findings(scope: Scope, current: Policies, engine: Callable[[], RegoEngine]) -> Iterator[Finding]:
    """Places without a policy, policies that change, and those that would be broken once this is merged."""
    for entry in current.entries:
        yield from _empty(entry)
    if scope.rules is scope.head:
        return
    after = policies.read(policies.configured(scope.config, scope.head), scope.head)
    changed = sorted({path for path in (*_paths(current), *_paths(after)) if path in scope.changed})
    if not changed:
        return
    count = "1 file of policies changes" if len(changed) == 1 else f"{len(changed)} files of policies change"
    message = f"{count}: this change is judged by the old ones, the new ones count once it is merged"
    help = "Their owners have to look at it. Try them with `gitops-ci policy test` and `--config-from worktree`."
    yield finding.make("rego/changed", "warning", message, help=help, path=changed[0])
    yield from _emptied(current, after)
    yield from _broken(current, after, engine)


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
    left = {entry.key: entry for entry in after.entries}
    for entry in current.entries:
        if entry.asked and not (entry.key in left and left[entry.key].asked):
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
