"""Every plan of a corpus of real ones, Terraform 0.12 to 1.15 and OpenTofu; left out where the corpus is not there."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.kinds.terraform import plan_json
from gitops_ci.kinds.terraform.plan_json import PlanJsonError

_DATA = Path(os.environ.get("GITOPS_CI_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
_PLANS = _DATA / "plan-json"
_WORDS = {"delete+create": "replace", "create+delete": "replace"}

if not (_PLANS / "index.json").is_file():
    pytest.skip(
        f"no corpus of plans in {_PLANS}: set GITOPS_CI_DATA to the folder that has it", allow_module_level=True
    )

_INDEX: list[dict[str, Any]] = json.loads((_PLANS / "index.json").read_bytes())
_READABLE = [entry for entry in _INDEX if entry["format_version"] is not None]
_UNREADABLE = [entry for entry in _INDEX if entry["format_version"] is None]


@pytest.mark.parametrize("entry", _READABLE, ids=lambda entry: str(entry["file"]))
def test_a_real_plan_gives_the_changes_that_the_index_counts(entry: dict[str, Any]) -> None:
    content = (_PLANS / entry["file"]).read_bytes()
    found = plan_json.parse(content)
    expected: Counter[str] = Counter()
    for actions, count in entry["actions"].items():
        if actions != "no-op":
            expected[_WORDS.get(actions, actions)] += count
    counted = Counter(_undone(change.action, entry) for change in found.changes)
    del counted["move"], counted["import"]  # no-ops in the index
    assert counted == expected
    assert ("drift" in entry["features"]) == bool(json.loads(content).get("resource_drift"))


def _undone(action: str, entry: dict[str, Any]) -> str:
    """The index counts by Terraform's own actions, in which an import is a no-op or an update."""
    return "update" if action == "import" and "update" in entry["actions"] else action


@pytest.mark.parametrize("entry", _UNREADABLE, ids=lambda entry: str(entry["file"]))
def test_a_plan_without_a_format_version_is_refused_with_a_reason(entry: dict[str, Any]) -> None:
    with pytest.raises(PlanJsonError, match="no format_version"):
        plan_json.parse((_PLANS / entry["file"]).read_bytes())


def test_the_corpus_is_whole() -> None:
    assert (len(_READABLE), len(_UNREADABLE)) == (253, 4)
