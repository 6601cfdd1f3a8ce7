"""Test runs as they are judged and shown."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from gitops_ci.config import RegoPolicies
from gitops_ci.discover import snapshot
from gitops_ci.model.plan import Engine
from gitops_ci.policy.rego import policies, tested
from gitops_ci.policy.rego.engine import Covered, RegoProblem, TestResult, TestRun
from gitops_ci.render import policy_lines
from gitops_ci.render.lines import plain

NONE = policies.read([("", RegoPolicies(path="p"))], snapshot.of({"p/a.rego": "package a\n"}))
ENGINE = Engine(name="opa", version="1.2.3", source="path")


def result(name: str, outcome: Any, problem: RegoProblem | None = None) -> TestResult:
    return TestResult(name=f"a_test.{name}", path="p/a_test.rego", line=7, outcome=outcome, problem=problem)


def run(*results: TestResult, **more: Any) -> TestRun:
    covered = (
        Covered(path="p/a.rego", covered=tuple(range(1, 10)), missed=(10, 11, 13)),
        Covered(path="p/a_test.rego", covered=(), missed=(1, 2, 3)),
    )
    return TestRun(results=results, coverage=more.pop("coverage", covered), **more)


@pytest.mark.parametrize(
    ("results", "minimum", "decision"),
    [
        ([result("test_a", "pass")], None, "pass"),
        ([result("test_a", "pass"), result("todo_test_b", "skip")], 75.0, "pass"),
        ([result("test_a", "pass")], 75.1, "blocked"),
        ([result("test_a", "fail")], None, "blocked"),
        ([result("test_a", "error", RegoProblem(code="evaluation", message="x"))], None, "blocked"),
        ([result("test_a", "error", RegoProblem(code="needs-opa", message="x"))], None, "undecided"),
        (
            [result("test_a", "error", RegoProblem(code="timeout", message="x")), result("test_b", "fail")],
            None,
            "blocked",
        ),
        ([], None, "pass"),
    ],
)
def test_what_comes_of_it(results: list[TestResult], minimum: float | None, decision: str) -> None:
    assert tested.of(run(*results), NONE, minimum=minimum).decision == decision


def test_problems_of_the_run() -> None:
    for code, decision in (("compile", "blocked"), ("crashed", "undecided")):
        problem = RegoProblem(code=code, message="x")  # type: ignore[arg-type]  # both are codes
        assert tested.of(run(problems=(problem,)), NONE).decision == decision
    broken = policies.read([("", RegoPolicies(path="p"))], snapshot.of({"p/a.rego": b"\xff"}))
    assert tested.of(run(), broken).decision == "blocked"


def test_tests_do_not_count_as_covered_and_nothing_is_rounded_up() -> None:
    told = tested.of(run(result("test_a", "pass")), NONE)
    assert [each.path for each in told.files] == ["p/a.rego"]
    assert told.percent == 75.0
    nearly = Covered(path="p/a.rego", covered=tuple(range(9999)), missed=(10_000,))
    assert tested.of(run(coverage=(nearly,)), NONE).percent == 99.9
    assert tested.of(run(coverage=()), NONE, minimum=1.0).decision == "blocked"


def test_as_it_is_shown() -> None:
    error = RegoProblem(code="evaluation", message="div by zero")
    several = run(
        result("test_a", "pass"),
        result("test_b", "fail"),
        result("test_c", "error", error),
        result("todo_test_d", "skip"),
    )
    shown = plain(policy_lines.tested(tested.of(several, NONE, minimum=80.0), ENGINE))
    assert shown == (
        "p/a_test.rego\n"
        "  ✓ test_a  0.0 ms\n"
        "  ✗ test_b  0.0 ms  p/a_test.rego:7\n"
        "  ! test_c  0.0 ms  p/a_test.rego:7\n"
        "    div by zero\n"
        "  - todo_test_d\n"
        "\n"
        "coverage\n"
        "   75.0 %  p/a.rego  missed: 10-11, 13\n"
        "\n"
        "4 tests, 1 passed, 1 failed, 1 with an error, 1 skipped, coverage 75.0 % (minimum 80 %)  (opa 1.2.3, path)\n"
    )


def test_names_cannot_speak_to_the_terminal() -> None:
    evil = TestResult(name="a.test_\x1b[31m", path="p/\n::error::x", line=1, outcome="fail")
    shown = plain(policy_lines.tested(tested.of(run(evil), NONE), ENGINE))
    assert "\x1b" not in shown
    assert re.search(r"^::", shown, re.MULTILINE) is None


def test_for_machines() -> None:
    document = msgspec.json.decode(msgspec.json.encode(tested.document(tested.of(run(result("test_a", "pass")), NONE))))
    assert document["decision"] == "pass"
    assert document["coverage"]["files"] == [
        {"path": "p/a.rego", "percent": 75.0, "covered": list(range(1, 10)), "missed": [10, 11, 13]}
    ]
