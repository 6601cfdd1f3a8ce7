"""`gitops-ci publish`: says on GitHub what reports claim, or what we say ourselves of a fork's pull request."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from gitops_ci.commands import asked, assembly, connecting, output
from gitops_ci.commands.options import Options, Outside
from gitops_ci.config import FILE
from gitops_ci.errors import ToolError, UsageError
from gitops_ci.gate import claims
from gitops_ci.github.event import Event
from gitops_ci.model.report import Part, Report
from gitops_ci.model.run import Run
from gitops_ci.model.verdict import EXIT_CODES, Decision, Verdict
from gitops_ci.render import annotations as annotating
from gitops_ci.render import failure, markdown, report_json

if TYPE_CHECKING:
    from gitops_ci.github.check_runs import CheckRun
    from gitops_ci.github.publishing import Outcome, Publication
    from gitops_ci.github.pull_requests import Shared
    from gitops_ci.github.statuses import State

CONTEXT = "gitops-ci"
_CONTEXT = 255
"""Characters of a status's name; GitHub refuses more."""
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_STATES: dict[Decision, State] = {"pass": "success", "blocked": "failure", "undecided": "error"}


def run(options: Options, outside: Outside) -> int:
    """Publishes the merged reports; the exit code is the verdict's, or 3 where what people see may be old.

    After a fork's run its reports are claims: what is published is our own verdict. A closed pull request has none.
    """
    event = asked.event(options, outside)
    if event.after_run:
        from gitops_ci.commands import fork

        return fork.run(event, options, outside)
    if event.closed:
        output.say(f"pull request #{event.pull_request} is closed: nothing is written", outside)
        return 0
    if options.pending:
        return _pending(event, options, outside)
    return concluded(asked.given(event, options, outside), event, options, outside)


def _pending(event: Event, options: Options, outside: Outside) -> int:
    """Says that a commit is being judged: the verdict of another base, or of before it was closed, is no longer green.

    0 also where the token may not: then it writes no verdict either.
    """
    api = connecting.connection(outside)
    if api is None or event.head is None:
        raise UsageError("--pending needs GITOPS_CI_TOKEN, GITHUB_REPOSITORY, and an event that names a commit")
    from gitops_ci.github import publishing
    from gitops_ci.github.publishing import Publication
    from gitops_ci.github.statuses import Status

    run = looked(options, outside)
    said = Status(
        context=status(options), state="pending", description="being judged anew", target_url=_attempt(run, outside)
    )
    outcome = publishing.publish(
        api,
        Publication(commit=event.head, run=run, status=said, pull_request=event.pull_request, base=event.base_ref),
    )
    _told(outcome, outside)
    return 3 if outcome.failed else 0


def concluded(report: Report, event: Event, options: Options, outside: Outside) -> int:
    """Publishes what is left of a report for this event, and gives the exit code.

    3 where what people see may be old: something could not be written, or nothing at all may be and this is no fork's.
    """
    about = claims.Asked(event.head, event.pull_request, options.needs, event.base_ref)
    try:
        shared = _shared(report, event, outside)
        others = tuple(f"#{each.number} to {each.base.ref}" for each in shared.others) if shared is not None else ()
        judged = claims.judged(report, msgspec.structs.replace(about, others=others))
        event = msgspec.structs.replace(event, open_base=shared is not None and shared.is_open_to_all)
        outcome = sent(judged, event, options, outside, silent=shared is not None and shared.status_is_theirs)
    except ToolError as error:
        _kept(claims.judged(report, about), event, error, options, outside)
        raise
    if outcome is not None and outcome.closed:
        return 0
    code = EXIT_CODES[judged.verdict.decision] if judged.verdict is not None else 0
    old = outcome is not None and (outcome.failed or outcome.denied)
    return code or (3 if old else 0)


