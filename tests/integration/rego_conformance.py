"""OPA's own cases of conformance, put to an engine's process: which are right, which are refused, which are wrong."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from gitops_ci.system.process import Stop
from gitops_ci.system.rego_process import Died, Worker

HERE = Path(__file__).resolve().parents[2].parent
_SIMPLE = re.compile(r"(data(?:\.[\w.]+)?) = x\Z")
_ASKED = "package conformance_question\n\nimport rego.v1\n\nresults contains {%s} if { %s }\n"

Outcome = Literal["right", "refused", "wrong"]


class Case(Struct, frozen=True):
    """One case as it is published."""

    note: str
    category: str
    query: str
    modules: tuple[str, ...] = ()
    data: Any = None
    input: Any = None
    input_term: str | None = None
    want_result: Any = None
    want_error: str | None = None
    want_error_code: str | None = None
    strict_error: bool = False
    sort_bindings: bool = False


class Judged(Struct, frozen=True):
    """How one case ended, and why it was refused or what came instead."""

    case: Case
    outcome: Outcome
    detail: str = ""


def cases(folder: Path, version: str) -> tuple[Case, ...]:
    """All cases of one version (`v0`, `v1`)."""
    import msgspec

    with gzip.open(folder / f"opa-conformance-{version}.jsonl.gz", "rb") as file:
        return tuple(_plain(msgspec.json.decode(line, type=Case)) for line in file)


def _plain(case: Case) -> Case:
    """An input that is written in Rego is mostly JSON, too."""
    import msgspec

    try:
        given = json.loads(case.input_term or "")
    except ValueError:
        return case
    return msgspec.structs.replace(case, input=given, input_term=None)


def asked(case: Case) -> tuple[tuple[str, ...], str, bool]:
    """The modules, the query, and whether the query has the bindings themselves."""
    simple = _SIMPLE.match(case.query)
    if simple and case.input_term is None:
        return case.modules, simple[1], True
    names = sorted({name for binding in case.want_result or () for name in binding}) or (
        ["x"] if re.search(r"\bx\b", case.query) else []
    )
    body = case.query + (f" with input as {case.input_term}" if case.input_term is not None else "")
    question = _ASKED % (", ".join(f'"{name}": {name}' for name in names), body)
    return (*case.modules, question), "data.conformance_question.results", False


def judged(all_cases: Sequence[Case], scratch: Path) -> Iterator[Judged]:
    """Puts each case to the embedded engine."""
    worker: Worker | None = None
    for case in all_cases:
        try:
            if worker is None:
                worker = Worker(scratch, memory=2 << 30, stop=Stop())
            yield _judged(worker, case)
        except Died as died:
            yield Judged(case, "refused", f"{died.code}: {died.message}")
            worker = None
    if worker is not None:
        worker.end()


def _judged(worker: Worker, case: Case) -> Judged:
    modules, query, simple = asked(case)
    worker.ask({"do": "new"})
    worker.reply(10)
    found = []
    for index, text in enumerate(modules):
        worker.ask({"do": "parse", "path": f"module-{index}.rego", "text": text})
        found += worker.reply(10)["problems"]
    worker.ask({"do": "ready"}, json.dumps(case.data if case.data is not None else {}).encode())
    found += worker.reply(10)["problems"]
    if found:
        return failed(case, found)
    given = case.input is not None
    worker.ask({"do": "input", "queries": [query], "given": given}, json.dumps(case.input).encode() if given else None)
    told = worker.reply(10)
    if "problem" in told and told["problem"]:
        return failed(case, [told["problem"]])
    if case.want_error_code and not case.strict_error:
        return Judged(case, "wrong", f"wanted {case.want_error_code}, got {told}")
    got = ([{"x": told["value"]}] if told["defined"] else []) if simple else told.get("value", [])
    want = case.want_result if case.want_result is not None else []
    if case.sort_bindings:
        got, want = unordered(got), unordered(want)
    return Judged(case, "right" if same(got, want) else "wrong", f"{str(got)[:300]} instead of {str(want)[:300]}")


def failed(case: Case, problems: list[dict[str, Any]]) -> Judged:
    """An error where one is wanted is right; elsewhere it is no answer."""
    codes = {each["code"] for each in problems}
    right = case.want_error_code and not case.strict_error and "needs-opa" not in codes
    return Judged(
        case,
        "right" if right else "refused",
        "; ".join(f"{each['code']}: {each['message']}" for each in problems)[:300],
    )


def unordered(bindings: Any) -> Any:
    """The same with arrays sorted: what such a case wants has no order."""

    def key(value: Any) -> str:
        return json.dumps(value, sort_keys=True)

    return [
        {name: sorted(value, key=key) if isinstance(value, list) else value for name, value in each.items()}
        for each in bindings
    ]


def same(got: Any, want: Any) -> bool:
    """Equal as JSON; the bindings of a query have no order."""

    def text(value: Any) -> str:
        return json.dumps(value, sort_keys=True)

    def flat(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: flat(each) for key, each in value.items()}
        if isinstance(value, list):
            return [flat(each) for each in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return sorted(text(flat(each)) for each in got) == sorted(text(flat(each)) for each in want)
