"""What base would change as well: the same only where that is certain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.kinds.terraform.plans import pending
from gitops_ci.kinds.terraform.plans.pending import Document, Split
from gitops_ci.kinds.terraform.plans.plan_json import PlanJsonError


def resource(address: str, after: dict[str, Any], unknown: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    change = {
        "actions": ["create"],
        "before": None,
        "after": after,
        "after_unknown": unknown or {},
        "before_sensitive": False,
        "after_sensitive": {},
    }
    return {"address": address, "type": "t", "name": "n", "change": change | more}


def document(
    tmp_path: Path, *resources: dict[str, Any], configured: dict[str, Any] | None = None, **more: Any
) -> Document:
    named = [{"address": address, "expressions": names} for address, names in (configured or {}).items()]
    configuration = {"root_module": {"resources": named}} | more.pop("configuration", {})
    plan = {"format_version": "1.2", "resource_changes": resources, "configuration": configuration, **more}
    return pending.document(json.dumps(plan).encode(), compared_in=(tmp_path,))


def addresses(found: Split) -> tuple[list[str], list[str]]:
    return [each.address for each in found.changes], [each.address for each in found.pending]


SAME = resource("t.a", {"x": 1}, {"id": True})
GIVEN: dict[str, Any] = {"t.a": {"x": {}}}


def test_equal_changes_are_pending(tmp_path: Path) -> None:
    head = document(tmp_path, SAME, resource("t.b", {"x": 1}), configured=GIVEN)
    base = document(tmp_path, SAME, resource("t.c", {"x": 1}), configured=GIVEN)
    assert addresses(pending.split(head, base)) == (["t.b"], ["t.a"])


@pytest.mark.parametrize(
    "other",
    [
        resource("t.a", {"x": 2}, {"id": True}),
        resource("t.a", {"x": 1}, {"id": True}, actions=["create", "delete"]),
        resource("t.a", {"x": 1}, {"x": True}),
        resource("t.a", {"x": 1, "y": 1}, {"id": True}),
        resource('t.a["k"]', {"x": 1}, {"id": True}),
    ],
)
def test_what_differs_stays(tmp_path: Path, other: dict[str, Any]) -> None:
    head, base = (document(tmp_path, each, configured=GIVEN) for each in (SAME, other))
    assert addresses(pending.split(head, base)) == (["t.a"], [])


def test_a_hidden_value_is_never_the_same(tmp_path: Path) -> None:
    secret = resource("t.a", {"x": 1}, after_sensitive={"x": True})
    found = document(tmp_path, secret, configured=GIVEN)
    assert addresses(pending.split(found, found)) == (["t.a"], [])


@pytest.mark.parametrize(("configured", "same"), [({"x": {}}, True), ({"x": {}, "id": {}}, False)])
def test_an_unknown_value_is_the_same_only_where_a_provider_makes_it(
    tmp_path: Path, configured: dict[str, Any], same: bool
) -> None:
    found = document(tmp_path, SAME, configured={"t.a": configured})
    assert addresses(pending.split(found, found))[same] == ["t.a"]


def test_instances_and_modules_are_found_in_the_configuration(tmp_path: Path) -> None:
    address = 'module.m["a.b[0]"].module.n[0].t.a["x"]'
    inner = {"module": {"resources": [{"address": "t.a", "expressions": {"x": {}}}]}}
    module = {"module_calls": {"m": {"module": {"module_calls": {"n": inner}}}}}
    known = document(tmp_path, resource(address, {"x": 1}, {"id": True}), configuration={"root_module": module})
    assert addresses(pending.split(known, known)) == ([], [address])
    unknown = document(tmp_path, resource(address, {"x": 1}, {"id": True}))
    assert addresses(pending.split(unknown, unknown)) == ([address], [])


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ('dynamic "other" {\n}', True),
        ('dynamic "id" {\n}', False),
        ("dynamic id {\n}", False),
        ('dynamic /* x */ "id" {\n}', False),
        ('{"dynamic": {"id": {}}}', False),
    ],
)
def test_dynamic_blocks_count_as_configured(tmp_path: Path, source: str, same: bool) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "main.tf").write_text(source)
    found = document(tmp_path, SAME, configured=GIVEN)
    assert addresses(pending.split(found, found))[same] == ["t.a"]


def provider(region: Any) -> dict[str, Any]:
    return {"provider_config": {"aws": {"name": "aws", "expressions": {"region": region}}}}


def test_another_provider_makes_another_change(tmp_path: Path) -> None:
    def planned(region: Any, **more: Any) -> Document:
        return document(tmp_path, SAME, configured=GIVEN, configuration=provider(region) | ROOT, **more)

    constant, other = planned({"constant_value": "eu"}), planned({"constant_value": "us"})
    assert addresses(pending.split(constant, constant)) == ([], ["t.a"])
    assert addresses(pending.split(constant, other)) == (["t.a"], [])
    by_variable = [planned({"references": ["var.region"]}, variables={"region": {"value": v}}) for v in ("eu", "us")]
    assert addresses(pending.split(by_variable[0], by_variable[0])) == ([], ["t.a"])
    assert addresses(pending.split(*by_variable)) == (["t.a"], [])
    by_local = planned({"references": ["local.region"]})
    assert addresses(pending.split(by_local, by_local)) == (["t.a"], [])


ROOT = {"root_module": {"resources": [{"address": "t.a", "expressions": {"x": {}}}]}}


def test_outputs_are_told_apart_as_well(tmp_path: Path) -> None:
    def outputs(**values: Any) -> dict[str, Any]:
        return {
            name: {"actions": ["create"], "before": None, "after": value, "after_unknown": value is None}
            | {"before_sensitive": False, "after_sensitive": False}
            for name, value in values.items()
        }

    head = document(tmp_path, output_changes=outputs(same="1", other="2", later=None))
    base = document(tmp_path, output_changes=outputs(same="1", other="1", later=None))
    found = pending.split(head, base)
    assert [each.address for each in found.outputs] == ["output.other", "output.later"]
    assert [each.address for each in found.pending] == ["output.same"]


def test_a_plan_that_is_not_compared_is_never_split() -> None:
    content = json.dumps({"format_version": "1.2", "resource_changes": [SAME]}).encode()
    found = pending.document(content)
    assert addresses(pending.split(found, found)) == (["t.a"], [])


@pytest.mark.parametrize("configuration", [[], {"root_module": 1}, {"root_module": {"resources": [{"address": 1}]}}])
def test_a_configuration_that_cannot_be_read_is_an_error(tmp_path: Path, configuration: Any) -> None:
    plan = {"format_version": "1.2", "resource_changes": [SAME], "configuration": configuration}
    with pytest.raises(PlanJsonError):
        pending.document(json.dumps(plan).encode(), compared_in=(tmp_path,))
