"""A report as JUnit XML, which every CI shows: a suite a stack, a test a plan and a finding; what blocks has failed.

Its grammar is what Jenkins, GitLab and Azure DevOps read of it: suites of cases, each with at most one outcome.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal
from xml.etree import ElementTree as ET

from msgspec import Struct, structs

from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import BLOCKING_CODES, Plan, Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.report import Report
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import Decision, VerdictReason
from gitops_ci.render import words
from gitops_ci.render.untrusted import block, cut, visible

Outcome = Literal["passed", "failure", "error", "skipped"]
Decisions = dict[tuple[str, str | None], Decision]
_OUTCOMES: dict[Decision, Outcome] = {"blocked": "failure", "undecided": "error", "pass": "passed"}

_WHOLE = "repository"
"""The suite of what belongs to no stack."""
_TEXT = 4_000
_NAME = 300
_NOT_XML = re.compile("[\ufffe\uffff]")
"""What `visible` leaves and XML 1.0 refuses."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")
_UNANSWERED = "checks/policy-unanswered"
_OF_CASES = frozenset({"checks/plan-failed", "checks/plan-skipped", _UNANSWERED})
"""Rules of the verdict that the cases of plans and checkers tell of."""


class Case(Struct, frozen=True, kw_only=True):
    """One test: `outcome` with a `message` in one line and `text` below; of a passed one the text is its output."""

    name: str
    outcome: Outcome = "passed"
    kind: str = ""
    message: str = ""
    text: str = ""
    seconds: float = 0.0


class Suite(Struct, frozen=True, kw_only=True):
    """The tests of one stack, or of the repository."""

    name: str
    cases: tuple[Case, ...]
    properties: tuple[tuple[str, str], ...] = ()


def encode(report: Report) -> bytes:
    """The report as an XML document in UTF-8."""
    top = ET.Element("testsuites", name="gitops-ci")
    told = [_element(suite, report.started_at) for suite in suites(report)]
    for counted in ("tests", "failures", "errors", "skipped"):
        top.set(counted, str(sum(int(each.get(counted, "0")) for each in told)))
    top.set("time", f"{report.seconds:.3f}")
    top.extend(told)
    ET.indent(top)
    content: bytes = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def suites(report: Report) -> Iterator[Suite]:
    """The repository's suite with the checkers' and the verdict's own cases, then each stack's, by its id."""
    decisions = _decisions(report)
    stacks = {stack.id: stack for stack in report.stacks}
    cases: dict[str, list[Case]] = {_WHOLE: [_checker(run, decisions) for run in report.policies]}
    cases |= {name: [] for name in sorted(stacks.keys() | {plan.stack for plan in report.plans})}
    for plan in report.plans:
        cases[plan.stack].append(_plan(plan, decisions))
    told = {(finding.rule, finding.stack) for finding in report.findings}
    for reason in _reasons(report):
        if reason.rule not in _OF_CASES and (reason.rule, reason.stack) not in told:
            cases.setdefault(reason.stack or _WHOLE, []).append(_reason(reason))
    for finding in report.findings:
        cases.setdefault(finding.stack or _WHOLE, []).append(_finding(finding, decisions))
    for name, found in cases.items():
        if found:
            yield Suite(name=name, cases=tuple(found), properties=tuple(_properties(report, stacks.get(name))))


def _reasons(report: Report) -> tuple[VerdictReason, ...]:
    if report.verdict is not None:
        return report.verdict.reasons
    return report.part.reasons if report.part is not None else ()


def _decisions(report: Report) -> Decisions:
    """What was decided because of a rule in a stack; the worst of several."""
    found: dict[tuple[str, str | None], Decision] = {}
    for reason in _reasons(report):
        found.setdefault((reason.rule, reason.stack), reason.decision)  # what decides comes first
    return found


def _checker(run: PolicyRun, decisions: Decisions) -> Case:
    engine = f"{run.engine.name} {run.engine.version} ({run.engine.source})" if run.engine else ""
    looked = f"{words.several(run.policies, 'rule')} asked about {words.several(run.inputs, 'input')}"
    case = Case(name=f"policies/{run.name}", seconds=run.seconds, text="\n".join(filter(None, (engine, looked))))
    if not run.problems:
        return case
    first = run.problems[0]
    return structs.replace(
        case,
        outcome=_OUTCOMES[decisions.get((_UNANSWERED, None), "undecided")],
        kind=first.code,
        message=f"gave no answer: {_first(first.message)}",
        text="\n".join((case.text, *(f"{_place(each.path, each.line)}{each.message}" for each in run.problems))),
    )


