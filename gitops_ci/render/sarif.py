"""A report as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for viewers and GitHub's code scanning.

One run, so that what code scanning shows is replaced as a whole: a checker that found nothing closes its alerts.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from gitops_ci.model.finding import SEVERITIES, Finding, Severity, State, Waiver
from gitops_ci.model.report import Report
from gitops_ci.model.rule import DOCS
from gitops_ci.model.stack import AffectedStack
from gitops_ci.render import report_json, sarif_rules, words
from gitops_ci.render.links import Links
from gitops_ci.render.untrusted import ZERO_WIDTH_SPACE, block, cut, encodable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
MOST_BYTES = 10_000_000
"""What code scanning takes of one run: results, and bytes once they are compressed (docs.github.com: SARIF support)."""

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "notice": "note"}
_STATES: dict[State, str] = {"new": "new", "existing": "unchanged", "fixed": "absent"}
"""What is new comes first, what is fixed last."""
_ROOT = "%SRCROOT%"
_NO_PLACE = "gitops-ci.yml"
"""Where findings about the repository as a whole are shown: code scanning refuses a result without a place."""
_MESSAGE = 4_000
_NAME = 1_000
_INLINE = ("checkov:skip", "a comment in ")


def encode(report: Report, links: Links, *, category: str = "", only_open: bool = False) -> bytes:
    """The report's findings as a log, the most important first.

    `category` sets the analyses of several configurations of one repository apart. `only_open` leaves out what was
    accepted and what is fixed, for code scanning: it knows neither suppressions nor baseline states, and would show
    both as open alerts. What does not fit into its limits is counted in a notification.
    """
    found = sorted(_chosen(report.findings, only_open=only_open), key=_importance)
    most = min(len(found), MOST_RESULTS)
    while True:
        content = report_json.document(_log(report, found[:most], links, category, left_out=len(found) - most))
        size = len(zlib.compress(content, 6))
        if size <= MOST_BYTES or most == 0:
            return content
        most = min(most - 1, most * MOST_BYTES * 9 // (size * 10))


def _chosen(findings: Iterable[Finding], *, only_open: bool) -> Iterator[Finding]:
    for finding in findings:
        if not only_open or (finding.state != "fixed" and finding.waived_by is None):
            yield finding


def _importance(finding: Finding) -> tuple[object, ...]:
    """What was accepted comes last; new ones before existing and fixed ones; errors first, of secrets before others."""
    return (
        finding.waived_by is not None,
        list(_STATES).index(finding.state),
        SEVERITIES.index(finding.severity),
        finding.source != "secrets",
        finding.rule,
        finding.path or "",
        finding.line or 0,
        finding.fingerprint,
    )


def _log(report: Report, found: list[Finding], links: Links, category: str, *, left_out: int) -> dict[str, object]:
    rules = sarif_rules.descriptors(found)
    identity = "/".join(["gitops-ci", *filter(None, category.split("/"))])
    run = {
        "tool": _tool(report, rules),
        "automationDetails": {"id": f"{encodable(identity)}/"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "versionControlProvenance": list(_provenance(report, links)),
        "invocations": [_invocation(report, left_out)],
        "results": list(_results(report, found, rules)),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _tool(report: Report, rules: sarif_rules.Descriptors) -> dict[str, object]:
    """gitops-ci with all rules; the checkers that it asked are its extensions, with their versions."""
    driver = {
        "name": "gitops-ci",
        "version": block(report.tool.version),
        "informationUri": DOCS + "index.md",
        "rules": rules.all,
    }
    checkers = [
        {
            "name": f"{run.name} ({block(run.engine.name)})",
            "version": block(run.engine.version),
            "properties": {"source": run.engine.source, "inputs": run.inputs, "policies": run.policies},
        }
        for run in report.policies
        if run.engine is not None
    ]
    several = [each for index, each in enumerate(checkers) if each not in checkers[:index]]  # the same twice is invalid
    return {"driver": driver, "extensions": several} if several else {"driver": driver}


def _provenance(report: Report, links: Links) -> Iterator[dict[str, object]]:
    commit = report.head or report.planned.commit
    if links.repository and commit:
        yield {"repositoryUri": links.repository, "revisionId": block(commit), "mappedTo": {"uriBaseId": _ROOT}}


def _invocation(report: Report, left_out: int) -> dict[str, object]:
    """Whether every checker and every plan came to an end, and what kept it from one."""
    told = [
        _notice("error", f"{run.name} gave no answer: {problem.message}")
        for run in report.policies
        for problem in run.problems
    ]
    told += [
        _notice("error", f"{plan.stack} was not planned: {plan.reason.message if plan.reason else plan.status}")
        for plan in report.plans
        if plan.status in {"failed", "skipped"}
    ]
    successful = not told
    if left_out:
        told.append(_notice("warning", f"{words.several(left_out, 'result')} left out to fit; the report has all"))
    ended = {"startTimeUtc": _utc(report.started_at)} if _utc(report.started_at) else {}
    return {"executionSuccessful": successful, **ended, **({"toolExecutionNotifications": told} if told else {})}


def _notice(level: str, message: str) -> dict[str, object]:
    return {"level": level, "message": {"text": _message(message)}}


def _utc(moment: str) -> str:
    """A moment as SARIF writes it; empty for what is none."""
    import datetime

    try:
        parsed = datetime.datetime.fromisoformat(moment)
    except ValueError:
        return ""
    return parsed.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if parsed.tzinfo else ""


def _results(report: Report, found: list[Finding], rules: sarif_rules.Descriptors) -> Iterator[dict[str, object]]:
    stacks = {stack.id: stack for stack in report.stacks}
    seen: Counter[str] = Counter()
    for finding in found:
        seen[finding.fingerprint] += 1
        result: dict[str, object] = {
            "ruleId": sarif_rules.identifier(finding.rule),
            "ruleIndex": rules.index[finding.rule],
            "level": LEVELS[finding.severity],
            "baselineState": _STATES[finding.state],
            "message": {"text": _message("\n\n".join(filter(None, (finding.message, finding.help))))},
            "locations": [_location(finding, stacks.get(finding.stack or ""))],
            "partialFingerprints": _fingerprints(finding, seen[finding.fingerprint]),
        }
        if finding.also:
            result["properties"] = {"also": [sarif_rules.identifier(rule) for rule in finding.also]}
        if finding.waived_by is not None:
            result["suppressions"] = [_suppression(finding.waived_by)]
        yield result


def _message(text: str) -> str:
    """Plain text that no viewer takes a link from (SARIF 3.11.6)."""
    return cut(block(text), _MESSAGE).replace("](", f"]{ZERO_WIDTH_SPACE}(") or "(no message)"


def _location(finding: Finding, stack: AffectedStack | None) -> dict[str, object]:
    """Where it is: the file, else the stack's directory; beside it the stack by its id, and what it is about."""
    path = uri(finding.path or "") or uri(stack.path if stack else "") or _NO_PLACE
    line = finding.line if finding.path and finding.line and finding.line > 0 else 1
    region = {"startLine": line}
    if finding.line == line and finding.column and finding.column > 0:
        region["startColumn"] = finding.column
    location: dict[str, object] = {
        "physicalLocation": {"artifactLocation": {"uri": path, "uriBaseId": _ROOT}, "region": region}
    }
    named = ((finding.stack, "module"), (finding.address, "resource"))
    logical = [{"fullyQualifiedName": block(cut(name, _NAME)), "kind": kind} for name, kind in named if name]
    return location | ({"logicalLocations": logical} if logical else {})


