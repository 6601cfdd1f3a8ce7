"""Plans as inputs."""

from __future__ import annotations

import pytest

from gitops_ci.discover import snapshot
from gitops_ci.policy.rego import plans
from gitops_ci.policy.rego.plans import Addresses


def resource(address: str, before: object, after: object, *actions: str, **more: object) -> dict[str, object]:
    change = {"actions": list(actions), "before": before, "after": after, "after_unknown": {"id": True}}
    return {"address": address, "type": address.partition(".")[0], "change": {**change, **more}}


def test_before_is_a_plan_that_does_nothing() -> None:
    prior = {"values": {"root_module": {"resources": [{"address": "a.x"}]}}}
    plan = {
        "format_version": "1.2",
        "variables": {"x": {"value": 1}},
        "configuration": {"root_module": {}},
        "planned_values": {"root_module": {}},
        "prior_state": prior,
        "resource_changes": [
            resource("a.x", {"n": 1}, {"n": 2}, "update", before_sensitive={"p": True}),
            resource("a.new", None, {"n": 2}, "create"),
            resource("a.gone", {"n": 3}, None, "delete"),
        ],
        "output_changes": {"o": {"actions": ["update"], "before": 1, "after": 2}, "new": {"before": None}},
    }
    found = plans.before(plan)
    assert found is not None
    assert found["planned_values"] == prior["values"]
    assert found.keys().isdisjoint({"configuration", "variables"})
    assert [each["address"] for each in found["resource_changes"]] == ["a.x", "a.gone"]
    for each, was in zip(found["resource_changes"], ({"n": 1}, {"n": 3}), strict=True):
        change = each["change"]
        assert (change["actions"], change["before"], change["after"]) == (["no-op"], was, was)
        assert change["after_unknown"] == {}
    assert found["resource_changes"][0]["change"]["after_sensitive"] == {"p": True}
    assert list(found["output_changes"]) == ["o"]


@pytest.mark.parametrize(
    "plan", [{}, {"resource_changes": 3}, {"resource_changes": [1, {}, {"change": None}]}, {"output_changes": [1]}]
)
def test_nothing_there_before(plan: dict[str, object]) -> None:
    assert plans.before(plan) is None


def test_addresses_in_a_message() -> None:
    known = Addresses(("module.a.aws_s3_bucket.logs", 'aws_s3_bucket.b["x"]', "aws_s3_bucket.logs", "aws_s3_bucket.b"))
    assert known.quoted("`module.a.aws_s3_bucket.logs` is public") == "module.a.aws_s3_bucket.logs"
    assert known.quoted("aws_s3_bucket.logs: public") == "aws_s3_bucket.logs"
    assert known.quoted('aws_s3_bucket.b["x"] is public') == 'aws_s3_bucket.b["x"]'
    assert known.quoted("aws_s3_bucket.bb is public") is None
    assert known.quoted("data.aws_s3_bucket.b is public") is None
    assert known.quoted('aws_s3_bucket.b["y"] is public') is None


def test_addresses_of_a_plan() -> None:
    child = {"resources": [{"address": "module.m.a.x"}], "child_modules": [3]}
    plan = {
        "resource_changes": [{"address": "a.x"}, {"address": 3}, 1],
        "planned_values": {"root_module": {"resources": [{"address": "a.y"}], "child_modules": [child]}},
    }
    assert plans.addresses(plan).all == ("module.m.a.x", "a.x", "a.y")
    assert plans.addresses({"planned_values": 3, "resource_changes": None}).all == ()


FILES = {
    "env/main.tf": 'module "m" {\n  source = "../mod"\n}\nmodule "far" {\n  source = "acme/x/y"\n}\n\nresource "a" "x" {}\n',
    "mod/main.tf": '\n\nresource "a" "y" {}\ndata "b" "z" {}\n',
}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("a.x", ("env/main.tf", 8)),
        ('a.x["k.e[y"]', ("env/main.tf", 8)),
        ("module.m.a.y[0]", ("mod/main.tf", 3)),
        ('module.m["a.b"].data.b.z', ("mod/main.tf", 4)),
        ("module.m.a.gone", ("env/main.tf", 1)),
        ("module.far.module.in.a.x", ("env/main.tf", 4)),
        ("module.gone.a.x", None),
        ("a.gone", None),
        ("nonsense", None),
    ],
)
def test_where_an_address_comes_from(address: str, place: tuple[str, int] | None) -> None:
    assert plans.place(address, "env", snapshot.of(FILES)) == place


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_plan(content: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        plans.decoded(content)
