"""The policies that come with gitops-ci, in both engines of Rego: their own tests, their page's examples, real plans."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from gitops_ci import policies
from gitops_ci.config import DEFAULT
from gitops_ci.errors import ToolError
from gitops_ci.policy.rego.engine import Bundle, Limits, Module, RegoEngine
from gitops_ci.system import process, rego
from gitops_ci.system.rego_opa import Opa
from tests.integration.builtin_examples import examples

_ROOT = Path(__file__).parents[2]
_FILES = sorted((_ROOT / "gitops_ci" / "policies").rglob("*.rego"))
_BUNDLE = Bundle(policies.modules(), policies.parameters(DEFAULT))
_DATA = Path(os.environ.get("GITOPS_CI_DATA") or _ROOT.parent / "shared" / "data")
_LIMITS = Limits(seconds=60)


def opa(scratch: Path) -> Opa:
    program = shutil.which("opa")
    if program is None:
        pytest.skip("no opa on PATH")
    return Opa(program, scratch=scratch, stop=process.Stop())


@pytest.fixture(params=["opa", "embedded"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> RegoEngine:
    if request.param == "opa":
        return opa(tmp_path)
    try:
        return rego.embedded(scratch=tmp_path, stop=process.Stop())
    except ToolError as error:
        pytest.skip(error.message)


def queries(names: Iterable[str]) -> list[str]:
    return [f"data.builtin.{name.replace('-', '_')}.deny" for name in names]


def told(engine: RegoEngine, asked: Sequence[str], inputs: Sequence[bytes]) -> dict[tuple[int, str], list[str]]:
    """What each query gave for each input, in an order of its own; a rule that is not there gave nothing."""
    found = {}
    for answer in engine.evaluate(_BUNDLE, asked, inputs, limits=_LIMITS):
        assert answer.problem is None, (answer.query, answer.problem)
        values: Any = answer.value if answer.defined else []
        found[answer.input, answer.query] = sorted(json.dumps(each, sort_keys=True) for each in values)
    return found


def test_they_compile_strictly(engine: RegoEngine) -> None:
    assert engine.check(_BUNDLE) == ()


def test_their_tests_pass_and_go_through_every_line(engine: RegoEngine) -> None:
    modules = tuple(Module(path.relative_to(_ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in _FILES)
    run = engine.test(Bundle(modules), limits=_LIMITS)
    assert run.problems == ()
    assert [result for result in run.results if result.outcome != "pass"] == []
    assert len(run.results) > 140
    assert [(each.path, each.missed) for each in run.coverage if each.missed] == []


def test_they_are_formatted(tmp_path: Path) -> None:
    found = opa(tmp_path)
    (place,) = tmp_path.iterdir()  # all that it sees
    shutil.copytree(_ROOT / "gitops_ci" / "policies", place / "policies")
    done = found.run("fmt", "--list", "policies")
    assert (done.returncode, done.stdout) == (0, b"")


def test_the_page_s_examples_do_what_they_say(engine: RegoEngine) -> None:
    names = list(examples())
    inputs = [each for name in names for each in examples()[name]]
    found = told(engine, queries(names), inputs)
    for index, (name, query) in enumerate(zip(names, queries(names), strict=True)):
        assert found[2 * index, query], f"{name}: nothing is found in what fails"
        assert found[2 * index + 1, query] == [], f"{name}: something is found in what passes"


def test_what_names_a_place_leads_somewhere(engine: RegoEngine) -> None:
    """An object's result has the keys that lead to a value of it, a plan's the address of a resource."""
    names = list(examples())
    found = told(engine, queries(names), [examples()[name][0] for name in names])
    for index, (name, query) in enumerate(zip(names, queries(names), strict=True)):
        document = json.loads(examples()[name][0])
        for result in map(json.loads, found[index, query]):
            if name.startswith("kubernetes-"):
                value = document["request"]["object"]
                path = result["path"]
                for step in path[:-2] if "securityContext" in path else path:  # a setting may be what is missing
                    value = value[step]
            elif name != "terraform-pinned-versions":
                assert result["address"] in {change["address"] for change in document["resource_changes"]}


@pytest.mark.parametrize("environment", ["production", "development"])
def test_both_engines_say_the_same_of_real_plans(environment: str, tmp_path: Path) -> None:
    folder = _DATA / "plan-json"
    if not (folder / "index.json").is_file():
        pytest.skip(f"no corpus of plans in {folder}: set GITOPS_CI_DATA to the folder that has it")
    plans = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json")) if path.name != "index.json"]
    subject = {"gitops_ci": {"environment": environment}}
    inputs = [json.dumps(each | subject).encode() for each in plans if isinstance(each, dict)]
    asked = queries(name for name in policies.names() if name.startswith("terraform-"))
    embedded = rego.embedded(scratch=tmp_path, stop=process.Stop())
    assert told(embedded, asked, inputs) == told(opa(tmp_path), asked, inputs)
