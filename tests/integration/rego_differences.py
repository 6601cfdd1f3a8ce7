"""Policies that an engine of Rego once answered otherwise than OPA, and what OPA answers.

    PATH=/where/opa/is:$PATH python -I tests/integration/rego_differences.py

asks `opa` and writes its answers to rego_differences.json, which CI checks the embedded engine against without `opa`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gitops_ci.policy.rego.engine import Answer, Bundle, Limits, Module, RegoEngine
from gitops_ci.system import rego_opa
from gitops_ci.system.process import Stop

RECORDED = Path(__file__).with_suffix(".json")
INPUT = {
    "a": {"b": 2, "c": []},
    "g": {"k": "patch"},
    "l": ["x"],
    "n": 0,
    "o": [1, 2],
    "f": 0.1,
    "one": {"port": 80},
}
DATA = {"cfg": {"map": {"p": {"r": 1}, "80": "eighty"}, "list": ["a", "b"]}}
LIBRARIES = {
    "s.rego": 'package s\n\nimport rego.v1\n\nk := object.get(input, ["g", "k"], null)\n\nby[port] := 1 if some port in ["80"]\n',
    "l.rego": """package l

import data.s
import data.s as other
import input.g as given
import rego.v1

c := [x | some x in input.o]

f(x, v) if {
	v == null
	s.k == "patch"
}

local(s) := s.k

mixed(x) := [y | other := {"k": x}; y := other.k]

replaced := x if x := s.k with s.k as "other" with input as {"g": {given.k: 1}}
""",
}
ALIASES = r"""
r := [y | some y in data.l.c; data.l.f(y, null)]
r := [y | some y in l.c; l.f(y, null)]
r := [l.local({"k": 1}), l.mixed(2), l.replaced]
r if l.f(1, null) with s.k as "patch" with input as {}
r := [s | some s in l.c]
r := [x | x := s.by[input.one.port]]
r := [x | x := data.cfg.map[input.one.port]]
r := s.by["80"]
r contains v1 if { some v1; input.a[v1] }
r contains [v1, k] if { some v1, k; input.a[v1]; data.cfg.list[k] }
r := [x | x := f(1)]; f(x) := input.missing if { x == 1 } else := 3
r := [x | x := f(1)]; f(x) := input.missing if not x == 2 else := input.l.y if x == 1 else := 4
r := sprintf("%s", [input.missing]) if { "x" in input.l } else := 3
r := [y | y := input.l[_]; not startswith(input.missing, "x")] if { not input.n > 1 } else := [y | y := input.l[_]]
r := v if { some v in input.l } else := 9
r := {"a": input.missing, "a": 1}
r if { {1} < object.remove(input, []) }
"""
NUMBERS = r"""
r := 0.1 * 3
r := input.f * 3
r := (1 / 10) + (2 / 10) == 0.3
r := to_number("0.1") + to_number("0.2")
r := units.parse("100m") + units.parse("200m") <= 0.3
r := sum([0.1, 0.2])
r := sum([1 / 10, 2 / 10])
r := 2 / 3 * 3
r := 100 * (29 / 100)
r := floor((29 / 100) * 100)
r := count([1]) / count([1, 2, 3]) * 100
r := round(count([1]) / count([1, 2, 3]) * 100)
r := 1 / 49 * 49 == 1
r := product([1 / 7, 7])
r := sprintf("%v %.2f", [1 / 3, 10 / 3])
r := json.marshal(1 / 9)
r := sprintf("%d", [to_number("1.0")])
r := json.marshal(1.50)
r := 3 - 2.9
r := -5 % 3
r := 5.5 % 2
r := {1, 2} - {2}
r := input.l - 1
r := 1152921504606846976000 * 4 > 1152921504606846976000
r := 9223372036854775807 + 1
"""


def bundle(texts: str) -> tuple[Bundle, list[str]]:
    """The policies as a bundle, one package each, and the queries."""
    lines = texts.strip().splitlines()
    imports = "import data.l\nimport data.s\nimport rego.v1"
    modules = dict(LIBRARIES)
    for number, line in enumerate(lines):
        body = line.replace("; f(x)", "\n\nf(x)")
        modules[f"p{number}.rego"] = f"package p{number}\n\n{imports}\n\n{body}\n"
    made = Bundle(tuple(Module(path, text) for path, text in modules.items()), json.dumps(DATA).encode())
    return made, [f"data.p{number}.r" for number in range(len(lines))]


def answers(engine: RegoEngine, texts: str) -> list[Answer]:
    """What an engine answers to each."""
    made, queries = bundle(texts)
    return list(engine.evaluate(made, queries, [json.dumps(INPUT).encode()], limits=Limits(seconds=20.0)))


def told(found: Sequence[Answer]) -> list[Any]:
    """Answers as they are recorded: a list of the value, or of nothing; a problem by its code."""
    return [each.problem.code if each.problem else [each.value] if each.defined else [] for each in found]


def main() -> None:
    """Records what `opa` answers."""
    opa = shutil.which("opa", path=os.environ.get("PATH", os.defpath))
    if opa is None:
        raise SystemExit("opa is not on PATH")
    with tempfile.TemporaryDirectory() as scratch:
        engine = rego_opa.Opa(opa, scratch=Path(scratch), stop=Stop())
        recorded = {
            line: value
            for texts in (ALIASES, NUMBERS)
            for line, value in zip(texts.strip().splitlines(), told(answers(engine, texts)), strict=True)
        }
    RECORDED.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
