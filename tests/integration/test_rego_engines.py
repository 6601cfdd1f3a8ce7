"""Both engines of Rego behind their Protocol: what is asked of one is asked of the other; what is not there is skipped."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.policy.rego.engine import Answer, Bundle, Limits, Module, RegoEngine
from gitops_ci.system import rego, rego_opa
from gitops_ci.system.process import Stop

OPA = shutil.which("opa")
LIMITS = Limits(seconds=5.0)
needs_opa = pytest.mark.skipif(OPA is None, reason="opa is not on PATH")
needs_embedded = pytest.mark.skipif(
    importlib.util.find_spec("regorus") is None, reason="gordon-to-regorus is not installed"
)


def opa(scratch: Path) -> RegoEngine:
    assert OPA is not None
    return rego_opa.Opa(OPA, scratch=scratch, stop=Stop())


@pytest.fixture
def embedded(tmp_path: Path) -> RegoEngine:
    return rego.embedded(scratch=tmp_path, stop=Stop())


@pytest.fixture(params=[pytest.param("opa", marks=needs_opa), pytest.param("embedded", marks=needs_embedded)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> RegoEngine:
    return opa(tmp_path) if request.param == "opa" else rego.embedded(scratch=tmp_path, stop=Stop())


def bundle(modules: Mapping[str, str], data: Any = None) -> Bundle:
    return Bundle(tuple(Module(path, text) for path, text in modules.items()), json.dumps(data or {}).encode())


def asked(engine: RegoEngine, given: Bundle, *queries: str, inputs: tuple[Any, ...] = ({},)) -> list[Answer]:
    return list(engine.evaluate(given, queries, [json.dumps(each).encode() for each in inputs], limits=LIMITS))


V0 = "package old\n\ndeny[msg] { msg := input.names[_] }\n"
V1 = "package new\n\nimport data.old\n\ndeny contains msg if some msg in old.deny\n\nallow if count(deny) == 0\n"


def test_both_syntaxes_know_each_other_and_answers_come_in_order(engine: RegoEngine) -> None:
    given = bundle({"p/old.rego": V0, "p/new.rego": V1})
    answers = asked(engine, given, "data.new.deny", "data.new.allow", inputs=({"names": ["a", "b"]}, {"names": []}))
    assert [(each.input, each.query, each.defined, each.value) for each in answers] == [
        (0, "data.new.deny", True, ["a", "b"]),
        (0, "data.new.allow", False, None),
        (1, "data.new.deny", True, []),
        (1, "data.new.allow", True, True),
    ]


def test_a_module_that_is_wrong_silences_only_who_touches_it(engine: RegoEngine) -> None:
    given = bundle(
        {
            "bad.rego": "package bad\n\nx if {\n",
            "uses.rego": "package uses\n\nimport data.bad\n\ny if bad.x\n",
            "good.rego": "package good\n\ny := 1\n",
        }
    )
    bad, uses, good = asked(engine, given, "data.bad.x", "data.uses.y", "data.good.y")
    assert good.value == 1
    for each in (bad, uses):
        assert each.problem is not None
        assert (each.problem.code, each.problem.path) == ("syntax", "bad.rego")
        assert each.problem.line is not None
    assert [each.path for each in engine.check(given) if each.code == "syntax"] == ["bad.rego"]


def test_a_recursion_is_found_before_anything_runs(engine: RegoEngine) -> None:
    given = bundle({"r.rego": "package r\n\nf(x) := f(x)\n\ny := f(1)\n", "ok.rego": "package ok\n\ny := 1\n"})
    wrong, right = asked(engine, given, "data.r.y", "data.ok.y")
    assert wrong.problem is not None
    assert wrong.problem.code == "compile"
    assert "recursive" in wrong.problem.message
    assert right.value == 1


LOOP = "package loop\n\nx if count([1 | numbers.range(1, 30000)[_]; numbers.range(1, 30000)[_]]) > 1\n"


def test_a_loop_is_ended_and_the_rest_is_answered(engine: RegoEngine) -> None:
    given = bundle({"loop.rego": LOOP, "ok.rego": "package ok\n\ny := input.n\n"})
    limits = Limits(seconds=1.0)
    inputs = [json.dumps({"n": number}).encode() for number in range(5)]
    begin = time.monotonic()
    answers = list(engine.evaluate(given, ["data.loop.x", "data.ok.y"], inputs, limits=limits))
    assert time.monotonic() - begin < 20
    assert [each.value for each in answers if each.query == "data.ok.y"] == list(range(5))
    codes = [each.problem.code for each in answers if each.query == "data.loop.x" and each.problem]
    assert codes == ["timeout"] * 5


@needs_embedded
def test_memory_is_limited(embedded: RegoEngine) -> None:
    text = 'package big\n\nx := concat("", [y | some i in numbers.range(1, 3000000); y := sprintf("%d", [i])])\n'
    answers = list(
        embedded.evaluate(
            bundle({"big.rego": text, "ok.rego": "package ok\n\ny := 1\n"}),
            ["data.big.x", "data.ok.y"],
            [b"{}"],
            limits=Limits(seconds=60.0, memory=200 << 20),
        )
    )
    assert answers[0].problem is not None
    assert answers[0].problem.code in ("memory", "crashed")
    assert answers[1].value == 1


@pytest.mark.parametrize(
    "call", ['http.send({"method": "get", "url": "http://x"})', 'net.lookup_ip_addr("x")', "opa.runtime()"]
)
def test_the_network_and_the_environment_are_given_to_nobody(engine: RegoEngine, call: str) -> None:
    given = bundle({"n.rego": f"package n\n\nx := {call}\n", "ok.rego": "package ok\n\ny := 1\n"})
    no, yes = asked(engine, given, "data.n.x", "data.ok.y")
    assert no.problem is not None
    assert (no.problem.code, no.problem.path, no.problem.line) == ("compile", "n.rego", 3)
    assert "no network" in no.problem.message or "no policy is" in no.problem.message
    assert yes.value == 1


def test_a_conflict_is_told_without_the_values(engine: RegoEngine) -> None:
    text = 'package c\n\nx := input.secret\n\nx := "other" if input.both\n'
    right, wrong = asked(
        engine, bundle({"c.rego": text}), "data.c.x", inputs=({"secret": "s3cr3t"}, {"secret": "s3cr3t", "both": True})
    )
    assert right.value == "s3cr3t"
    assert wrong.problem is not None
    assert (wrong.problem.code, wrong.problem.path) == ("evaluation", "c.rego")
    assert "s3cr3t" not in wrong.problem.message


def test_ten_megabytes_of_input(engine: RegoEngine) -> None:
    text = "package big\n\nx := count(input.items)\n\ny contains i.n if { some i in input.items; i.n > 99998 }\n"
    items = [{"n": number, "text": "x" * 80} for number in range(100_000)]
    counted, found = asked(engine, bundle({"big.rego": text}), "data.big.x", "data.big.y", inputs=({"items": items},))
    assert (counted.value, found.value) == (100_000, [99_999])


def test_data_is_there(engine: RegoEngine) -> None:
    (answer,) = asked(
        engine, bundle({"d.rego": "package d\n\nx := data.limits.cpu\n"}, {"limits": {"cpu": 4}}), "data.d.x"
    )
    assert answer.value == 4


TESTS = """package t