def _kept(report: Report, event: Event, error: ToolError, options: Options, outside: Outside) -> None:
    """Where GitHub could not be asked: what would have been said is the job's summary all the same."""
    if report.verdict is None or report.head is None or options.out is None:
        return
    from gitops_ci.github.publishing import Outcome

    told = f"nothing was written: {error.message}{f' ({error.hint})' if error.hint else ''}"
    _written(of(report, event, options, outside), report, options, outside, Outcome(notes=(told,), failed=True))


def _shared(report: Report, event: Event, outside: Outside) -> Shared | None:
    """Which other pull requests have this head; None where none is asked about, or GitHub cannot be asked."""
    commit, number = (event.head, event.pull_request) if event.head is not None else (report.head, report.pull_request)
    connected = connecting.connection(outside) if commit is not None and number is not None else None
    if connected is None or commit is None or number is None:
        return None
    from gitops_ci.github import pull_requests

    return pull_requests.sharing(connected, commit, number)


def sent(report: Report, event: Event, options: Options, outside: Outside, *, silent: bool = False) -> Outcome | None:
    """Publishes a report that has a verdict. Without a token nothing is sent: it is written, and said where.

    `silent`: only the comment, and nothing on the commit, whose status is of another pull request's run.
    """
    if report.verdict is None or report.head is None:
        raise UsageError("a work tree has no commit that a status could be of", hint="give --head REV when planning")
    if not _COMMIT.fullmatch(report.head):  # it is part of an address that the token is sent to
        raise UsageError("what the report calls its head is no commit", hint="give a report of this gitops-ci")
    publication = of(report, event, options, outside)
    if silent:
        publication = msgspec.structs.replace(publication, status=None, check_run=None)
        output.say("no status is written: that of the commit is of a pull request of this repository's branch", outside)
    outcome = None
    connected = connecting.connection(outside)
    if connected is not None:
        from gitops_ci.github import publishing

        outcome = publishing.publish(connected, publication)
        outcome = msgspec.structs.replace(outcome, denied=outcome.denied and not event.fork)
        _told(outcome, outside)
    if outcome is None or options.out is not None:
        _written(publication, report, options, outside, outcome)
    return outcome


def of(report: Report, event: Event, options: Options, outside: Outside) -> Publication:
    """What is to be said, and where."""
    from gitops_ci.github.publishing import Publication
    from gitops_ci.github.statuses import Status

    name, context = configuration(options), status(options)
    if event.pushed:  # judged from what the branch had: that says nothing about a pull request with this commit
        context = f"{context} (push)"
    elif event.open_base:  # whoever may push there chose the rules: no green of it may do for another branch
        context = f"{context} ({event.base_ref})"[:_CONTEXT]
    part, verdict = report.part or Part(), report.verdict or Verdict(decision="undecided")
    body, shorter = _comments(report, options, outside)
    line = markdown.summary_line(report)
    mode, run = options.comment or part.comment, looked(options, outside)
    return Publication(
        commit=str(report.head),
        run=run,
        status=Status(
            context=context,
            state=_STATES[verdict.decision],
            description=line,
            target_url=_attempt(run, outside),
        ),
        pull_request=event.pull_request or report.pull_request,
        base=event.base_ref,
        comment=None if mode == "none" else body,
        shorter=shorter,
        marker=markdown.marker(name),
        mode="new" if mode == "new" else "update",
        check_run=_check_run(report, f"{context} report", (line, body.partition("\n")[2]), outside),
    )


def _comments(report: Report, options: Options, outside: Outside) -> tuple[str, str | None]:
    """The comment, and where it is long a short one, should GitHub count otherwise than we do."""
    part = report.part or Part()
    environments = part.environments or tuple(dict.fromkeys(stack.environment for stack in report.stacks))
    links = msgspec.structs.replace(assembly.links(outside), report=options.report_url)
    write = partial(markdown.comment, report, links, environments=environments, name=configuration(options))
    body, most = write(detail=part.detail), markdown.LIMIT // 2
    return body, write(detail="summary", limit=most) if len(body) > most else None


