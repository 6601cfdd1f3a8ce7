"""Annotations: the most important first, and no text that ends a workflow command or begins another."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Severity
from gitops_ci.model.plan import Plan, Problem
from gitops_ci.render import annotations as annotating
from gitops_ci.render.annotations import Annotation
from tests.unit.render.example import report

SEVERITIES: tuple[Severity, ...] = ("notice", "warning", "error")


def found(severity: Severity, *, path: str | None = "main.tf", message: str = "is wrong") -> Finding:
    return finding.make("layout/x", severity, message, help="mend it", path=path, line=3)


def of(*findings: Finding, plans: tuple[Plan, ...] = ()) -> tuple[Annotation, ...]:
    return annotating.of(msgspec.structs.replace(report(), findings=findings, plans=plans))


def test_errors_then_failed_plans_then_warnings_then_notices() -> None:
    reason = Problem(code="plan-failed", message="no such variable", path="main.tf", line=9)
    failed = Plan(stack="production/terraform/net", status="failed", reason=reason)
    told = of(*map(found, SEVERITIES), plans=(failed,))
    assert [(each.level, each.line) for each in told] == [("failure", 3), ("failure", 9), ("warning", 3), ("notice", 3)]
    assert told[0].message == "is wrong\nmend it"


def test_only_what_is_new_and_has_a_place() -> None:
    existing = msgspec.structs.replace(found("error"), state="existing")
    assert of(existing, found("error", path=None)) == ()


def test_as_many_commands_of_a_kind_as_are_shown() -> None:
    told = of(*(found("error", message=f"wrong {chr(97 + number)}") for number in range(14)), found("warning"))
    commands = list(annotating.commands(told))
    assert [command.partition(" ")[0] for command in commands] == ["::error"] * 10 + ["::warning"]


@given(st.text(), st.text(min_size=1), st.sampled_from(SEVERITIES))
def test_no_text_ends_a_command_or_begins_another(message: str, path: str, severity: Severity) -> None:
    for command in annotating.commands(of(found(severity, path=path, message=message))):
        assert len(command.splitlines()) == 1
        head, _, rest = command.removeprefix("::").partition("::")
        properties = dict(each.partition("=")[::2] for each in head.partition(" ")[2].split(","))
        assert list(properties) == ["file", "line", "title"]
        assert properties["line"] == "3"
        assert "\n" not in rest
