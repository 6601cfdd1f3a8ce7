"""`opa` on PATH as the engine of Rego: one process answers all queries for many inputs, exactly as OPA does."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from gitops_ci.errors import ToolError
from gitops_ci.model.plan import Engine, JsonValue
from gitops_ci.policy.rego.engine import Answer, Bundle, Limits, RegoProblem, TestRun
from gitops_ci.system import clean_room, process, rego_bundle, rego_opa_tests, wall
from gitops_ci.system.rego_bundle import Laid

OLDEST = (1, 0)
FORBIDDEN = ("http.send", "net.lookup_ip_addr", "opa.runtime")
"""Builtins that no policy gets: they reach the network, or the environment of the process."""
ENOUGH = 2
"""A query that could not be answered for so many inputs, for want of time or memory, is not tried for others."""

_BATCH = 500
_EACH = 0.02
"""Seconds that one query for one input may take on average before a batch of them is taken apart."""
_STARTING = 60.0
_QUERY = re.compile(r'data(\.[A-Za-z_]\w*|\["[^"\\\n]*"\])+\Z')
_UNREADABLE = RegoProblem(code="evaluation", message="the input is no JSON")
_WRAPPER = "gitops_ci_answers"


class Opa:
    """The RegoEngine that is OPA itself."""

    def __init__(self, program: str, *, scratch: Path, stop: process.Stop) -> None:
        """Raises ToolError where the program does not run or is too old."""
        self._program = program
        self._scratch = scratch = Path(tempfile.mkdtemp(dir=scratch, prefix="opa-"))
        self._stop = stop
        # What needs the network anyway (a schema that refers to one) finds none where namespaces are not permitted.
        nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
        self._env = {"PATH": os.defpath, "HOME": str(scratch), "TMPDIR": str(scratch), "LC_ALL": "C.UTF-8", **nowhere}
        self.engine = Engine(name="opa", version=self._version(), source="path")
        self._capabilities = self._restricted()

    def _version(self) -> str:
        # `opa version` has no machine format; the capabilities of an `eval` have none of the version either: Rego has.
        done = self.run("eval", "--format=json", "opa.runtime().version")
        try:
            version = str(msgspec.json.decode(done.stdout)["result"][0]["expressions"][0]["value"])
        except (msgspec.DecodeError, KeyError, IndexError, TypeError):
            words = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-300:]
            raise ToolError(f"{self._program} does not run: {words or f'exit code {done.returncode}'}") from None
        if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST:
            raise ToolError(f"opa {version} ({self._program}) is too old", hint="install opa 1.0 or later")
        return version

    def _restricted(self) -> Path:
        """What this opa can do but for FORBIDDEN, as the file that `--capabilities` wants."""
        told = msgspec.json.decode(self.run("capabilities", "--current").stdout)
        told["builtins"] = [each for each in told["builtins"] if each["name"] not in FORBIDDEN]
        told["allow_net"] = []
        number, name = tempfile.mkstemp(dir=self._scratch, prefix="opa-", suffix=".json")
        with os.fdopen(number, "wb") as file:
            file.write(msgspec.json.encode(told))
        return Path(name)

    def run(
        self, *arguments: str, cwd: Path | None = None, seconds: float = _STARTING, memory: int = Limits().memory
    ) -> process.Completed:
        """Runs opa in the clean room, without network."""
        around = wall.around(wall.Room(programs=(Path(self._program),), reads=(self._scratch,)))
        command = (*clean_room.prefix(offline=True, memory=memory), *around, self._program, *arguments)
        return process.run(command, cwd=cwd or self._scratch, env=self._env, timeout=seconds, stop=self._stop)

    def checked(self, folder: Path, *arguments: str) -> list[JsonValue]:
        """The errors that `opa check` finds."""
        done = self.run("check", "--format=json", "--max-errors=100000", *arguments, cwd=folder)
        if done.returncode == 0:
            return []
        for output in (done.stderr, done.stdout):  # it says errors on either
            try:
                errors: list[JsonValue] = msgspec.json.decode(output)["errors"]
            except (msgspec.DecodeError, KeyError, TypeError):
                continue
            return errors
        words = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-300:]
        return [{"code": "crashed", "message": f"opa check ended with exit code {done.returncode}: {words}"}]

    @property
    def capabilities(self) -> str:
        """The option that takes FORBIDDEN away."""
        return f"--capabilities={self._capabilities}"

    def check(self, bundle: Bundle) -> tuple[RegoProblem, ...]:
        """See RegoEngine."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            laid = rego_bundle.laid(self, bundle, Path(folder))
            return rego_bundle.strict(self, laid)

    def evaluate(
        self, bundle: Bundle, queries: Sequence[str], inputs: Sequence[bytes], *, limits: Limits
    ) -> Iterator[Answer]:
        """See RegoEngine."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            laid = rego_bundle.laid(self, bundle, Path(folder))
            asking = _Asking(self, laid, queries, limits)
            for begin in range(0, len(inputs), _BATCH):
                yield from asking.answers(begin, inputs[begin : begin + _BATCH])

    def test(self, bundle: Bundle, *, limits: Limits) -> TestRun:
        """See RegoEngine."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            return rego_opa_tests.run(self, rego_bundle.laid(self, bundle, Path(folder)), limits)


