"""Every plan of a corpus of real ones, Terraform 0.12 to 1.15 and OpenTofu; left out where the corpus is not there.

Each is held against the corpus's index and against a count made here, from the raw JSON, by other code.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.kinds.terraform.plans import plan_json
from gitops_ci.kinds.terraform.plans.plan_json import PlanDocument, PlanJsonError
from gitops_ci.model.plan import Change, summarise

_DATA = Path(os.environ.get("GITOPS_CI_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
_PLANS = _DATA / "plan-json"
_SHORT = 8  # characters of a marked value that is looked for

if not (_PLANS / "index.json").is_file():
    pytest.skip(
        f"no corpus of plans in {_PLANS}: set GITOPS_CI_DATA to the folder that has it", allow_module_level=True
    )

_INDEX: list[dict[str, Any]] = json.loads((_PLANS / "index.json").read_bytes())
_READABLE = [entry for entry in _INDEX if entry["format_version"] is not None]
_UNREADABLE = [entry for entry in _INDEX if entry["format_version"] is None]

each_plan = pytest.mark.parametrize("entry", _READABLE, ids=lambda entry: str(entry["file"]))


@cache
def raw(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_PLANS / name).read_bytes())
    return found


@cache
def parsed(name: str) -> PlanDocument:
    return plan_json.parse((_PLANS / name).read_bytes())


def told(resources: Any) -> Iterator[tuple[str, str, str | None]]:
    """Address, action and deposed key of everything that happens, by the words of the format's documentation."""
    for each in resources or ():
        actions, change = each["change"]["actions"], each["change"]
        moved = each.get("previous_address") not in (None, each.get("address"))
        if {"create"} < set(actions):
            action = "replace"
        elif actions == ["no-op"]:
            action = "import" if change.get("importing") is not None else "move" if moved else ""
        else:
            [action] = actions
        if action:
            module = f"{each['module_address']}." if "module_address" in each else ""
            address = each.get("address") or f"{module}{each['type']}.{each['name']}"
            yield address, action, each.get("deposed")


def changes(found: tuple[Change, ...]) -> list[tuple[str, str, str | None]]:
    return [(change.address, change.action, change.deposed) for change in found]


@each_plan
def test_every_action_at_every_address_is_told(entry: dict[str, Any]) -> None:
    document, found = raw(entry["file"]), parsed(entry["file"])
    assert changes(found.changes) == list(told(document.get("resource_changes")))
    assert changes(found.drift) == list(told(document.get("resource_drift")))
    outputs = {f"output.{name}": change["actions"] for name, change in (document.get("output_changes") or {}).items()}
    assert {change.address: [change.action] for change in found.outputs} == {
        address: actions for address, actions in outputs.items() if actions != ["no-op"]
    }


@each_plan
def test_the_counts_are_those_of_the_index(entry: dict[str, Any]) -> None:
    found = parsed(entry["file"])
    expected = Counter[str]()
    for actions, count in entry["actions"].items():
        expected["replace" if "+" in actions else actions] += count
    del expected["no-op"]
    by_action = Counter(change.action for change in found.changes)
    silent = by_action.pop("move", 0) + by_action.pop("import", 0)  # no-ops to the index
    assert by_action == expected
    assert silent <= entry["actions"].get("no-op", 0)
    summary = summarise(found.changes)
    assert summary.replace == expected["replace"]
    assert summary.import_ == sum(
        each["change"].get("importing") is not None for each in raw(entry["file"])["resource_changes"]
    )
    assert entry["resource_changes"] == len(raw(entry["file"])["resource_changes"])


@each_plan
def test_every_attribute_that_differs_is_told(entry: dict[str, Any]) -> None:
    resources = [each for each in raw(entry["file"])["resource_changes"] if list(told([each]))]
    for each, change in zip(resources, parsed(entry["file"]).changes, strict=True):
        sides = [each["change"].get(name) or {} for name in ("before", "after")]
        unknown = each["change"].get("after_unknown")
        differing = {name for side in sides for name in side if sides[0].get(name) != sides[1].get(name)}
        differing |= {name for name, mark in unknown.items() if mark is True} if isinstance(unknown, dict) else set()
        shown = {attribute.path.partition("[")[0].partition(".")[0] for attribute in change.attributes}
        empty = {name for name in differing if not any(side.get(name) for side in sides)}
        assert differing - empty <= shown, change.address
        assert shown <= differing | (set(unknown) if isinstance(unknown, dict) else set()), change.address
        assert change.create_before_destroy == (each["change"]["actions"] == ["create", "delete"])
        if each["change"].get("replace_paths"):
            assert any(attribute.forces_replacement for attribute in change.attributes), change.address


@each_plan
def test_nothing_marked_is_told(entry: dict[str, Any]) -> None:
    found = parsed(entry["file"])
    shown = json.dumps([str(change) for change in (*found.changes, *found.drift, *found.outputs)])
    for each in (*raw(entry["file"])["resource_changes"], *(raw(entry["file"]).get("output_changes") or {}).values()):
        change = each.get("change", each)
        for side in ("before", "after"):
            for text in marked(change.get(side), change.get(f"{side}_sensitive")):
                assert json.dumps(text)[1:-1] not in shown


def marked(value: Any, mark: Any) -> Iterator[str]:
    if mark is True:
        if isinstance(value, dict | list):
            for inner in value.values() if isinstance(value, dict) else value:
                yield from marked(inner, True)
        elif isinstance(value, str) and len(value) >= _SHORT:
            yield value
    elif isinstance(mark, dict) and isinstance(value, dict):
        for name, inner in mark.items():
            yield from marked(value.get(name), inner)
    elif isinstance(mark, list) and isinstance(value, list):
        for item, inner in zip(value, mark, strict=False):
            yield from marked(item, inner)


@each_plan
def test_checks_and_relevant_drift_are_told(entry: dict[str, Any]) -> None:
    document, found = raw(entry["file"]), parsed(entry["file"])
    instances = [one for check in document.get("checks") or () for one in check.get("instances") or [check]]
    assert len(found.checks) >= len(instances) + len(document.get("condition_results") or ())
    named = {each["resource"] for each in document.get("relevant_attributes") or ()}
    for change in found.drift:
        if "relevant_attributes" in document:
            assert change.relevant == (change.address in named or change.address.rpartition("[")[0] in named)
        else:
            assert change.relevant


@pytest.mark.parametrize("entry", _UNREADABLE, ids=lambda entry: str(entry["file"]))
def test_a_plan_without_a_format_version_is_refused_with_a_reason(entry: dict[str, Any]) -> None:
    with pytest.raises(PlanJsonError, match="no format_version"):
        plan_json.parse((_PLANS / entry["file"]).read_bytes())


def test_the_corpus_is_whole() -> None:
    assert (len(_READABLE), len(_UNREADABLE)) == (253, 4)
    assert sum(len(parsed(entry["file"]).changes) for entry in _READABLE) > 900
    assert sum(len(parsed(entry["file"]).drift) for entry in _READABLE) > 20
    assert any(parsed(entry["file"]).checks for entry in _READABLE)
