"""`gitops-ci publish`: says on GitHub what reports claim: a commit status, one comment, a check run."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from gitops_ci.commands import assembly, output
from gitops_ci.commands import report as reports
from gitops_ci.commands.options import Options, Outside
from gitops_ci.config import FILE
from gitops_ci.errors import ToolError, UsageError
from gitops_ci.gate import claims
from gitops_ci.github import event as events
from gitops_ci.github.event import Event
from gitops_ci.model.report import Part, Report
from gitops_ci.model.verdict import EXIT_CODES, Decision, Verdict
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
    report = reports.of(options, outside) if options.reports else _none(event, outside)
    judged = claims.judged(report, claims.Asked(event.head, event.pull_request, options.needs))
    outcome = sent(judged, event, options, outside)
    code = EXIT_CODES[judged.verdict.decision] if judged.verdict is not None else 0
    return code or (3 if outcome is not None and outcome.failed else 0)


def _none(event: Event, outside: Outside) -> Report:
    """What is said where no job wrote a report."""
    if event.head is None:
        raise UsageError("no report is given, and no event says which commit is meant", hint="give report.json")
    return claims.none(assembly.blank(event, outside))


def sent(report: Report, event: Event, options: Options, outside: Outside) -> Outcome | None:
    """Publishes a report that has a verdict. Without a token nothing is sent: it is written, and said where."""
    settings = outside.settings
    if report.verdict is None or report.head is None:
        raise UsageError("a work tree has no commit that a status could be of", hint="give --head REV when planning")
    publication = of(report, event, options, outside)
    outcome = None
    if settings.token is not None and settings.repository is not None:
        if importlib.util.find_spec("requests") is None:
            raise ToolError("requests is not installed", hint="pip install 'gitops-ci[github]'")
        from gitops_ci.github import publishing
        from gitops_ci.github.api import Api

        api = Api(settings.token, repository=settings.repository, url=settings.api_url)
        outcome = publishing.publish(api, publication)
        _told(outcome, outside)
    if outcome is None or options.out is not None:
        _written(publication, report, options, outside, outcome)
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
    shorter = markdown.comment(
        report, links, environments=environments, detail="summary", name=name, limit=markdown.LIMIT // 2
    )
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
        shorter=shorter,
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


def _written(
    publication: Publication, report: Report, options: Options, outside: Outside, outcome: Outcome | None
) -> None:
    """What was sent, or would be, as files; annotations only where no check run shows them."""
    from gitops_ci.github import publishing
    from gitops_ci.render import report_json

    place = outside.cwd / (options.out or Path("gitops-ci-publish"))
    documents = publishing.written(publication, outcome)
    documents["report.json"] = report_json.encode(report)
    documents["comment.md"] = (publication.comment or "").encode("utf-8", "replace")
    if outcome is None or (not outcome.check_run and outcome.notes):
        lines = annotating.commands(annotating.of(report))
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
