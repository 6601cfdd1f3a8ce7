"""The embedded engine of Rego in a process of its own: `python -I rego_worker.py` reads requests and writes replies.

Both are frames: a length of eight bytes, then JSON. What the engine cannot survive (a loop, a recursion without end)
ends this process, not gitops-ci.
"""

from __future__ import annotations

import contextlib
import re
import struct
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import msgspec

from gitops_ci.policy.rego import rewriting, rewriting_guards  # found by the line above
from gitops_ci.policy.rego.rewriting_calls import Manner
from gitops_ci.policy.rego.rewriting_numbers import Numbers, literals
from gitops_ci.policy.rego.rewriting_sprintf import Untrusted

_LENGTH = struct.Struct(">Q")
_UNDEFINED = '"<undefined>"'
"""What the engine says for no value; a text may be the same, so it is asked again in the other way."""
_LARGE = re.compile(rb"\d{19}|\d[eE]\+?\d")
_GUARDED_AT_MOST = 200
"""Calls of builtins that may fail while one query is answered."""


class Policies:
    """The modules of one bundle, as the engine has them."""

    def __init__(self) -> None:
        import regorus

        self._new = regorus.Engine
        self._modules: dict[str, rewriting.Rewritten] = {}
        self._good: dict[str, rewriting.Rewritten] = {}
        self._guards: dict[str, rewriting_guards.Guard] = {}
        self._rules: frozenset[str] = frozenset()
        self._manner = Manner()
        self._numbers = Numbers()
        self._data = "{}"
        self._unusual: dict[str, Any] | None = None
        self._input: str | None = None
        self._covered: dict[str, tuple[set[int], set[int]]] | None = None
        self._engine = regorus.Engine()

    def parse(self, path: str, text: str) -> dict[str, Any]:
        """Reads one module: v1 where it is v1, else v0. Replies with its problems."""
        read = rewriting.module(self._new, path, text)
        self._modules[path] = read
        return {"problems": read.problems}

    def ready(self, data: str) -> dict[str, Any]:
        """Puts the modules together with data, and replies with what is wrong with them as a whole."""
        problems, strict = rewriting.bundle(tuple(self._modules.values()))
        wrong = {problem["path"] for problem in problems}
        self._data = data
        self._good = {
            path: module for path, module in self._modules.items() if path not in wrong and not module.problems
        }
        problems += self._rewrite(data)
        while problem := self._build():
            problems.append(problem)
            if self._good.pop(problem.get("path", ""), None) is None:
                break
        return {"problems": problems, "strict": strict}

    def _rewrite(self, data: str) -> list[dict[str, Any]]:
        """Rewrites the good modules as the whole bundle needs it."""
        modules = self._good.values()
        try:
            calculated = self._numbers.read(data) or any(module.fractions for module in modules)
        except Untrusted as error:
            return [{"code": "needs-opa", "message": f"{error}, in data"}]
        for text in sorted({text for module in modules for text in literals(module.tree)}):
            with contextlib.suppress(Untrusted):  # told with its place by the module's own problems
                self._numbers.note(text)
        self._numbers.keep()
        self._manner = Manner(calculated=calculated, rules=frozenset().union(*(module.rules for module in modules)))
        self._good = {path: rewriting.again(module, self._manner) for path, module in self._good.items()}
        return []

    def _build(self) -> dict[str, Any] | None:
        """A new engine with the good modules; the problem of the first that does not compile."""
        engine = self._new()
        engine.set_gather_prints(True)
        for guard in self._guards.values():
            rewriting_guards.add(engine, guard, self._new)
        rewriting_guards.replace(engine, self._numbers, self._new)
        try:
            for path, module in self._good.items():
                engine.set_rego_v0(module.version == 0)
                engine.add_policy(path, module.text)
            engine.add_data_json(self._data)
            engine.eval_query("data.gitops_ci_nothing")  # compiles all modules
        except (RuntimeError, ValueError) as error:
            return rewriting.problem(str(error), "needs-opa")
        if self._covered is not None:
            engine.set_enable_coverage(True)
        if self._input is not None:
            engine.set_input_json(self._input)
        self._engine = engine
        self._rules = frozenset(name for module in self._good.values() for name in module.names)
        return None

    def value(self, query: str) -> dict[str, Any]:
        """The value of one query for the input that was set."""
        if self._unusual is not None:
            return {"problem": self._unusual}
        for _ in range(_GUARDED_AT_MOST):
            try:
                found = self._asked(query)
                if self._numbers.large and _LARGE.search(msgspec.json.encode(found)):
                    message = f"{query}: a number of more than 64 bits, which OPA prints otherwise"
                    return {"problem": {"code": "needs-opa", "message": message}}
                return found
            except (RuntimeError, ValueError) as error:
                problem = rewriting.problem(str(error), "needs-opa")
                if not self._guard(problem):
                    return {"problem": rewriting.judged(problem)}
        return {"problem": {"code": "needs-opa", "message": f"{query}: too many calls of builtins fail"}}

    def _asked(self, query: str) -> dict[str, Any]:
        if query in self._rules:  # the faster way, which knows rules only
            value = self._engine.eval_rule_as_json(query)
            if value != _UNDEFINED:
                return {"defined": True, "value": msgspec.Raw(value.encode())}
        result = msgspec.json.decode(self._engine.eval_query_as_json(query)).get("result")
        if not result:
            return {"defined": False}
        return {"defined": True, "value": result[0]["expressions"][0]["value"]}

    def _guard(self, problem: dict[str, Any]) -> bool:
        """Guards the call that failed; whether there was one, and it was not guarded already."""
        module = self._good.get(problem.get("path", ""))
        if module is None:
            return False
        if rewriting.SETS in problem["message"] and not module.manner.members:
            manner = msgspec.structs.replace(module.manner, members=True)
            self._good[module.path] = rewriting.again(module, manner)
            self._note_coverage()
            return self._build() is None
        if problem["message"] == "not an i64" and module.manner.calculated and not module.manner.large:
            manner = msgspec.structs.replace(module.manner, large=True)
            self._good[module.path] = rewriting.again(module, manner)
            self._note_coverage()
            return self._build() is None
        made = rewriting_guards.guarded(self._new, module, problem)
        if made is None or any(made[2] in each.mocked for each in self._good.values()):
            return False
        module, guard, _ = made
        before = self._good[module.path]
        self._good[module.path] = module
        self._guards[guard[0]] = guard
        self._note_coverage()
        if self._build() is None:
            return True
        self._good[module.path] = before
        self._build()
        return False

    def input(self, text: str) -> dict[str, Any] | None:
        """Sets the input, or says why it cannot be."""
        try:
            self._engine.set_input_json(text)
        except (RuntimeError, ValueError):
            return {"code": "evaluation", "message": "the input is no JSON that the embedded engine can read"}
        self._input = text
        self._unusual = None
        self._numbers.forget()
        try:
            fractions = self._numbers.read(text)
        except Untrusted as error:
            self._unusual = {"code": "needs-opa", "message": f"{error}, in the input"}
            return None
        if fractions and not self._manner.calculated:
            self._manner = msgspec.structs.replace(self._manner, calculated=True)
            self._good = {path: rewriting.again(module, self._manner) for path, module in self._good.items()}
            self._note_coverage()
            self._build()
        return None

    def tests(self) -> dict[str, Any]:
        """The tests of all modules: name, path, line."""
        return {"tests": [each for module in self._modules.values() for each in module.tests]}

    def covering(self) -> dict[str, Any]:
        """Starts to note the lines that are gone through."""
        self._covered = {}
        self._engine.set_enable_coverage(True)
        return {}

    def _note_coverage(self) -> None:
        if self._covered is None:
            return
        for told in msgspec.json.decode(self._engine.get_coverage_report_as_json())["files"]:
            covered, missed = self._covered.setdefault(told["path"], (set(), set()))
            covered.update(told["covered"])
            missed.update(told["not_covered"])

    def coverage(self) -> dict[str, Any]:
        """The lines that were gone through."""
        self._note_coverage()
        files = [
            {"path": path, "covered": sorted(covered), "not_covered": sorted(missed - covered)}
            for path, (covered, missed) in sorted((self._covered or {}).items())
        ]
        return {"files": files}


def main() -> int:
    """Replies to each request until there are no more."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    policies = Policies()
    send(replies, {})
    while (request := receive(requests)) is not None:
        asked = msgspec.json.decode(request)
        match asked["do"]:
            case "input":
                unusable = policies.input((receive(requests) or b"").decode()) if asked["given"] else None
                for query in asked["queries"]:
                    send(replies, {"problem": unusable} if unusable else timed(policies, query))
            case "new":
                policies = Policies()
                send(replies, {})
            case "ready":
                send(replies, policies.ready((receive(requests) or b"").decode()))
            case "parse":
                send(replies, policies.parse(asked["path"], asked["text"]))
            case name:
                send(replies, getattr(policies, name)())
    return 0


def timed(policies: Policies, query: str) -> dict[str, Any]:
    """An answer and the seconds that it took."""
    begin = time.perf_counter()
    answer = policies.value(query)
    return {**answer, "seconds": time.perf_counter() - begin}


def receive(stream: BinaryIO) -> bytes | None:
    """The next frame; None at the end."""
    head = stream.read(_LENGTH.size)
    return stream.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else None


def send(stream: BinaryIO, reply: dict[str, Any]) -> None:
    """Writes one frame at once."""
    content = msgspec.json.encode(reply)
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
