"""What `publish` does after a fork's run: judges its pull request ourselves, without ever checking it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gitops_ci.commands import assembly, connecting, gate, output, publish
from gitops_ci.commands import change as changes
from gitops_ci.commands import run as runs
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import GitopsError, UsageError
from gitops_ci.gate import foreign
from gitops_ci.gate.foreign import Claim, Known
from gitops_ci.github.event import Event, Source
from gitops_ci.model.report import Planned, Report
from gitops_ci.model.verdict import Verdict, VerdictReason
from gitops_ci.system import artifact
from gitops_ci.system.artifact import Artifact

if TYPE_CHECKING:
    from gitops_ci.github.api import Api
    from gitops_ci.github.pull_requests import PullRequest


def run(event: Event, options: Options, outside: Outside) -> int:
    """Publishes our own verdict on the pull request whose workflow has ended, and what its reports add to it.

    The verdict is ordered by the run that has ended, not by the one that publishes: what a maintainer has had planned
    since then stays (docs/action.md).
    """
    source = event.source
    if not event.fork:
        output.say("the run that ended is of this repository's own branch, and has published by itself", outside)
        return 0
    if source is None:
        output.say("the fork is gone: nothing can be found out about its pull request", outside)
        return 0
    api = connecting.connection(outside)
    if api is None:
        raise UsageError("after a fork's run a token is needed, to find its pull request", hint="set GITOPS_CI_TOKEN")
    from gitops_ci.github import pull_requests

    found = pull_requests.of_head(api, source)
    if not found:
        told = f"{source.commit[:7]} of {source.owner}:{source.branch} is the head of no open pull request (any more)"
        output.say(f"{told}: nothing is written", outside)
        return 0
    options = msgspec.structs.replace(options, run=source.run)
    # those of one branch differ in the branch that they go to: `concluded` finds all with this head, and is undecided
    ends = _ends(api, found[0], source)
    return publish.concluded(_judged(ends, options, outside), ends, options, outside)


def _ends(api: Api, pull: PullRequest, source: Source) -> Event:
    """From the tip that the branch has now to the head that the run was of."""
    from gitops_ci.github import pull_requests

    return Event(
        base=pull_requests.tip(api, pull.base.ref),
        head=source.commit,
        base_ref=pull.base.ref,
        pull_request=pull.number,
        fork=True,
    )


def _judged(ends: Event, options: Options, outside: Outside) -> Report:
    """Our own report, from git's objects and base's rules, with the findings that the fork's run adds to it."""
    clock = assembly.Clock()
    mine = Options(repo=options.repo, config=options.config)
    try:
        with changes.opened(mine, outside, needs_base=True, merge_of=ends) as change:
            own, _ = runs.looked_at(change, mine, outside, clock)
            given = artifact.read(outside.cwd / place for place in options.reports)
            claims, problems = _read(given)
            known = Known(
                report=own,
                config=change.config,
                paths=change.head.snapshot.entries.keys(),
                expected=frozenset(stack.id for stack in changes.expected(change, mine)),
            )
            own, _ = gate.of(foreign.judged(known, claims, problems), change, ends, mine, outside)
            tree = Planned(commit=None, tree=own.planned.tree)  # the merge is here alone: nobody can look at it
            return msgspec.structs.replace(own, planned=tree)
    except GitopsError as error:
        message = f"it could not be judged: {error.message}"
        return _undecided(ends, outside, "checks/not-judged", (message, error.hint or "run the job again"))


def _read(given: Artifact) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """The reports that can be read as such, and what is wrong with the others."""
    from gitops_ci.render import report_json

    claims, problems = [], [given.problem] if given.problem is not None else []
    for document in given.documents:
        try:
            claims.append(Claim(document.name, report_json.decode(document.content, name=document.name)))
        except UsageError as error:
            problems.append(error.message[:300])
    return tuple(claims), tuple(problems)


def _undecided(ends: Event, outside: Outside, rule: str, told: tuple[str, str]) -> Report:
    reason = VerdictReason(rule=rule, decision="undecided", message=told[0], remedy=told[1], who="a maintainer")
    blank = assembly.blank(ends, outside)
    return msgspec.structs.replace(blank, verdict=Verdict(decision="undecided", reasons=(reason,)))
