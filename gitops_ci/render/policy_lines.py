"""Tests of policies, and what is wrong with policies, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gitops_ci.model.plan import Engine
from gitops_ci.policy.rego.checked import Fault
from gitops_ci.policy.rego.engine import Covered, TestResult
from gitops_ci.policy.rego.tested import Tested, of_file
from gitops_ci.render import words
from gitops_ci.render.lines import EMPTY, Line, Style, line, span

_OUTCOMES: dict[str, tuple[str, Style]] = {
    "pass": ("✓", "pass"),
    "fail": ("✗", "error"),
    "error": ("!", "error"),
    "skip": ("-", "dim"),
}
_SEVERITIES: dict[str, tuple[str, Style]] = {
    "error": ("✗", "error"),
    "warning": ("⚠", "warning"),
    "undecided": ("?", "undecided"),
}
_MOST_RANGES = 12


def tested(told: Tested, engine: Engine) -> list[Line]:
    """Each test below its file, the lines that none goes through, and a line that sums up."""
    lines: list[Line] = []
    path = None
    for each in told.results:
        if each.path != path:
            path = each.path
            lines.append(line(span(path, "title")))
        lines += _test(each)
    if told.files:
        lines += [EMPTY, line(span("coverage", "title")), *map(_covered, told.files)]
    for problem in told.problems:
        place = _place(problem.path, problem.line, None)
        lines.append(line(span("! ", "error"), place, ": " if place else "", problem.message))
    return [*lines, EMPTY, _sum(told, engine)]


def _test(result: TestResult) -> Iterator[Line]:
    sign, style = _OUTCOMES[result.outcome]
    name = result.name.rpartition(".")[2]
    place = "" if result.outcome in ("pass", "skip") else f"  {result.path}:{result.line}"
    seconds = "" if result.outcome == "skip" else f"  {_milliseconds(result.seconds)}"
    yield line("  ", span(sign, style), f" {name}", span(seconds, "dim"), span(place, "title"))
    if result.problem is not None:
        yield line("    ", span(result.problem.message, style))


def _milliseconds(seconds: float) -> str:
    return words.duration(seconds) if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def _covered(file: Covered) -> Line:
    percent = of_file(file)
    shown = "      –" if percent is None else f"{percent:5.1f} %"
    style: Style = "pass" if not file.missed else "warning"
    missed = f"  missed: {_ranges(file.missed)}" if file.missed else ""
    return line("  ", span(shown, style), f"  {file.path}", span(missed, "dim"))


def _ranges(numbers: Sequence[int]) -> str:
    """`3-5, 9` for the lines 3, 4, 5 and 9."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    shown = [f"{first}-{last}" if last > first else str(first) for first, last in found[:_MOST_RANGES]]
    left = len(found) - len(shown)
    return ", ".join(shown) + (f" and {left:,} more" if left else "")


def _sum(told: Tested, engine: Engine) -> Line:
    outcomes = [each.outcome for each in told.results]
    parts = [words.several(len(outcomes), "test") if outcomes else "no tests"]
    for outcome, word in (("pass", "passed"), ("fail", "failed"), ("error", "with an error"), ("skip", "skipped")):
        if outcome in outcomes:
            parts.append(f"{outcomes.count(outcome):,} {word}")
    if told.percent is not None:
        least = f" (minimum {told.minimum:g} %)" if told.minimum is not None else ""
        parts.append(f"coverage {told.percent:.1f} %{least}")
    elif not told.is_enough:
        parts.append(f"no coverage (minimum {told.minimum:g} %)")
    style: Style = told.decision
    return line(span(", ".join(parts), style), span(_by(engine), "dim"))


def _by(engine: Engine) -> str:
    return f"  ({engine.name} {engine.version}, {engine.source})"


def checked(faults: Iterable[Fault], files: int, engine: Engine) -> list[Line]:
    """Each fault with its place and the line that it is about, and a line that sums up."""
    several = tuple(faults)
    lines: list[Line] = []
    for each in several:
        sign, style = _SEVERITIES[each.severity]
        place = _place(each.path, each.line, each.column)
        lines.append(line(span(sign, style), " ", span(place, "title"), ": " if place else "", each.message))
        lines += _source(each)
    counts = [words.several(sum(each.severity == name for each in several), name) for name in ("error", "warning")
              if any(each.severity == name for each in several)]  # fmt: skip
    open_ = sum(each.severity == "undecided" for each in several)
    counts += [f"{open_:,} that could not be checked"] if open_ else []
    worst = next((name for name in ("error", "undecided", "warning") if any(f.severity == name for f in several)), None)
    style = "pass" if worst is None else _SEVERITIES[worst][1]
    summed = f"{words.several(files, 'file')} of Rego, {', '.join(counts) or 'nothing to object to'}"
    return [*lines, *([EMPTY] if lines else []), line(span(summed, style), span(_by(engine), "dim"))]


def _source(fault: Fault) -> Iterator[Line]:
    if not fault.source:
        return
    text = fault.source.expandtabs(4)
    yield line(span("    ", "dim"), span(text, "dim"))
    if fault.column is not None:
        before = len(fault.source[: fault.column - 1].expandtabs(4))
        yield line(span(" " * (4 + before), "dim"), span("^", "error"))


def _place(path: str | None, number: int | None, column: int | None) -> str:
    return ":".join(str(each) for each in (path, number, column) if each is not None)
