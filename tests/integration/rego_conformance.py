"""OPA's own cases of conformance, put to the embedded engine: which are right, which are refused, which are wrong.

`python -I tests/integration/rego_conformance.py` writes the table of docs/rego.md anew.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from gitops_ci.system.process import Stop
from gitops_ci.system.rego_embedded import process
from gitops_ci.system.worker import Died, Worker

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
    with gzip.open(folder / f"opa-conformance-{version}.jsonl.gz", "rb") as file:
        return tuple(_plain(msgspec.json.decode(line, type=Case)) for line in file)


def _plain(case: Case) -> Case:
    """An input that is written in Rego is mostly JSON, too."""
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
                worker = process(scratch, memory=2 << 30, stop=Stop())
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
    if told.get("problem"):
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


PAGE = Path(__file__).resolve().parents[2] / "docs/rego.md"
BEGIN, END = "<!-- conformance: begin -->\n", "<!-- conformance: end -->\n"
BEYOND = re.compile(
    r"crypto|jwt|graphql|providers|net(?!ed)|rego(?:meta|parse)|http|keywordrefs|stringinterpolation|rendertemplate"
    r"|planner|jsonschema|urlbuiltins|globsmatch|uuid"
)
"""Categories of what few policies use; the others are the core."""


def folder() -> Path | None:
    """Where the cases are: beside this checkout, or beside the one that a worktree belongs to."""
    return next((each / "shared/data/rego" for each in PAGE.parents if (each / "shared/data/rego").is_dir()), None)


def table(all_judged: Sequence[Judged]) -> str:
    """The results by category, as the page has them; categories without a refusal are told together."""
    counts: dict[str, dict[str, int]] = {}
    for each in all_judged:
        row = counts.setdefault(each.case.category, {"right": 0, "refused": 0, "wrong": 0})
        row[each.outcome] += 1
    lines = ["| category | cases | right | refused | wrong and silent |", "|---|--:|--:|--:|--:|"]

    def line(name: str, rows: Sequence[dict[str, int]]) -> str:
        right, refused, wrong = (sum(row[key] for row in rows) for key in ("right", "refused", "wrong"))
        return f"| {name} | {right + refused + wrong} | {right} | {refused} | {wrong} |"

    lines.append(line("**all**", list(counts.values())))
    lines.append(line("**core**", [row for name, row in counts.items() if not BEYOND.match(name)]))
    whole = [name for name, row in counts.items() if not row["refused"] and not row["wrong"]]
    lines.append(line(f"{len(whole)} categories with nothing refused", [counts[name] for name in whole]))
    lines += [line(name, [counts[name]]) for name in sorted(counts) if name not in whole]
    return "\n".join(lines) + "\n"


def everything(scratch: Path) -> list[Judged]:
    """Both versions' cases, judged."""
    found = folder()
    assert found is not None, "shared/data/rego is not there"
    return [each for version in ("v1", "v0") for each in judged(cases(found, version), scratch)]


def main() -> None:
    """Writes the table."""
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        new = table(everything(Path(scratch)))
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(before + BEGIN + new + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
