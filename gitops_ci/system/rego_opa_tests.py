"""Runs the tests of a bundle with `opa test`, and reads what they cover."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from gitops_ci.model.plan import JsonValue
from gitops_ci.policy.rego.engine import Covered, Limits, ProblemCode, RegoProblem, TestResult, TestRun
from gitops_ci.system.process import Completed
from gitops_ci.system.rego_bundle import Laid

_TEST = re.compile(r"\btest_")
_MODULE = re.compile(r"\bmodule-(\d+)\.rego$")


class Runner(Protocol):
    """What runs `opa`."""

    @property
    def capabilities(self) -> str:
        """The option that restricts what policies can do."""

    def run(self, *arguments: str, cwd: Path | None = ..., seconds: float = ..., memory: int = ...) -> Completed:
        """Runs opa with these arguments."""


def run(opa: Runner, laid: Laid, limits: Limits) -> TestRun:
    """Runs every test; coverage is that of the tests that pass, since opa tells none when one fails."""
    count = sum(len(_TEST.findall(module.text)) for module in laid.bundle.modules)
    common = ("test", "--format=json", f"--timeout={limits.seconds}s", opa.capabilities, "--bundle", "bundle")
    seconds = limits.seconds * (1 + count)
    done = opa.run(*common, "--sort=none", cwd=laid.place, seconds=seconds, memory=limits.memory)
    try:
        told: list[JsonValue] = msgspec.json.decode(done.stdout) or []
        results = tuple(sorted((_result(laid, each) for each in told), key=lambda each: (each.path, each.line)))
    except (msgspec.DecodeError, KeyError, TypeError):
        words = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-300:]
        code: ProblemCode = "timeout" if done.ending == "timeout" else "crashed"
        problem = RegoProblem(code=code, message=f"opa test ended with exit code {done.returncode}: {words}")
        return TestRun(results=(), problems=(*laid.problems, problem))
    passed = "|".join(re.escape(each.name) for each in results if each.outcome == "pass")
    covered: tuple[Covered, ...] = ()
    if passed:
        more = opa.run(
            *common, "--coverage", f"--run=^({passed})$", cwd=laid.place, seconds=seconds, memory=limits.memory
        )
        covered = _coverage(laid, more.stdout)
    return TestRun(results=results, coverage=covered, problems=laid.problems)


def _result(laid: Laid, told: JsonValue) -> TestResult:
    place = told["location"]
    name = f"{told['package']}.{told['name']}"
    found = _MODULE.search(place["file"])
    path = laid.bundle.modules[int(found[1])].path if found else place["file"]
    problem = None
    outcome: Literal["pass", "fail", "skip", "error"]
    if told.get("skip"):
        outcome = "skip"
    elif told.get("error"):
        error = told["error"] if isinstance(told["error"], dict) else {"message": str(told["error"])}
        problem = laid.problem({**error, "code": "evaluation"})
        if "cancel" in problem.message or "timeout" in problem.message:
            problem = msgspec.structs.replace(problem, code="timeout")
        outcome = "error"
    else:
        outcome = "fail" if told.get("fail") else "pass"
    seconds = told.get("duration", 0) / 1e9
    return TestResult(
        name=name,
        path=path,
        line=place["row"],
        outcome=outcome,
        seconds=seconds,
        problem=problem,
    )


def _coverage(laid: Laid, output: bytes) -> tuple[Covered, ...]:
    try:
        files = msgspec.json.decode(output)["files"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return ()
    lines: dict[str, tuple[set[int], set[int]]] = {}
    for name, told in files.items():  # opa tells a file twice: as it was compiled, and as tests went through it
        match = _MODULE.search(name)
        if match:
            covered, missed = lines.setdefault(laid.bundle.modules[int(match[1])].path, (set(), set()))
            covered.update(_lines(told, "covered"))
            missed.update(_lines(told, "not_covered"))
    return tuple(
        Covered(path=path, covered=tuple(sorted(covered)), missed=tuple(sorted(missed - covered)))
        for path, (covered, missed) in sorted(lines.items())
    )


def _lines(told: JsonValue, key: str) -> tuple[int, ...]:
    ranges = told.get(key) or ()
    return tuple(sorted({line for each in ranges for line in range(each["start"]["row"], each["end"]["row"] + 1)}))
