from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_ci.policy.checkov import plans


def resource(address: str, mode: str = "managed", **values: Any) -> dict[str, Any]:
    return {"address": address, "mode": mode, "type": "t", "name": "n", "values": values}


def document(**more: Any) -> dict[str, Any]:
    return {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {
                "resources": [resource("t.a", password="hunter2"), resource("data.t.b", "data"), resource("t.gone")],
                "child_modules": [{"address": "module.m", "resources": [resource("module.m.t.n")]}],
            }
        },
        "prior_state": {"values": {"root_module": {"resources": [resource("t.a"), resource("t.old")]}}},
        "resource_changes": [
            {
                "address": "t.a",
                "change": {"actions": ["update"], "before": {"x": "old", "y": 1}, "after": {"x": "new", "y": 1}},
            },
            {"address": "t.gone", "change": {"actions": ["forget"], "before": None, "after": None}},
        ],
        "configuration": {"root_module": {"resources": []}},
        "variables": {"token": {"value": "s3cret"}},
        **more,
    }


def read(**more: Any) -> plans.Planned:
    return plans.read(json.dumps(document(**more)).encode())


def test_resources_of_every_module_are_counted_and_forgotten_ones_are_not() -> None:
    planned = read()
    assert planned.resources == {"t.a", "module.m.t.n"}
    assert planned.earlier == {"t.a", "t.old"}
    assert not planned.same


def test_it_keeps_what_is_read_and_nothing_else() -> None:
    after = json.loads(read().after)
    assert after["terraform_version"]
    assert after["planned_values"]["root_module"]["resources"][0]["values"] == {"password": "hunter2"}
    assert after["resource_changes"][0]["change"] == {"actions": ["update"], "before": {"x": True}, "after": {}}
    assert b"s3cret" not in read().after
    assert b"\n" in read().after, "without lines checkov cannot tell one resource from the next"


def test_before_is_the_state_with_nothing_to_do() -> None:
    before = read().before
    assert before is not None
    found = json.loads(before)
    assert [each["address"] for each in found["planned_values"]["root_module"]["resources"]] == ["t.a", "t.old"]
    assert found["resource_changes"] == []


def test_without_a_state_there_is_no_before() -> None:
    assert read(prior_state=None).before is None


def test_a_plan_without_changes_is_the_same_before_and_after() -> None:
    values = document()["planned_values"]
    unchanged = read(prior_state={"values": values}, resource_changes=[])
    assert not unchanged.earlier - unchanged.resources
    assert unchanged.same


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"{}", b'{"planned_values": []}', b"\xff", b"[" * 5000,
        b'{"planned_values": {"root_module": {"resources": [7]}}}',
        b'{"planned_values": {}, "resource_changes": [{}]}',
        b'{"planned_values": {}, "resource_changes": 7}',
        b'{"planned_values": {}, "prior_state": [1]}',
    ],
)  # fmt: skip
def test_what_is_no_plan_is_malformed(content: bytes) -> None:
    with pytest.raises(plans.Malformed, match=r"^its? "):
        plans.read(content)


def test_a_large_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_BYTES", 10)
    with pytest.raises(plans.Malformed, match="larger"):
        read()