allow if input.ok

test_allow if allow with input as {"ok": true}

test_wrong if allow with input as {"ok": false}

todo_test_later if false

test_allow if not allow with input as {}
"""


def test_tests_run_with_coverage(engine: RegoEngine) -> None:
    run = engine.test(bundle({"t.rego": TESTS}), limits=LIMITS)
    assert {each.name: each.outcome for each in run.results} == {
        "data.t.test_allow": "pass",
        "data.t.test_wrong": "fail",
        "data.t.todo_test_later": "skip",
        "data.t.test_allow#01": "pass",
    }
    assert {each.line for each in run.results if each.path == "t.rego"} == {5, 7, 9, 11}
    (covered,) = run.coverage
    assert {3, 5} <= set(covered.covered)
    assert 9 in covered.missed


def test_problems_of_a_whole_bundle(engine: RegoEngine) -> None:
    given = bundle(
        {
            "a.rego": "package a\n\ndefault x := 1\n\ndefault x := 2\n",
            "b.rego": "package b\n\ny := nothing_like_it(1)\n",
            "c.rego": "package c\n\nz if input.x == unsafe\n",
        }
    )
    found = {(each.path, each.line) for each in engine.check(given) if each.code == "compile"}
    found |= {(each.path, each.line) for each in engine.check(given) if each.code == "needs-opa"}
    assert {path for path, _ in found} <= {"a.rego", "b.rego", "c.rego"}
    answers = asked(engine, given, "data.a.x", "data.b.y", "data.c.z")
    assert all(each.problem is not None for each in answers)


def test_an_input_that_is_no_json_is_a_problem_of_it(engine: RegoEngine) -> None:
    given = bundle({"x.rego": "package x\n\ny := input\n"})
    answers = list(engine.evaluate(given, ["data.x.y"], [b"not json", b"", b'{"a": 1}'], limits=LIMITS))
    assert [each.problem is not None for each in answers] == [True, True, False]
    assert answers[2].value == {"a": 1}


def test_a_check_goes_on_beside_a_module_that_cannot_be_read(engine: RegoEngine) -> None:
    given = bundle({"bad.rego": "", "u.rego": "package u\n\nx if input.x == y\n"})
    found = {(each.path, each.code) for each in engine.check(given)}
    assert found == {("bad.rego", "syntax"), ("u.rego", "compile")}


@needs_embedded
def test_what_the_embedded_engine_lacks_is_told_with_its_place(embedded: RegoEngine) -> None:
    given = bundle({"p/x.rego": 'package x\n\nok := 1\n\ny := crypto.sha256("a")\n'})
    (problem,) = embedded.check(given)
    assert (problem.code, problem.path, problem.line) == ("needs-opa", "p/x.rego", 5)
    assert "crypto.sha256" in problem.message


@needs_embedded
def test_a_module_that_takes_too_long_to_read_is_a_problem_of_it(embedded: RegoEngine) -> None:
    nested = "package n\n\nx := " + "[" * 60 + "]" * 60 + "\n"
    slow, fine = asked(
        embedded, bundle({"n.rego": nested, "ok.rego": "package ok\n\ny := 1\n"}), "data.n.x", "data.ok.y"
    )
    assert slow.problem is not None or slow.defined
    assert fine.value == 1


@needs_opa
def test_opa_in_the_repository_is_never_started(tmp_path: Path) -> None:
    planted = tmp_path / "repository/bin/opa"
    planted.parent.mkdir(parents=True)
    planted.write_text("#!/bin/sh\ntouch ../started\n")
    planted.chmod(0o755)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = f"{planted.parent}{os.pathsep}{Path(str(OPA)).parent}"
    found = rego.engine({"PATH": path}, repository=tmp_path / "repository", scratch=scratch, stop=Stop())
    assert found.engine.name == "opa"
    assert not list(tmp_path.rglob("started"))


INPUT = {
    "a": {"b": 1},
    "l": [1, 2, 3],
    "o": {"k1": "v1", "k2": "v2"},
    "f": False,
    "n": None,
    "s": "hello",
    "c": [{"name": "a", "image": "x:1", "sec": {"p": True}}, {"name": "b", "image": "z", "sec": {}}, {"name": "c"}],
}
TRICKY = r"""
r if not startswith(input.missing, "a")
r if not input.missing == 1
r if not input.missing != 1
r if not 1 > input.missing
r if not count(input.missing) == 0
r if not input.missing in {"a"}
r if not "z" in input.l
r if not data.cfg[input.missing]
r if not input.o[lower(input.missing)]
r if not {"a": input.missing}.a
r if not [input.missing] == [1]
r if not contains(lower(input.missing), "z") with input as {"missing": "Z"}
r if not (input.missing == 1)
r if every x in input.missing { x > 0 }
r if every x in input.l { not x > input.missing }
r contains c.name if { some c in input.c; not c.sec.p == true }
r contains c.name if { some c in input.c; not endswith(c.image, ":1") }
r := [x | x := [input.missing, 1]]
r := x if { x := input.missing } else := 5
r := {p: v | [p, v] := walk(input.a)}
r := [y | x := ["1", "a", "2"][_]; y := to_number(x)]
r := [y | x := [0, 1, 2][_]; y := 10 / x]
r contains x if { some x in ["a", 1, null]; not startswith(x, "b") }
r if not 1 / 0 == 1
r := [regex.match(`\d`, "٣"), regex.match(`^\w$`, "é"), regex.match(`[a&&b]`, "&"), regex.match(`[[a]]`, "[]")]
r := sprintf("%s %d %v %v %v", [1, "a", set(), {"b", "a"}, 1234567.5])
r := sprintf("%5s|%-5s|%05d|%x|%q|%t|%.2f|%f", ["a", "b", 42, "hi", "c\"", true, 1.239, 2])
r := sprintf("%s %s", ["a"])
r := sprintf("%s", ["a", [null, true, 1.5, "\u0001"]])
r := json.marshal({"a": "<b>&"})
r := [strings.count("aaaa", "aa"), urlquery.encode("a*b"), indexof("abc", "b")]
r := [json.is_valid(input.a), yaml.is_valid(input.l), net.cidr_is_valid(input.f)]
r := [1 | indexof("abc", "")]
r := [1 | substring("abc", 1.5, 1)]
r := units.parse_bytes("10MiB")
r := time.parse_rfc3339_ns("2020-01-01T00:00:00.5+02:00")
r := [5 / 2, 7 % 3, {1, 2} - {2}, 1e3 + 1]
r := object.get(input, ["a", "zz"], "d")
r := sort(["b", "a", 1, null, [1]])
"""


@needs_opa
@needs_embedded
def test_tricky_policies_mean_the_same_to_both(embedded: RegoEngine, tmp_path: Path) -> None:
    texts = TRICKY.strip().splitlines()
    given = bundle(
        {f"p{n}.rego": f"package p{n}\n\nimport rego.v1\n\n{text}\n" for n, text in enumerate(texts)}, {"cfg": {"x": 1}}
    )
    queries = [f"data.p{number}.r" for number in range(len(texts))]
    ours = asked(embedded, given, *queries, inputs=(INPUT,))
    theirs = asked(opa(tmp_path), given, *queries, inputs=(INPUT,))
    differ = [
        (text, one.value if one.defined else one.problem, other.value)
        for text, one, other in zip(texts, ours, theirs, strict=True)
        if one.problem is not None or (one.defined, one.value) != (other.defined, other.value)
    ]
    assert differ == []
