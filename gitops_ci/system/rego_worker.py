"""The embedded engine of Rego in a process of its own: `python -I rego_worker.py` reads requests and writes replies.

Both are frames: a length of eight bytes, then JSON. What the engine cannot survive (a loop, a recursion without end)
ends this process, not gitops-ci.
"""

from __future__ import annotations

import struct
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gitops_ci.policy.rego import rewriting  # found by the line above

_LENGTH = struct.Struct(">Q")


class Policies:
    """The modules of one bundle, as the engine has them."""

    def __init__(self) -> None:
        import regorus

        self._new = regorus.Engine
        self._modules: dict[str, rewriting.Rewritten] = {}
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
        self._engine.set_gather_prints(True)
        for path, module in self._modules.items():
            if path not in wrong and not module.problems:
                self._engine.set_rego_v0(module.version == 0)
                self._engine.add_policy(path, module.text)
        try:
            self._engine.add_data_json(data)
        except (RuntimeError, ValueError) as error:
            problems.append(rewriting.problem(str(error), "evaluation"))
        return {"problems": problems, "strict": strict}

    def value(self, query: str) -> dict[str, Any]:
        """The value of one query for the input that was set."""
        try:
            result = msgspec.json.decode(self._engine.eval_query_as_json(query)).get("result")
        except (RuntimeError, ValueError) as error:
            return {"problem": rewriting.problem(str(error), "evaluation")}
        if not result:
            return {"defined": False}
        return {"defined": True, "value": result[0]["expressions"][0]["value"]}

    def input(self, text: str) -> dict[str, Any] | None:
        """Sets the input, or says why it cannot be."""
        try:
            self._engine.set_input_json(text)
        except (RuntimeError, ValueError) as error:
            return rewriting.problem(str(error), "evaluation")
        return None

    def tests(self) -> dict[str, Any]:
        """The tests of all modules: name, path, line."""
        return {"tests": [each for module in self._modules.values() for each in module.tests]}

    def covering(self) -> dict[str, Any]:
        """Starts to note the lines that are gone through."""
        self._engine.set_enable_coverage(True)
        return {}

    def coverage(self) -> dict[str, Any]:
        """The lines that were gone through."""
        return {"files": msgspec.json.decode(self._engine.get_coverage_report_as_json())["files"]}


def main() -> int:
    """Replies to each request until there are no more."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    policies = Policies()
    while (request := receive(requests)) is not None:
        asked = msgspec.json.decode(request)
        match asked["do"]:
            case "input":
                unusable = policies.input((receive(requests) or b"").decode()) if asked["given"] else None
                for query in asked["queries"]:
                    send(replies, {"problem": unusable} if unusable else timed(policies, query))
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