def _check_run(report: Report, name: str, said: tuple[str, str], outside: Outside) -> CheckRun:
    """The check run with a title and a summary. Its id is that of what was found: how long it took does not matter."""
    from gitops_ci.github.check_runs import Annotation, CheckRun

    title, summary = said
    marks = tuple(
        Annotation(
            path=each.path,
            start_line=each.line,
            end_line=each.line,
            annotation_level=each.level,
            message=each.message,
            title=each.title,
        )
        for each in annotating.of(report)
    )
    return CheckRun(
        name=name,
        head_sha=str(report.head),
        conclusion="success" if report.verdict is not None and report.verdict.decision == "pass" else "failure",
        title=title,
        summary=summary,
        external_id=_content(report),
        details_url=assembly.links(outside).run,
        annotations=marks,
    )


def _content(report: Report) -> str:
    """What tells what was found from anything else, whichever run found it and however long that took."""
    timeless = msgspec.structs.replace(
        report,
        run=None,
        started_at="",
        seconds=0.0,
        plans=tuple(msgspec.structs.replace(plan, seconds=0.0) for plan in report.plans),
        policies=tuple(msgspec.structs.replace(policy, seconds=0.0) for policy in report.policies),
    )
    return hashlib.sha256(report_json.encode(timeless)).hexdigest()[:32]


def looked(options: Options, outside: Outside) -> Run | None:
    """The run that looked at the change: by it verdicts are ordered, whoever publishes them (`--run`)."""
    return outside.settings.run if options.run is None else options.run


def _attempt(run: Run | None, outside: Outside) -> str | None:
    """The page of this very attempt of a run."""
    settings = outside.settings
    if run is None or settings.repository is None:
        return None
    return f"{settings.server_url}/{settings.repository}/actions/runs/{run.id}/attempts/{run.attempt}"


def configuration(options: Options) -> str:
    """What tells the comments and statuses of several configurations in one repository apart."""
    path = PurePosixPath(options.config or FILE)
    if str(path) == FILE:
        return markdown.DEFAULT
    return re.sub(r"[^\w.-]+", "-", str(path.with_suffix(""))).strip("-.")[:80] or markdown.DEFAULT


def status(options: Options) -> str:
    """The context of the commit status that a branch requires."""
    name = configuration(options)
    return CONTEXT if name == markdown.DEFAULT else f"{CONTEXT}/{name}"


def _written(
    publication: Publication, report: Report, options: Options, outside: Outside, outcome: Outcome | None
) -> None:
    """What was sent, or would be, as files; annotations only where no check run shows them."""
    from gitops_ci.github import publishing

    place = outside.cwd / (options.out or Path("gitops-ci-publish"))
    documents = publishing.written(publication, outcome)
    documents["report.json"] = report_json.encode(report)
    notes = outcome.notes if outcome is not None else ()
    documents["comment.md"] = (failure.callout(notes) + (publication.comment or "")).encode("utf-8", "replace")
    if outcome is None or (not outcome.check_run and outcome.notes):
        wrong = outcome is not None and (outcome.failed or outcome.denied)
        lines = [*failure.commands(notes, wrong=wrong), *annotating.commands(annotating.of(report))]
        documents["annotations.txt"] = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    output.write_all(place, documents)
    if outcome is None:
        why = "GITOPS_CI_TOKEN" if outside.settings.token is None else "GITHUB_REPOSITORY"
        output.say(f"nothing was sent: {why} is not set; what would be posted is in {place}", outside)


def _told(outcome: Outcome, outside: Outside) -> None:
    if outcome.stale is not None:
        output.say(f"nothing was written: {outcome.stale}", outside)
    if outcome.comment_url is not None:
        output.say(f"comment: {outcome.comment_url}", outside)
    for note in outcome.notes:
        output.say(note, outside)