def _plan(plan: Plan, decisions: Decisions) -> Case:
    case = Case(name="plan", seconds=plan.seconds, text=plan.status)
    if plan.status not in ("failed", "skipped"):
        return case
    reason = plan.reason or Problem(code="unknown", message="no reason is given")
    decided = decisions.get((f"checks/plan-{plan.status}", plan.stack))
    outcome = _OUTCOMES[decided or ("blocked" if reason.code in BLOCKING_CODES else "undecided")]
    text = _place(reason.path, reason.line) + reason.message
    return structs.replace(
        case, outcome=outcome, kind=reason.code, message=f"{plan.status}: {_first(reason.message)}", text=text
    )


def _reason(reason: VerdictReason) -> Case:
    who = f" ({reason.who})" if reason.who else ""
    text = f"{reason.message}\n→ {reason.remedy}{who}"
    return Case(
        name=reason.rule, outcome=_OUTCOMES[reason.decision], kind=reason.rule, message=reason.message, text=text
    )


def _finding(finding: Finding, decisions: Decisions) -> Case:
    """It fails where it blocks; what nobody has to do anything about now is skipped, with the reason."""
    place = _place(finding.path, finding.line)
    about = [f"about {finding.address}"] if finding.address and finding.address not in finding.message else []
    about += [f"also {', '.join(finding.also)}"] if finding.also else []
    below = "".join(f"\n{each}" for each in (*about, *([f"→ {finding.help}"] if finding.help else [])))
    case = Case(
        name=f"{finding.rule} {place.removesuffix(': ')}".strip(),
        kind=finding.rule,
        message=f"{finding.severity}: {finding.message}",
        text=f"{place}{finding.severity}: {finding.message}{below}",
    )
    if finding.state == "fixed":
        return structs.replace(case, text=f"fixed by this change\n{case.text}")
    if finding.waived_by is not None:
        waiver = finding.waived_by
        until = f" until {waiver.until}" if waiver.until else ""
        return structs.replace(
            case, outcome="skipped", message=f"waived by {waiver.owner or 'nobody named'}{until}: {waiver.reason}"
        )
    if finding.state == "existing":
        return structs.replace(case, outcome="skipped", message="from before this change")
    if finding.severity != "error":
        return case
    return structs.replace(case, outcome=_OUTCOMES[decisions.get((finding.rule, finding.stack), "blocked")])


def _first(text: str) -> str:
    return text.strip().partition("\n")[0]


def _place(path: str | None, line: int | None) -> str:
    return f"{path}:{line}: " if path and line else f"{path}: " if path else ""


def _properties(report: Report, stack: AffectedStack | None) -> Iterator[tuple[str, str]]:
    if stack is None:
        known = {"base": report.base, "head": report.head, "decision": report.verdict and report.verdict.decision}
    else:
        known = {"environment": stack.environment, "kind": stack.kind, "path": stack.path, "change": stack.change}
        engine = next((plan.engine for plan in report.plans if plan.stack == stack.id and plan.engine), None)
        known["engine"] = f"{engine.name} {engine.version}" if engine else None
    yield from ((name, value) for name, value in known.items() if value)


def _element(suite: Suite, started_at: str) -> ET.Element:
    outcomes = Counter(case.outcome for case in suite.cases)
    made = ET.Element(
        "testsuite",
        name=_word(suite.name),
        tests=f"{len(suite.cases)}",
        failures=f"{outcomes['failure']}",
        errors=f"{outcomes['error']}",
        skipped=f"{outcomes['skipped']}",
        time=f"{sum(case.seconds for case in suite.cases):.3f}",
    )
    if _MOMENT.fullmatch(started_at):
        made.set("timestamp", started_at[:19])
    if suite.properties:
        properties = ET.SubElement(made, "properties")
        for name, value in suite.properties:
            ET.SubElement(properties, "property", name=name, value=_word(value))
    made.extend(_case(case, suite.name) for case in suite.cases)
    return made


def _case(case: Case, suite: str) -> ET.Element:
    made = ET.Element("testcase", classname=_word(suite), name=_word(case.name), time=f"{case.seconds:.3f}")
    if case.outcome == "skipped":
        ET.SubElement(made, "skipped", message=_word(case.message))
    elif case.outcome != "passed":
        told = ET.SubElement(made, case.outcome, message=_word(case.message), type=_word(case.kind))
        told.text = _lines(case.text)
        return made
    if case.text:
        ET.SubElement(made, "system-out").text = _lines(case.text)
    return made


def _word(text: str) -> str:
    """One line of text in an attribute."""
    return _NOT_XML.sub("\ufffd", visible(cut(" ".join(text.split()), _NAME)))


def _lines(text: str) -> str:
    return _NOT_XML.sub("\ufffd", block(cut(text, _TEXT)))
