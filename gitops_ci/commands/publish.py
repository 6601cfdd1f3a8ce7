"""`gitops-ci publish`: says on GitHub what reports claim: a commit status, one comment, a check run."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from gitops_ci.commands import assembly, output
from gitops_ci.commands import report as reports
from gitops_ci.commands.options import Options, Outside
from gitops_ci.config import FILE
from gitops_ci.errors import ToolError, UsageError
from gitops_ci.github import event as events
from gitops_ci.github.event import Event
from gitops_ci.model.report import Part, Report
from gitops_ci.model.verdict import EXIT_CODES, Decision, Verdict, VerdictReason
from gitops_ci.render import annotations as annotating
from gitops_ci.render import markdown

if TYPE_CHECKING:
    from gitops_ci.github.publishing import Outcome, Publication
    from gitops_ci.github.statuses import State

CONTEXT = "gitops-ci"
_STATES: dict[Decision, State] = {"pass": "success", "blocked": "failure", "undecided": "error"}


def run(options: Options, outside: Outside) -> int:
    """Publishes the merged reports; the exit code is the verdict's, or 3 where what people see may be old."""
    event = events.read(outside.settings.event_path) if outside.settings.event_path is not None else Event()
    report = judged(reports.of(options, outside), event)
    outcome = sent(report, event, options, outside)
    code = EXIT_CODES[report.verdict.decision] if report.verdict is not None else 0
    return code or (3 if outcome is not None and outcome.failed else 0)


def judged(report: Report, event: Event) -> Report:
    """The report with a verdict about the event's own commit: of another one it says nothing."""
    verdict = report.verdict or Verdict(decision="undecided")
    expected, got = (event.head, event.pull_request), (report.head, report.pull_request)
    if event.head is None or (got[0] == expected[0] and got[1] in (expected[1], None)):
        return msgspec.structs.replace(report, verdict=verdict)
    stale = VerdictReason(
        rule="checks/report-stale",
        decision="undecided",
        message=f"the reports are of {(report.head or 'a work tree')[:7]}, and this event is about {event.head[:7]}",
        remedy="plan this commit, and give its reports",
    )
    decision: Decision = "blocked" if verdict.decision == "blocked" else "undecided"
    told = msgspec.structs.replace(verdict, decision=decision, reasons=(stale, *verdict.reasons))
    return msgspec.structs.replace(report, verdict=told, head=event.head, pull_request=event.pull_request)


def sent(report: Report, event: Event, options: Options, outside: Outside) -> Outcome | None:
    """Publishes a report that has a verdict. Without a token nothing is sent: it is written, and said where."""
    settings = outside.settings
    if report.verdict is None or report.head is None:
        raise UsageError("a work tree has no commit that a status could be of", hint="give --head REV when planning")
    publication = of(report, event, options, outside)
    if settings.token is None or settings.repository is None:
        _written(publication, report, options, outside)
        return None
    from gitops_ci.github import publishing
    from gitops_ci.github.api import Api

    api = Api(settings.token, repository=settings.repository, url=settings.api_url)
    outcome = publishing.publish(api, publication)
    _told(outcome, outside)
    return outcome


def of(report: Report, event: Event, options: Options, outside: Outside) -> Publication:
    """What is to be said, and where."""
    from gitops_ci.github.check_runs import Annotation, CheckRun
    from gitops_ci.github.publishing import Publication
    from gitops_ci.github.statuses import Status

    name = configuration(options)
    part, links = report.part or Part(), assembly.links(outside)
    environments = part.environments or tuple(dict.fromkeys(stack.environment for stack in report.stacks))
    body = markdown.comment(report, links, environments=environments, detail=part.detail, name=name)
    verdict, head = report.verdict or Verdict(decision="undecided"), str(report.head)
    context = CONTEXT if name == markdown.DEFAULT else f"{CONTEXT}/{name}"
    line = markdown.summary_line(report)
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
    checked = CheckRun(
        name=f"{context} report",
        head_sha=head,
        conclusion="success" if verdict.decision == "pass" else "failure",
        title=line,
        summary=body.partition("\n")[2],
        external_id=hashlib.sha256(msgspec.json.encode((body, marks))).hexdigest()[:32],
        details_url=links.run,
        annotations=marks,
    )
    return Publication(
        commit=head,
        run=outside.settings.run,
        status=Status(context=context, state=_STATES[verdict.decision], description=line, target_url=_attempt(outside)),
        pull_request=event.pull_request or report.pull_request,
        base=event.base_ref,
        comment=None if options.comment == "none" else body,
        marker=markdown.marker(name),
        mode="new" if options.comment == "new" else "update",
        check_run=checked,
    )


def _attempt(outside: Outside) -> str | None:
    """The page of this very attempt: by it runs are ordered."""
    run, url = outside.settings.run, assembly.links(outside).run
    return f"{url}/attempts/{run.attempt}" if run is not None and url is not None else None


def configuration(options: Options) -> str:
    """What tells the comments and statuses of several configurations in one repository apart."""
    if options.config is None or options.config == FILE:
        return markdown.DEFAULT
    path = PurePosixPath(options.config)
    return re.sub(r"[^\w.-]+", "-", str(path.with_suffix(""))).strip("-.")[:80] or markdown.DEFAULT


def _written(publication: Publication, report: Report, options: Options, outside: Outside) -> None:
    """What would be sent, as files."""
    from gitops_ci.github import publishing

    place = outside.cwd / (options.out or Path("gitops-ci-publish"))
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, content in publishing.written(publication).items():
            (place / name).write_bytes(content)
        (place / "comment.md").write_text(publication.comment or "", encoding="utf-8", errors="replace")
        lines = annotating.commands(annotating.of(report))
        (place / "annotations.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        message = f"{place} cannot be written: {error.strerror}"
        raise ToolError(message, hint="give another place with --out DIR") from None
    why = "GITOPS_CI_TOKEN" if outside.settings.token is None else "GITHUB_REPOSITORY"
    output.say(f"nothing was sent: {why} is not set; what would be posted is in {place}", outside)


def _told(outcome: Outcome, outside: Outside) -> None:
    if outcome.stale is not None:
        output.say(f"nothing was written: {outcome.stale}", outside)
    if outcome.comment_url is not None:
        output.say(f"comment: {outcome.comment_url}", outside)
    for note in outcome.notes:
        output.say(note, outside)
