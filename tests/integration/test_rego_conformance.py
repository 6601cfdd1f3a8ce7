"""The embedded engine against OPA's own cases: nothing may be wrong without being told, and the page says how it went."""

from __future__ import annotations

import importlib.util

import pytest

from tests.integration import rego_conformance as conformance

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("regorus") is None, reason="gordon-to-regorus is not installed"),
    pytest.mark.skipif(conformance.folder() is None, reason="shared/data/rego is not beside this checkout"),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[conformance.Judged]:
    return conformance.everything(tmp_path_factory.mktemp("conformance"))


def test_nothing_is_wrong_and_silent(results: list[conformance.Judged]) -> None:
    wrong = [f"{each.case.note}: {each.detail}" for each in results if each.outcome == "wrong"]
    assert wrong == []
    assert len(results) == 3773


def test_core_categories_are_hardly_refused(results: list[conformance.Judged]) -> None:
    core = [each for each in results if not conformance.BEYOND.match(each.case.category)]
    assert sum(each.outcome == "right" for each in core) >= 0.93 * len(core)


def test_the_page_tells_these_results(results: list[conformance.Judged]) -> None:
    assert conformance.table(results) in conformance.PAGE.read_text(encoding="utf-8"), (
        "run .venv/bin/python -I tests/integration/rego_conformance.py"
    )
