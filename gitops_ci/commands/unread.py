"""What is reported where the configuration that decides cannot be read: nothing is judged, and why."""

from __future__ import annotations

import msgspec

from gitops_ci.commands import assembly, deciding, output
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import ConfigError
from gitops_ci.github import event as events
from gitops_ci.model.verdict import Verdict, VerdictReason

_REMEDY = (
    "have it mended on that branch; a change that mends it cannot pass either, so somebody who may merges it past this"
    " check (docs/troubleshooting.md#the-configuration-of-the-branch-cannot-be-read)"
)


def write(error: ConfigError, options: Options, outside: Outside) -> None:
    """Writes a report about the event's commit into `--out`; nothing where no event names one, as on a laptop."""
    settings = outside.settings
    if settings.event_path is None or options.out is None:
        return
    event = events.read(settings.event_path)
    if event.head is None:
        return
    directory = outside.cwd / options.out
    output.prepare(directory, (outside.cwd / (options.repo or "")).resolve())
    path, branch = deciding.place(options), event.base_ref or "the base"
    reasons = tuple(
        VerdictReason(
            rule="config/base-invalid",
            decision="undecided",
            message=f"{path} of {branch} cannot decide: {' '.join(told.split())}",
            remedy=_REMEDY,
            who="whoever maintains the configuration",
        )
        for told in _mistakes(error)
    )
    report = msgspec.structs.replace(
        assembly.blank(event, outside), verdict=Verdict(decision="undecided", reasons=reasons)
    )
    output.write_report(report, directory, assembly.links(outside), environments=())


def _mistakes(error: ConfigError) -> tuple[str, ...]:
    found = error.mistakes or ((None, str(error)),)
    return tuple(f"line {line}: {text}" if line is not None else text for line, text in found)