def uri(path: str) -> str:
    """A path of the repository as a relative reference; empty for one that could lead out of it."""
    parts = path.split("/")
    if not path or any(part in {"", ".", ".."} for part in parts):
        return ""
    try:
        return quote(path.encode("utf-8", "surrogateescape"), safe="/")
    except UnicodeEncodeError:
        return quote(encodable(path), safe="/")


def _fingerprints(finding: Finding, count: int) -> dict[str, str]:
    """Ours, which survives line shifts.

    Code scanning tells alerts apart by `primaryLocationLineHash` alone. Its upload action makes that from the line
    where it finds one, and warns about any other; so it is given only where there is no line.
    """
    value = block(finding.fingerprint) or "none"
    ours = {"gitopsCiFingerprint/v1": value}
    return ours if finding.path and finding.line else ours | {"primaryLocationLineHash": f"{value}:{count}"}


def _suppression(waiver: Waiver) -> dict[str, object]:
    """An acceptance; it is in the source where an inline comment says so."""
    until = f", until {block(waiver.until)}" if waiver.until else ""
    kind = "inSource" if waiver.what.startswith(_INLINE) else "external"
    justification = f"{block(waiver.reason)} (accepted by {block(waiver.owner) or 'nobody named'}{until})"
    return {"kind": kind, "status": "accepted", "justification": cut(justification, _MESSAGE)}
