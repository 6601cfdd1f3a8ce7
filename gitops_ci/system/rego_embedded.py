"""The embedded engine of Rego (`gordon-to-regorus`): what it cannot answer is told, all else is answered."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from gitops_ci.model.plan import Engine
from gitops_ci.policy.rego.engine import Answer, Bundle, Covered, Limits, Module, RegoProblem, TestResult, TestRun
from gitops_ci.system.process import Stop
from gitops_ci.system.rego_reach import Reach
from gitops_ci.system.worker import Died, Worker

_SHIM = Path(__file__).with_name("rego_worker.py")
_PARSING = 5.0
"""Seconds that reading one module may take."""
_MODULE = 0.2
"""Seconds beside that for each module of a bundle, all of which are made one."""
_ENOUGH = 2
"""A query that ended the process for so many inputs is not tried for others."""


def process(scratch: Path, *, memory: int, stop: Stop) -> Worker:
    """The engine in a new process. Raises ToolError where it cannot be started."""
    command = (sys.executable, "-I", str(_SHIM))
    return Worker(command, scratch, called="the embedded engine of Rego", memory=memory, stop=stop)


class Embedded:
    """The RegoEngine that needs no program on the machine."""

    def __init__(self, *, scratch: Path, stop: Stop) -> None:
        self._scratch = scratch
        self._stop = stop
        version = importlib.metadata.version("gordon-to-regorus")
        self.engine = Engine(name="regorus", version=version, source="embedded")

    def check(self, bundle: Bundle) -> tuple[RegoProblem, ...]:
        """What a strict compiler says, as far as this engine can know it; and what it cannot be trusted with."""
        loaded = _Loaded(self, bundle, Limits())
        try:
            loaded.start()
        finally:
            loaded.end()
        return ordered((*loaded.problems, *loaded.strict))

    def evaluate(
        self, bundle: Bundle, queries: Sequence[str], inputs: Sequence[bytes], *, limits: Limits
    ) -> Iterator[Answer]:
        """See RegoEngine."""
        loaded = _Loaded(self, bundle, limits)
        try:
            loaded.start()
            for index, content in enumerate(inputs):
                yield from loaded.answers(index, content, queries)
        finally:
            loaded.end()

    def test(self, bundle: Bundle, *, limits: Limits) -> TestRun:
        """See RegoEngine."""
        loaded = _Loaded(self, bundle, limits)
        try:
            loaded.start()
            return loaded.tested()
        finally:
            loaded.end()

    def worker(self, limits: Limits) -> Worker:
        """A new process."""
        return process(self._scratch, memory=limits.memory, stop=self._stop)


class _Loaded:
    """A bundle in a process, which is started anew, with what it can bear, each time that it died."""

    def __init__(self, owner: Embedded, bundle: Bundle, limits: Limits) -> None:
        self.owner = owner
        self.bundle = bundle
        self.limits = limits
        self.problems: tuple[RegoProblem, ...] = ()
        self.strict: tuple[RegoProblem, ...] = ()
        self._fatal: dict[str, RegoProblem] = {}
        self._blocked: dict[str, RegoProblem | None] = {}
        self._reach = Reach(bundle.modules)
        self._deaths: dict[str, tuple[int, RegoProblem]] = {}
        self._worker: Worker | None = None
        self._covering = False

    def start(self) -> Worker:
        """Starts the process and loads what it can bear; `problems` has the rest."""
        while True:
            worker = self._worker = self.owner.worker(self.limits)
            found: list[RegoProblem] = list(self._fatal.values())
            module: Module | None = None
            try:
                if self._covering:
                    worker.ask({"do": "covering"})
                    worker.reply(_PARSING)
                for module in self.bundle.modules:
                    if module.path not in self._fatal:
                        worker.ask({"do": "parse", "path": module.path, "text": module.text})
                        found += problems(worker.reply(_PARSING)["problems"])
                module = None
                worker.ask({"do": "ready"}, self.bundle.data)
                together = _MODULE * len(self.bundle.modules)
                told = worker.reply(_PARSING + self.limits.seconds + together)
            except Died as died:
                problem = RegoProblem(code=died.code, message=died.message, path=module.path if module else None)
                if module is None:
                    self._settled((*found, problem), ())
                    return worker
                self._fatal[module.path] = problem
                continue
            self._settled((*found, *problems(told["problems"])), problems(told["strict"]))
            return worker

    def _settled(self, found: tuple[RegoProblem, ...], strict: tuple[RegoProblem, ...]) -> None:
        self.problems, self.strict = found, strict

    def end(self) -> None:
        """Ends the process."""
        if self._worker is not None:
            self._worker.end()

    def blocked(self, query: str) -> RegoProblem | None:
        """Why a query cannot be asked: what is wrong with a module that it can touch."""
        if query not in self._blocked:
            paths = {self.bundle.modules[index].path for index in self._reach.of(query)}
            self._blocked[query] = next(
                (each for each in self.problems if each.path is None or each.path in paths), None
            )
        return self._blocked[query]

    def answers(self, index: int, content: bytes, queries: Sequence[str]) -> Iterator[Answer]:
        """What each query gives for one input."""
        given: dict[str, Answer] = {}
        open_ = []
        for query in queries:
            problem = self.blocked(query)
            deaths, last = self._deaths.get(query, (0, None))
            if problem is None and deaths >= _ENOUGH:
                problem = last
            if problem is None:
                open_.append(query)
            else:
                given[query] = Answer(input=index, query=query, problem=problem)
        while open_:
            done = 0
            for query, answer in self._ask(index, content, open_):
                given[query] = answer
                done += 1
            open_ = open_[done:]
        yield from (given[query] for query in queries)

    def _ask(self, index: int, content: bytes, queries: Sequence[str]) -> Iterator[tuple[str, Answer]]:
        """Answers up to the first query that ends the process, that one included."""
        query = queries[0]
        try:
            worker = self._worker or self.start()
            worker.ask({"do": "input", "queries": queries, "given": True}, content)
            for query in queries:
                told = worker.reply(self.limits.seconds)
                yield query, answer(index, query, told)
        except Died as died:
            self._worker = None
            problem = RegoProblem(code=died.code, message=f"{query}: {died.message}")
            self._deaths[query] = (self._deaths.get(query, (0, problem))[0] + 1, problem)
            yield query, Answer(input=index, query=query, problem=problem)

    def tested(self) -> TestRun:
        """Runs the tests one by one."""
        worker = self._worker
        if worker is None or any(each.path is None for each in self.problems):
            return TestRun(results=(), problems=self.problems)
        worker.ask({"do": "tests"})
        found = worker.reply(_PARSING)["tests"]
        worker.ask({"do": "covering"})
        worker.reply(_PARSING)
        self._covering = True
        results = tuple(self._tested(each) for each in found)
        covered: tuple[Covered, ...] = ()
        try:
            worker = self._worker or self.start()
            worker.ask({"do": "coverage"})
            covered = tuple(coverage(each) for each in worker.reply(_PARSING)["files"])
        except Died:
            covered = ()
        return TestRun(results=results, coverage=covered, problems=self.problems)

    def _tested(self, test: dict[str, Any]) -> TestResult:
        name, path, line = test["name"], test["path"], test["line"]
        if test["skip"]:
            return TestResult(name=name, path=path, line=line, outcome="skip")
        problem = self.blocked(test["query"])
        if problem is not None:
            return TestResult(name=name, path=path, line=line, outcome="error", problem=problem)
        seconds = 0.0
        try:
            worker = self._worker or self.start()
            worker.ask({"do": "input", "queries": [test["query"]], "given": False})
            told = worker.reply(self.limits.seconds)
            seconds = told.get("seconds", 0.0)
            result = answer(0, name, told)
        except Died as died:
            self._worker = None
            result = Answer(input=0, query=name, problem=RegoProblem(code=died.code, message=died.message, path=path))
        if result.problem is not None:
            return TestResult(name=name, path=path, line=line, outcome="error", seconds=seconds, problem=result.problem)
        outcome: Literal["pass", "fail"] = "pass" if result.defined and result.value is not False else "fail"
        return TestResult(name=name, path=path, line=line, outcome=outcome, seconds=seconds)


def answer(index: int, query: str, told: dict[str, Any]) -> Answer:
    """An answer of the process as ours."""
    if problem := told.get("problem"):
        return Answer(input=index, query=query, problem=msgspec.convert(problem, RegoProblem))
    return Answer(input=index, query=query, defined=told["defined"], value=told.get("value"))


def problems(told: list[dict[str, Any]]) -> tuple[RegoProblem, ...]:
    """Problems of the process as ours."""
    return tuple(msgspec.convert(each, RegoProblem) for each in told)


def coverage(told: dict[str, Any]) -> Covered:
    """What the engine covered of one file."""
    return Covered(path=told["path"], covered=tuple(told["covered"]), missed=tuple(told["not_covered"]))


def ordered(found: Sequence[RegoProblem]) -> tuple[RegoProblem, ...]:
    """Problems by place, each once."""
    key = {(each.path or "", each.line or 0, each.column or 0, each.code, each.message): each for each in found}
    return tuple(key[each] for each in sorted(key))
