"""What an engine of Rego gives: compiled policies, values of rules, results of tests. `system` has the engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from gitops_ci.model.plan import Engine, JsonValue

ProblemCode = Literal["syntax", "compile", "evaluation", "needs-opa", "timeout", "memory", "crashed", "missing"]
"""`syntax` and `compile`: the policy is wrong. `evaluation`: it ended with an error. `needs-opa`: the embedded engine
cannot be trusted with it. The others: the engine failed."""


class Module(Struct, frozen=True):
    """One file of Rego; `path` is relative to the repository."""

    path: str
    text: str


class Bundle(Struct, frozen=True):
    """Modules that know each other, and `data`: one JSON object, what their data documents make together."""

    modules: tuple[Module, ...]
    data: bytes = b"{}"


class RegoProblem(Struct, frozen=True, kw_only=True):
    """Why there is no answer; line and column count from one. No value of an input is in `message`."""

    code: ProblemCode
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """What one query gave for one input (its index); sets are arrays. `defined` is False for no value at all."""

    input: int
    query: str
    defined: bool = False
    value: JsonValue = None
    problem: RegoProblem | None = None


class TestResult(Struct, frozen=True, kw_only=True):
    """One `test_` rule: its full name, where it is, how it ended, and the problem where it ended with one."""

    __test__ = False  # pytest takes it for a test otherwise

    name: str
    path: str
    line: int
    outcome: Literal["pass", "fail", "skip", "error"]
    seconds: float = 0.0
    problem: RegoProblem | None = None


class Covered(Struct, frozen=True, kw_only=True):
    """Lines of one module that tests went through, and those that they did not (counted from one)."""

    path: str
    covered: tuple[int, ...]
    missed: tuple[int, ...]


class TestRun(Struct, frozen=True, kw_only=True):
    """All tests of a bundle and what they cover."""

    __test__ = False

    results: tuple[TestResult, ...]
    coverage: tuple[Covered, ...] = ()
    problems: tuple[RegoProblem, ...] = ()


class Limits(Struct, frozen=True, kw_only=True):
    """What one query for one input may take: seconds, and bytes of memory for the whole process."""

    seconds: float = 10.0
    memory: int = 2 << 30


class RegoEngine(Protocol):
    """An engine of Rego. Modules of v0 and v1 syntax stand side by side; nothing reaches the network."""

    @property
    def engine(self) -> Engine:
        """Its name, version and where it was found."""

    def check(self, bundle: Bundle) -> tuple[RegoProblem, ...]:
        """What a strict compiler has to say of the modules; nothing where all is well."""

    def evaluate(
        self, bundle: Bundle, queries: Sequence[str], inputs: Sequence[bytes], *, limits: Limits
    ) -> Iterator[Answer]:
        """The value of each query (`data.kubernetes.admission.deny`) for each input (JSON), in order of inputs.

        A query that cannot be answered has its problem; the others are answered all the same.
        """

    def test(self, bundle: Bundle, *, limits: Limits) -> TestRun:
        """Runs every rule whose name begins with `test_` (`todo_test_` is skipped), and says what they cover."""
