"""Policies that the embedded engine once answered otherwise than OPA: what OPA answers, or refused, never anything else."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from gitops_ci.system import rego, rego_opa
from gitops_ci.system.process import Stop
from tests.integration import rego_differences as differences

REFUSED = {
    'r := s.by["80"]',
    'r := {"a": input.missing, "a": 1}',
    "r if { {1} < object.remove(input, []) }",
    "r := json.marshal(1 / 9)",
    'r := sprintf("%d", [to_number("1.0")])',
    "r := json.marshal(1.50)",
    "r := 3 - 2.9",
    "r := 9223372036854775807 + 1",
}
"""What needs `opa`; all else is answered."""
RECORDED = json.loads(differences.RECORDED.read_text(encoding="utf-8"))


@pytest.mark.skipif(importlib.util.find_spec("regorus") is None, reason="gordon-to-regorus is not installed")
@pytest.mark.parametrize("texts", [differences.ALIASES, differences.NUMBERS], ids=["aliases", "numbers"])
def test_the_embedded_engine_answers_as_recorded(texts: str, tmp_path: Path) -> None:
    lines = texts.strip().splitlines()
    found = differences.told(differences.answers(rego.embedded(scratch=tmp_path, stop=Stop()), texts))
    assert dict(zip(lines, found, strict=True)) == {
        line: "needs-opa" if line in REFUSED else RECORDED[line] for line in lines
    }


def test_what_is_recorded_is_what_opa_answers(tmp_path: Path) -> None:
    opa = shutil.which("opa")
    if opa is None:
        pytest.skip("opa is not on PATH")
    engine = rego_opa.Opa(opa, scratch=tmp_path, stop=Stop())
    found = [*differences.told(differences.answers(engine, differences.ALIASES))]
    found += differences.told(differences.answers(engine, differences.NUMBERS))
    assert found == list(RECORDED.values())
