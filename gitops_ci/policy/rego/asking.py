"""Queries, their answers, and what keeps one from being there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec import Struct

from gitops_ci.model.plan import Engine, Problem
from gitops_ci.policy.rego.engine import Answer, Limits, RegoEngine, RegoProblem
from gitops_ci.policy.rego.inputs import Input
from gitops_ci.policy.rego.policies import Asked, Policies

LIMITS = Limits()
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_KEYWORDS = frozenset(
    {"as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some"}
    | {"true", "with", "input", "data"}
)


def query(package: tuple[str, ...], rule: str) -> str:
    """The name of a rule as an engine takes it: `data.kubernetes["admission-control"].deny`."""
    steps = (f".{part}" if _PLAIN.fullmatch(part) and part not in _KEYWORDS else f'["{part}"]' for part in package)
    return f"data{''.join(steps)}.{rule}"


class Asking:
    """Answers of one run: each document is asked about each rule once."""

    def __init__(self, policies: Policies, engine: Callable[[], RegoEngine]) -> None:
        self._policies = policies
        self._start = engine
        self._started: RegoEngine | None = None
        self._answers: dict[tuple[bytes, str], Answer] = {}

    @property
    def engine(self) -> Engine | None:
        """The engine that was asked; None where there was nothing to ask."""
        return None if self._started is None else self._started.engine

    def ask(self, group: Iterable[Asked], payloads: Iterable[bytes]) -> None:
        """Asks about every payload. Raises ToolError where there is no engine."""
        if self._started is None:
            self._started = self._start()
        documents = list(payloads)
        names = list(dict.fromkeys(query(asked.package, rule) for asked in group for rule in _rules(asked)))
        answers = self._started.evaluate(self._policies.bundle, names, documents, limits=LIMITS)
        for answer in answers:
            self._answers[documents[answer.input], answer.query] = answer

    def of(self, payload: bytes, query: str) -> Answer | None:
        """The answer; None where the engine gave none."""
        return self._answers.get((payload, query))

    def problems(self, group: Iterable[Asked], inputs: Iterable[Input]) -> Iterator[Problem]:
        """What keeps an answer about one of the inputs from being there: it leaves the question open."""
        rules = [(asked.package, rule) for asked in group for rule in _rules(asked)]
        causes: dict[tuple[str, str], list[_Open]] = {}
        for each in inputs:
            for package, rule in rules:
                name = query(package, rule)
                answer = self.of(each.payload, name)
                problem = _NO_ANSWER if answer is None else answer.problem
                if problem is not None:
                    cause = problem.code, problem.message.removeprefix(f"{name}: ")
                    causes.setdefault(cause, []).append(_Open(each, package, rule, problem))
        for opened in causes.values():
            yield from self._of_cause(opened)

    def _of_cause(self, opened: list[_Open]) -> Iterator[Problem]:
        """A reason for each policy, or for each input where that is what all of its policies stumble over."""
        by_rule: dict[str, list[_Open]] = {}
        by_input: dict[str, list[_Open]] = {}
        for each in opened:
            by_rule.setdefault(query(each.package, each.rule), []).append(each)
            by_input.setdefault(each.input.name, []).append(each)
        if len(by_input) < len(by_rule) and opened[0].problem.code not in ("syntax", "compile"):
            for name, several in by_input.items():
                yield _of_input(name, several)
            return
        for name, several in by_rule.items():
            first = several[0]
            problem = self._placed(told(first.problem, name), first.package, first.rule)
            if first.problem.code not in ("syntax", "compile"):
                inputs = dict.fromkeys(each.input.name for each in several)
                more = f" and {len(inputs) - 1} more" if inputs.keys() - {first.input.name} else ""
                problem = msgspec.structs.replace(
                    problem, message=f"{problem.message} (asked about {first.input.name}{more})"
                )
            yield problem

    def _placed(self, problem: Problem, package: tuple[str, ...], rule: str) -> Problem:
        """The problem at its rule where the engine knows no place."""
        defined = ((source.path, each.line) for source in self._policies.sources(package) for each in source.rules
                   if each.name == rule)  # fmt: skip
        place = next(defined, None)
        if problem.path is not None or place is None:
            return problem
        return msgspec.structs.replace(problem, path=place[0], line=place[1])


class _Open(Struct, frozen=True):
    """One question without an answer."""

    input: Input
    package: tuple[str, ...]
    rule: str
    problem: RegoProblem


_NO_ANSWER = RegoProblem(code="crashed", message="there is no answer")


def _of_input(name: str, several: list[_Open]) -> Problem:
    """What keeps several policies from an answer about one input: the input has to be mended, not they."""
    first = several[0]
    code = "input" if first.problem.code == "evaluation" else first.problem.code
    said = told(first.problem, query(first.package, first.rule)).message
    message = f"{name}: {said} (and so for {len(several) - 1} more rules)"
    line = first.input.document.line_of(first.input.place) if first.input.document is not None else None
    return Problem(code=code, message=message, path=first.input.path, line=line)


def _rules(asked: Asked) -> Iterator[str]:
    yield from asked.rules
    if asked.has_exceptions:
        yield "exception"


_WHY = {
    "multiple outputs": "it gives two different values for one thing",
    "generated multiple times": "it makes an object with two values for one key",
    "keys must be unique": "it makes an object with two values for one key",
    "divide by zero": "it divides by zero",
    "more than 64 bits": "a number of more than 64 bits",
}
"""What an error of an evaluation means, by words of an engine; the words themselves may quote the input."""


def told(problem: RegoProblem, query: str = "") -> Problem:
    """An engine's problem in the report's words; those of the policy itself are the same for every query."""
    of_query = query and problem.code not in ("syntax", "compile")
    said = problem.message.removeprefix(f"{query}: ")
    if problem.code == "evaluation":
        why = next((why for words, why in _WHY.items() if words in said), None)
        said = why or "it ends with an error, whose words are not told: they may quote the input"
    message = f"{query.removeprefix('data.')}: {said}" if of_query else said
    return Problem(code=problem.code, message=message, path=problem.path, line=problem.line)