class _Asking:
    """Queries put to one bundle, batch by batch."""

    def __init__(self, opa: Opa, laid: Laid, queries: Sequence[str], limits: Limits) -> None:
        self._opa = opa
        self._laid = laid
        self._queries = queries
        self._limits = limits
        self._blocked = {query: laid.blocked(query) or _unusable(query) for query in queries}
        self._open = [number for number, query in enumerate(queries) if self._blocked[query] is None]
        self._given_up: dict[int, tuple[int, RegoProblem]] = {}
        self._write_wrapper()

    def _write_wrapper(self) -> None:
        rules = [f"q{number} := {self._queries[number]}\n" for number in self._open]
        self._laid.add("wrapper.rego", f"package {_WRAPPER}\n\n{''.join(rules)}")

    def answers(self, begin: int, inputs: Sequence[bytes]) -> Iterator[Answer]:
        """What each query gives for each of these inputs."""
        files = []
        for number, content in enumerate(inputs):
            files.append(f"input-{number}.json")
            (self._laid.place / files[-1]).write_bytes(content)
        # opa reads YAML, too, and takes what is no JSON for a text.
        readable = [file for file, content in zip(files, inputs, strict=True) if _is_json(content)]
        known = self._together(readable) if readable else {}
        for number, file in enumerate(files):
            for asked, query in enumerate(self._queries):
                problem = self._blocked[query]
                if problem is not None:
                    yield Answer(input=begin + number, query=query, problem=problem)
                    continue
                found = known.get((file, asked), _UNREADABLE)
                if isinstance(found, RegoProblem):
                    yield Answer(input=begin + number, query=query, problem=found)
                else:
                    yield Answer(input=begin + number, query=query, defined=bool(found), value=next(iter(found), None))

    def _together(self, files: Sequence[str]) -> dict[tuple[str, int], tuple[JsonValue, ...] | RegoProblem]:
        """All open queries for all files; what fails is asked again, query by query, so that the rest is kept."""
        known: dict[tuple[str, int], tuple[JsonValue, ...] | RegoProblem] = {}
        if not self._open:
            return known
        told = self._exec(files, _WRAPPER, len(self._open))
        again = []
        for file in files:
            result = told if isinstance(told, RegoProblem) else told[file]
            if isinstance(result, RegoProblem):
                again.append(file)
                continue
            for number in self._open:
                known[file, number] = (result[0][f"q{number}"],) if f"q{number}" in result[0] else ()
        for number in self._open if again else ():
            for file, result in self._alone(again, number).items():
                known[file, number] = result
        return known

    def _alone(self, files: Sequence[str], number: int) -> dict[str, tuple[JsonValue, ...] | RegoProblem]:
        decision = f"{_WRAPPER}/q{number}"
        if len(files) > 1:
            told = self._exec(files, decision, 1)
            if not isinstance(told, RegoProblem):
                return told
        known: dict[str, tuple[JsonValue, ...] | RegoProblem] = {}
        for file in files:
            failures, last = self._given_up.get(number, (0, None))
            if last is not None and failures >= ENOUGH:
                known[file] = last
                continue
            alone = self._exec([file], decision, 0)
            if isinstance(alone, RegoProblem):
                self._given_up[number] = (failures + 1, alone)
                known[file] = alone
            else:
                known[file] = alone[file]
        return known

    def _exec(
        self, files: Sequence[str], decision: str, queries: int
    ) -> dict[str, tuple[JsonValue, ...] | RegoProblem] | RegoProblem:
        """What `opa exec` decides for each file (empty: undefined); one problem where it has no answer for any."""
        seconds = self._limits.seconds + _EACH * len(files) * queries
        arguments = ("exec", "--format=json", "--bundle=bundle", f"--decision={decision}", *files)
        done = self._opa.run(*arguments, cwd=self._laid.place, seconds=seconds, memory=self._limits.memory)
        try:
            results = msgspec.json.decode(done.stdout)["result"]
        except (msgspec.DecodeError, KeyError, TypeError):
            return _failure(done, seconds)
        return {each["path"]: self._result(each) for each in results}

    def _result(self, told: JsonValue) -> tuple[JsonValue, ...] | RegoProblem:
        error = told.get("error")
        if error is None:
            return (told["result"],)
        if isinstance(error, dict) and error.get("code") == "opa_undefined_error":
            return ()
        if not isinstance(error, dict):
            error = {"message": str(error)}
        return self._laid.problem({**error, "code": "evaluation"})


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _unusable(query: str) -> RegoProblem | None:
    return None if _QUERY.match(query) else RegoProblem(code="evaluation", message=f"{query[:200]}: not a rule's name")


def _failure(done: process.Completed, seconds: float) -> RegoProblem:
    words = done.stderr.decode("utf-8", "replace").strip()
    if done.ending == "timeout":
        return RegoProblem(code="timeout", message=f"no answer after {seconds:g} s")
    if "out of memory" in words or "cannot allocate memory" in words or done.returncode in (137, -9):
        return RegoProblem(code="memory", message="more memory was needed than is allowed")
    return RegoProblem(code="crashed", message=f"opa ended with exit code {done.returncode}: {words[:300]}")
