"""What a verdict is asked about: the event's change as it is now, and the reports that were given."""

from __future__ import annotations

from gitops_ci.commands import assembly, connecting, output
from gitops_ci.commands import report as reports
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import GitopsError, UsageError
from gitops_ci.gate import claims
from gitops_ci.github import event as events
from gitops_ci.github.event import Event
from gitops_ci.model.report import Report

_NO_COMMIT = "give --pull-request N, or start it by an event that names one (docs/action.md, Events)"


def event(options: Options, outside: Outside) -> Event:
    """What started the job; with `--pull-request` that pull request, as the API says it is, whatever has.

    Raises UsageError where a job's event names no commit: reports must not choose what they are about.
    """
    settings = outside.settings
    found = events.read(settings.event_path) if settings.event_path is not None else Event()
    if options.pull_request is not None and not found.after_run:
        found = _as_it_is_now(options.pull_request, outside)
    found = connecting.completed(found, outside, newest=False)
    if settings.event_path is not None and found.head is None and not found.closed and not found.after_run:
        raise UsageError("the event names no commit to publish a verdict on", hint=_NO_COMMIT)
    return found


def _as_it_is_now(number: int, outside: Outside) -> Event:
    connected = connecting.connection(outside)
    if connected is None:
        raise UsageError("--pull-request needs GITOPS_CI_TOKEN and GITHUB_REPOSITORY, to ask what its head is")
    return connecting.as_it_is_now(connected, number)


def given(event: Event, options: Options, outside: Outside) -> Report:
    """The reports that were given, merged, or a report that says that there is none.

    What cannot be read or merged blocks the event's commit: an older pass must not stay.
    """
    if not options.reports:
        if event.head is None:
            raise UsageError("no report is given, and no event says which commit is meant", hint="give report.json")
        return claims.none(assembly.blank(event, outside))
    rule, what = "checks/report-invalid", "a report cannot be read"
    try:
        named = reports.named(options, outside)
        rule, what = "checks/report-contradictory", "the reports cannot be merged"
        return reports.merged(named)
    except GitopsError as error:
        if event.head is None:
            raise
        output.say(str(error), outside)
        message = f"{what}: {error.message.replace(f'{outside.cwd}/', '')[:300]}"
        remedy = error.hint or "run the jobs again, and give their own reports"
        return claims.refused(assembly.blank(event, outside), rule, message, remedy)
