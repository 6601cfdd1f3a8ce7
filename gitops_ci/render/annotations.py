"""Findings and failed plans as words on the lines that they are about: for a check run, and as workflow commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from gitops_ci.model.finding import SEVERITIES, Finding, Severity
from gitops_ci.model.plan import Plan
from gitops_ci.model.report import Report
from gitops_ci.render import outline
from gitops_ci.render.untrusted import cut, visible

Level = Literal["notice", "warning", "failure"]

TITLE = 200
MESSAGE = 4_000
"""Characters of one annotation; GitHub takes 64 KB."""

SHOWN = 10
"""Annotations of one kind that GitHub shows of a step."""

_LEVELS: dict[Severity, Level] = {"error": "failure", "warning": "warning", "notice": "notice"}
_COMMANDS: dict[Level, str] = {"failure": "error", "warning": "warning", "notice": "notice"}


class Annotation(Struct, frozen=True, kw_only=True):
    """What is said about one line (from one) of a file; plain text, without control characters."""

    level: Level
    path: str
    line: int
    title: str
    message: str


def of(report: Report) -> tuple[Annotation, ...]:
    """What is new and nobody waived, the most important first: errors, plans that failed, warnings, notices."""
    found = sorted(outline.new(report.findings), key=lambda finding: SEVERITIES.index(finding.severity))
    errors = [finding for finding in found if finding.severity == "error"]
    others = found[len(errors) :]
    return (*_of_findings(errors), *_of_plans(report.plans), *_of_findings(others))


def commands(annotations: Iterable[Annotation]) -> Iterator[str]:
    """The annotations as workflow commands, as many of a kind as GitHub shows; no text can end one or begin another."""
    left = dict.fromkeys(_COMMANDS, SHOWN)
    for each in annotations:
        if left[each.level] > 0:
            left[each.level] -= 1
            where = f"file={_property(each.path)},line={each.line},title={_property(each.title)}"
            yield f"::{_COMMANDS[each.level]} {where}::{_data(each.message)}"


def about_no_file(level: Literal["error", "notice"], title: str, message: str) -> str:
    """A workflow command that is about no file."""
    return f"::{level} title={_property(title)}::{_data(message)}"


def _of_findings(findings: Iterable[Finding]) -> Iterator[Annotation]:
    for finding in findings:
        if finding.path:
            message = f"{finding.message}\n{finding.help}" if finding.help else finding.message
            place = (finding.path, finding.line)
            yield _annotation(_LEVELS[finding.severity], place, finding.rule, message)


def _of_plans(plans: Iterable[Plan]) -> Iterator[Annotation]:
    for plan in plans:
        reason = plan.reason
        if plan.status in ("failed", "skipped") and reason is not None and reason.path:
            title = f"{plan.stack} was not planned"
            yield _annotation("failure", (reason.path, reason.line), title, reason.message)


def _annotation(level: Level, place: tuple[str, int | None], title: str, message: str) -> Annotation:
    path, line = place
    told = "\n".join(visible(each) for each in cut(message, MESSAGE).split("\n"))
    return Annotation(level=level, path=visible(path), line=line or 1, title=cut(visible(title), TITLE), message=told)


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
