"""Most telling attributes first; the rest is counted by sort."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from gitops_ci.model.plan import Attribute, Change
from gitops_ci.render import selection
from gitops_ci.render.signed import Limits
from tests.unit.render.hostile import changes


def of(*attributes: Attribute, action: Any = "create", limits: Limits | None = None) -> selection.Selection:
    return selection.of(
        Change(address="x", type="x", action=action, attributes=attributes), limits or Limits(attributes=10)
    )


def after(**values: Any) -> list[Attribute]:
    return [Attribute(path=path, after=value) for path, value in values.items()]


def test_names_come_first_then_sizes_then_the_rest_and_tags_last() -> None:
    found = of(*after(zeta="z", tags={"a": "b"}, instance_type="t3.small", monitoring=False, name="web"))
    assert [each.path for each in found.shown] == ["name", "instance_type", "zeta", "monitoring", "tags.a"]


def test_of_a_new_object_what_is_computed_or_empty_is_counted_and_nulls_are_left_out() -> None:
    found = of(
        *after(name="web", description="", rules=[], nothing=None),
        Attribute(path="id", unknown=True),
        Attribute(path="arn", unknown=True),
    )
    assert [each.path for each in found.shown] == ["name"]
    assert found.counted == {"empty": ["description", "rules"], "unknown": ["id", "arn"]}


def test_of_an_update_everything_is_shown_but_formatting() -> None:
    found = of(
        Attribute(path="etag", before="a", unknown=True),
        Attribute(path="description", before="a", after=""),
        Attribute(path="policy", before="{}", after="{ }", cosmetic=True),
        Attribute(path="gone", before="", after=None),
        action="update",
    )
    assert {each.path for each in found.shown} == {"etag", "description", "gone"}
    assert found.counted == {"cosmetic": ["policy"]}


def test_what_forces_a_replacement_is_shown_even_where_only_its_formatting_differs() -> None:
    found = of(Attribute(path="user_data", cosmetic=True, forces_replacement=True), action="replace")
    assert [each.path for each in found.shown] == ["user_data"]


def test_many_secrets_of_a_new_object_are_counted_and_few_are_named() -> None:
    secrets = [Attribute(path=f"s{number}", sensitive=True) for number in range(4)]
    assert of(*secrets).counted == {"sensitive": ["s0", "s1", "s2", "s3"]}
    assert [each.path for each in of(*secrets[:2]).shown] == ["s0", "s1"]
    assert len(of(*secrets, action="update").shown) == 4


def test_a_new_list_of_plain_values_is_one_attribute() -> None:
    items = [Attribute(path=f"ports[{number}]", after=80 + number) for number in range(30)]
    assert of(*items).shown == (Attribute(path="ports", after=list(range(80, 110))),)
    assert of(*items, Attribute(path="name", after="x")).left == 0
    assert len(of(*items, action="update").shown) == 1
    assert len(of(*items[1:4], Attribute(path="a[+0]", after=1), action="update").shown) == 4


def test_a_list_with_a_secret_is_not_shown_as_if_it_were_whole() -> None:
    found = of(Attribute(path="a[0]", sensitive=True), Attribute(path="a[1]", after=2))
    assert [each.path for each in found.shown] == ["a[0]", "a[1]"]


def test_an_added_object_is_shown_by_its_values() -> None:
    rule = {"from": 443, "to": None, "cidrs": ["a", "b"], "x y": {"z": 1}}
    found = of(Attribute(path="ingress", after=[rule]), action="update")
    assert [(each.path, each.after) for each in found.shown] == [
        ("ingress[0].from", 443),
        ("ingress[0].cidrs", ["a", "b"]),
        ('ingress[0]["x y"].z', 1),
    ]


def test_tags_that_a_provider_repeats_are_told_once() -> None:
    tags = [*after(**{"tags.a": 1, "tags.b": 2}), *after(**{"tags_all.a": 1, "tags_all.b": 2})]
    assert of(*tags).twins == (("tags_all", "tags", 2, True),)
    more = of(*tags, Attribute(path="tags_all.owner", after="me"))
    assert more.twins == (("tags_all", "tags", 2, False),)
    assert [each.path for each in more.shown] == ["tags.a", "tags.b", "tags_all.owner"]


def test_of_a_deleted_object_less_is_shown() -> None:
    many = [Attribute(path=f"p{number}", before=1) for number in range(30)]
    found = of(*many, action="delete", limits=Limits())
    assert (len(found.shown), found.left) == (15, 15)


def test_an_update_of_formatting_only_is_none_worth_showing() -> None:
    cosmetic = Attribute(path="p", before="{}", after="{ }", cosmetic=True)
    what = Change(address="x", type="x", action="update", attributes=(cosmetic,))
    assert selection.formatting_only(what)
    assert not selection.formatting_only(Change(address="x", type="x", action="update"))
    moved = Change(address="x", previous_address="y", type="x", action="update", attributes=(cosmetic,))
    assert not selection.formatting_only(moved)


@given(changes)
def test_what_forces_a_replacement_is_never_left_out(change: Change) -> None:
    found = selection.of(change, Limits(attributes=100))
    forcing = sum(each.forces_replacement for each in change.attributes)
    assert sum(each.forces_replacement for each in found.shown) >= forcing
