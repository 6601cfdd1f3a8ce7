"""What is wrong with policies before anybody asks them."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_ci.config import RegoPolicies
from gitops_ci.discover import snapshot
from gitops_ci.model.plan import Engine
from gitops_ci.policy.rego import checked, policies
from gitops_ci.policy.rego.checked import Fault
from gitops_ci.policy.rego.engine import RegoProblem
from gitops_ci.render import policy_lines
from gitops_ci.render.lines import plain

FINE = "package main\ndeny contains 1 if input.kind\n"


def faults(files: dict[str, Any], *compiled: RegoProblem) -> tuple[Fault, ...]:
    return checked.faults(policies.read([("policy.rego[0]", RegoPolicies(path="p"))], snapshot.of(files)), compiled)


def test_nothing_is_wrong() -> None:
    assert faults({"p/a.rego": FINE, "p/a_test.rego": "package main_test\ntest_a if true\n"}) == ()


def test_compiler_metadata_and_conventions_in_order() -> None:
    text = "package main\n# METADATA\n# custom: {severity: fatal}\ndeny if {\n\tinput.kind\n}\nwarn := 3\n"
    compiled = RegoProblem(code="compile", message="unused x", path="p/a.rego", line=5, column=2)
    found = faults({"p/a.rego": text}, compiled)
    assert [(each.code, each.line, each.severity) for each in found] == [
        ("metadata", 2, "error"),
        ("policy-shape", 4, "error"),
        ("compile", 5, "error"),
        ("policy-shape", 7, "error"),
    ]
    assert found[2].source == "\tinput.kind"
    assert checked.decision(found) == "blocked"


def test_packages_that_nobody_asks() -> None:
    files = {
        "p/a.rego": "package main\nimport data.lib.used\ndeny contains 1 if used.f(input)\n",
        "p/b.rego": "package lib.used\nimport data.lib.deep\nf(x) if deep.g(x)\n",
        "p/c.rego": "package lib.deep\ng(x) if x\n",
        "p/d.rego": "package lost\nh(x) if x\n",
    }
    (found,) = faults(files)
    assert (found.severity, found.code, found.path) == ("warning", "not-asked", "p/d.rego")
    assert checked.decision((found,)) == "pass"


@pytest.mark.parametrize(
    ("code", "decision"), [("needs-opa", "undecided"), ("crashed", "undecided"), ("syntax", "blocked")]
)
def test_what_the_engine_cannot_say_is_open(code: Any, decision: str) -> None:
    assert checked.decision(faults({"p/a.rego": FINE}, RegoProblem(code=code, message="x"))) == decision


def test_files_that_cannot_be_read() -> None:
    found = faults({"p/a.rego": FINE, "p/b.rego": b"\0", "p/c.yaml": "a: ["})
    assert [(each.path, each.severity) for each in found] == [("p/b.rego", "error"), ("p/c.yaml", "error")]


def test_as_it_is_shown() -> None:
    text = "package main\ndeny contains 1 if {\n\tx := input.kind\n}\n"
    compiled = RegoProblem(code="compile", message="assigned var x unused", path="p/a.rego", line=3, column=2)
    engine = Engine(name="opa", version="1.2.3", source="path")
    found = faults(
        {"p/a.rego": text}, compiled, RegoProblem(code="needs-opa", message="rego.metadata", path="p/a.rego")
    )
    assert plain(policy_lines.checked(found, 1, engine)) == (
        "? p/a.rego: rego.metadata\n"
        "✗ p/a.rego:3:2: assigned var x unused\n"
        "        x := input.kind\n"
        "        ^\n"
        "\n"
        "1 file of Rego, 1 error, 1 that could not be checked  (opa 1.2.3, path)\n"
    )
    assert plain(policy_lines.checked((), 2, engine)) == "2 files of Rego, nothing to object to  (opa 1.2.3, path)\n"
