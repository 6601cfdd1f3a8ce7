"""Plans from `terraform show -json`: every action, every mark, and every document that is no plan."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.plans import plan_json
from gitops_ci.kinds.terraform.plans.plan_json import PlanDocument, PlanJsonError
from gitops_ci.model.plan import Attribute, Change, summarise

Json = Any


def change(actions: list[str], **more: Json) -> dict[str, Json]:
    return {"actions": actions, "before_sensitive": False, "after_sensitive": False, **more}


def resource(actions: list[str], *, address: str = "aws_vpc.main", deposed: str | None = None, **more: Json) -> Json:
    about: dict[str, Json] = {name: more.pop(name) for name in ["previous_address", "action_reason"] if name in more}
    found: dict[str, Json] = {
        "address": address,
        "type": address.partition(".")[0],
        "change": change(actions, **more),
        **about,
    }
    return found if deposed is None else {**found, "deposed": deposed}


def document(*resources: Json, **more: Json) -> PlanDocument:
    plan = {"format_version": "1.2", "planned_values": {}, "resource_changes": list(resources), **more}
    return plan_json.parse(json.dumps(plan).encode())


def only(found: PlanDocument) -> Change:
    (one,) = found.changes
    return one


def attributes(**more: Json) -> dict[str, Attribute]:
    return {each.path: each for each in only(document(resource(["update"], **more))).attributes}


@pytest.mark.parametrize(
    ("actions", "expected", "destructive"),
    [
        (["create"], "create", False),
        (["read"], "read", False),
        (["update"], "update", False),
        (["delete"], "delete", True),
        (["delete", "create"], "replace", True),
        (["create", "delete"], "replace", True),
        (["create", "forget"], "replace", True),
        (["forget"], "forget", False),
    ],
)
def test_each_action(actions: list[str], expected: str, *, destructive: bool) -> None:
    found = only(document(resource(actions)))
    assert (found.action, found.destructive) == (expected, destructive)


def test_what_does_not_change_is_left_out() -> None:
    assert document(resource(["no-op"])).changes == ()


@pytest.mark.parametrize("actions", [["explode"], [], ["create", "create"], ["no-op", "delete"]])
def test_an_unknown_action_is_refused_and_never_passed_over(actions: list[str]) -> None:
    with pytest.raises(PlanJsonError, match=r"aws_vpc\.main: unknown actions"):
        document(resource(actions))
    with pytest.raises(PlanJsonError, match=r"output\.x: unknown actions"):
        document(output_changes={"x": change(actions)})


def test_a_deposed_object_is_told_apart_from_its_successor() -> None:
    found = document(resource(["delete"], deposed="1a2b3c4d"), resource(["update"]))
    told = [(each.address, each.deposed, each.action) for each in found.changes]
    assert told == [("aws_vpc.main", "1a2b3c4d", "delete"), ("aws_vpc.main", None, "update")]


@pytest.mark.parametrize(
    ("actions", "more", "expected"),
    [
        (["no-op"], {"importing": {"id": "vpc-1"}}, "import"),
        (["no-op"], {"importing": {}}, "import"),
        (["update"], {"importing": {"id": "vpc-1"}}, "update"),
        (["delete", "create"], {"importing": {"id": "vpc-1"}}, "replace"),
        (["no-op"], {"previous_address": "aws_vpc.old"}, "move"),
        (["update"], {"previous_address": "aws_vpc.old"}, "update"),
    ],
)
def test_imports_and_moves(actions: list[str], more: dict[str, Json], expected: str) -> None:
    found = only(document(resource(actions, **more)))
    assert found.action == expected
    assert found.importing == ("importing" in more)
    assert summarise((found,)).import_ == found.importing
    assert found.previous_address == more.get("previous_address")


def test_a_previous_address_that_is_the_same_is_no_move() -> None:
    assert document(resource(["no-op"], previous_address="aws_vpc.main")).changes == ()


def test_the_engines_reason_is_kept() -> None:
    found = only(document(resource(["delete"], action_reason="delete_because_no_resource_config")))
    assert found.reason == "delete_because_no_resource_config"


def test_attributes_are_the_places_that_differ() -> None:
    before = {"cidr": "10.0.0.0/16", "tags": {"a": "1", "b.c": "2"}, "rule": [{"port": 1}, {"port": 2}], "same": [1]}
    after = {
        "cidr": "10.1.0.0/16",
        "tags": {"a": "1", "b.c": "3"},
        "rule": [{"port": 1}, {"port": 3}, {"port": 4}],
        "same": [1],
    }
    found = attributes(before=before, after=after)
    assert {path: (each.before, each.after) for path, each in found.items()} == {
        "cidr": ("10.0.0.0/16", "10.1.0.0/16"),
        'tags["b.c"]': ("2", "3"),
        "rule[1].port": (2, 3),
        "rule[+2].port": (None, 4),
    }


def test_a_place_whose_shape_changes_is_shown_whole() -> None:
    found = attributes(before={"x": {"a": 1}}, after={"x": [1]})
    assert (found["x"].before, found["x"].after) == ({"a": 1}, [1])


def test_empty_collections_that_come_and_go_are_shown() -> None:
    found = attributes(before={"x": [], "y": {}}, after={"x": None, "y": None})
    assert (found["x"].before, found["y"].before) == ([], {})


def test_what_is_known_after_apply() -> None:
    found = attributes(
        before={"id": "a", "list": ["x"]},
        after={"list": ["x", None]},
        after_unknown={"id": True, "list": [False, True], "arn": True},
    )
    assert {path: each.unknown for path, each in found.items()} == {"id": True, "list[+1]": True, "arn": True}
    assert found["id"].before == "a"


def test_an_unknown_inside_a_changed_shape_is_said() -> None:
    assert attributes(before={"x": "a"}, after={"x": None}, after_unknown={"x": {"y": True}})["x"].unknown


def test_what_forces_replacement() -> None:
    made = resource(
        ["delete", "create"],
        before={"ami": "a", "disk": [{"size": 1}], "disks": 1},
        after={"ami": "b", "disk": [{"size": 2}], "disks": 2},
        replace_paths=[["ami"], ["disk", 0]],
    )
    found = {each.path: each.forces_replacement for each in only(document(made)).attributes}
    assert found == {"ami": True, "disk[0].size": True, "disks": False}


def test_outputs() -> None:
    found = document(
        output_changes={
            "url": change(["update"], before="a", after="b"),
            "same": change(["no-op"], before="a", after="a"),
            "later": change(["create"], before=None, after_unknown=True),
            "gone": change(["delete"], before=1, after=None),
        }
    ).outputs
    assert [(each.address, each.action, each.type) for each in found] == [
        ("output.url", "update", "output"),
        ("output.later", "create", "output"),
        ("output.gone", "delete", "output"),
    ]
    assert found[0].attributes == (Attribute(path="value", before="a", after="b"),)
    assert found[1].attributes == (Attribute(path="value", unknown=True),)


@pytest.mark.parametrize(
    "marks",
    [{"after_sensitive": True}, {"before_sensitive": True}, {"after_sensitive": {"password": True}}],
)
def test_a_sensitive_output_says_only_that_it_changes(marks: dict[str, Json]) -> None:
    values = ("old", "new") if True in marks.values() else ({"password": "old"}, {"password": "new"})
    found = document(output_changes={"x": change(["update"], before=values[0], after=values[1], **marks)}).outputs
    assert [(each.sensitive, each.before, each.after) for each in found[0].attributes] == [(True, None, None)]
    assert found[0].attributes[0].path.startswith("value")


def test_drift_is_kept_apart_and_destroys_nothing() -> None:
    found = document(resource_drift=[resource(["delete"], before={"a": 1}, after=None)])
    assert found.changes == ()
    assert [(each.action, each.destructive) for each in found.drift] == [("delete", False)]


def test_drift_without_an_address_gets_one() -> None:
    drifted = {"type": "aws_vpc", "name": "main", "module_address": "module.net", "change": change(["update"])}
    assert document(resource_drift=[drifted]).drift[0].address == "module.net.aws_vpc.main"


def test_errored_and_incomplete_plans_say_so() -> None:
    assert document(errored=True).errored
    assert not document(complete=False).complete
    assert document().complete


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "db_password",
        "master_passwords",
        "secret_string",
        "client_secret",
        "apiKey",
        "token",
        "private_key_pem",
    ],
)
def test_a_secret_by_its_name_is_hidden_where_the_provider_forgot(name: str) -> None:
    found = attributes(before={name: "old"}, after={name: "new"})
    assert found == {name: Attribute(path=name, sensitive=True)}


@pytest.mark.parametrize("name", ["token_ttl", "key_id", "secret_name", "tokenizer", "passenger"])
def test_other_names_are_shown(name: str) -> None:
    assert attributes(before={name: "old"}, after={name: "new"})[name].after == "new"


def test_a_value_beside_a_secret_name_is_hidden() -> None:
    found = attributes(
        before={"env": [{"name": "DB_PASSWORD", "value": "old"}, {"name": "PORT", "value": "1"}]},
        after={"env": [{"name": "DB_PASSWORD", "value": "new"}, {"name": "PORT", "value": "2"}]},
    )
    assert found["env[0].value"] == Attribute(path="env[0].value", sensitive=True)
    assert found["env[1].value"].after == "2"


def test_one_secret_hides_all_of_a_place_that_is_shown_whole() -> None:
    found = attributes(before={"x": None}, after={"x": ["a", {"password": "hunter2"}]})
    assert found == {
        "x[0]": Attribute(path="x[0]", after="a"),
        "x[1].password": Attribute(path="x[1].password", sensitive=True),
    }
    assert attributes(before={"x": "a"}, after={"x": {"password": "hunter2"}})["x"].sensitive


def test_marks_of_another_shape_than_the_values_hide_them() -> None:
    assert attributes(before={"x": ["a"]}, after={"x": ["b"]}, after_sensitive={"x": {"k": True}})["x[0]"].sensitive
    assert attributes(before={"x": {"k": "a"}}, after={"x": {"k": "b"}}, after_sensitive={"x": [True]})["x.k"].sensitive


def test_values_are_hidden_where_the_document_knows_no_marks() -> None:
    raw = {
        "address": "a.b",
        "type": "a",
        "change": {"actions": ["update"], "before": {"x": "old"}, "after": {"x": "new"}},
    }
    assert only(document(raw)).attributes == (Attribute(path="x", sensitive=True),)


def test_a_wholly_sensitive_object_names_its_attributes() -> None:
    found = attributes(before={"x": "old", "y": 1}, after={"x": "new", "y": 1}, after_sensitive=True)
    assert found == {"x": Attribute(path="x", sensitive=True)}


SECRET = "hunter2-the-secret"
_KEYS = st.sampled_from(["a", "b", "c.d", "name", "value", "rule"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text("xyz", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def _planted(draw: st.DrawFn) -> tuple[Json, Json]:
    """A value with the secret somewhere in it, and marks that cover it at some level above (or exactly) there."""
    value: Json = draw(st.sampled_from([SECRET, [SECRET], {"in": SECRET}, f"x{SECRET}y"]))
    mark: Json = True
    for level in range(draw(st.integers(0, 4))):
        whole = draw(st.booleans()) if level else False
        if draw(st.booleans()):
            key = draw(_KEYS)
            beside = draw(st.dictionaries(_KEYS, _VALUES, max_size=2))
            value, mark = {**beside, key: value}, True if whole else {key: mark}
        else:
            before = draw(st.lists(_VALUES, max_size=2))
            value, mark = [*before, value], True if whole else [*(False for _ in before), mark]
    return value, mark


@settings(max_examples=400)
@given(
    _planted(),
    _VALUES,
    st.sampled_from(["before", "after", "both"]),
    st.sampled_from(["resource", "drift", "output"]),
    st.data(),
)
def test_no_marked_secret_ever_leaves(
    planted: tuple[Json, Json], other: Json, side: str, where: str, data: st.DataObject
) -> None:
    value, mark = planted
    if where != "output":  # a resource is an object
        value, mark, other = {"at": value}, {"at": mark}, {"at": other}
    sides: dict[str, Json] = {"before": other, "after": other}
    for name in ("before", "after") if side == "both" else (side,):
        sides |= {name: value, f"{name}_sensitive": mark}
    sides["after_unknown"] = data.draw(st.sampled_from([None, False, {"at": True}, {"at": {"a": True}}]))
    made = change([data.draw(st.sampled_from(["update", "create", "delete"]))], **sides)
    match where:
        case "output":
            found = document(output_changes={"x": made})
        case "drift":
            found = document(resource_drift=[{"address": "a.b", "type": "a", "change": made}])
        case _:
            found = document({"address": "a.b", "type": "a", "change": made})
    assert SECRET.encode() not in msgspec.json.encode([found.changes, found.outputs, found.drift])
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"format_version": "1.2", "resource_changes": [{"address": "a', "not valid JSON"),
        (b"[]", "not valid JSON"),
        (b"null", "not valid JSON"),
        (b'"plan"', "not valid JSON"),
        (b"\xff\xfe{", "not valid JSON"),
        (b'{"format_version": "1.2", "x": "\xff"}', "."),
        (b"{}", "no format_version"),
        (b'{"resource_changes": []}', "no format_version"),
        (b'{"format_version": "2.0", "resource_changes": []}', "plan format '2.0' is not one"),
        (b'{"format_version": "", "resource_changes": []}', "is not one"),
        (b'{"format_version": 1.2, "resource_changes": []}', "not valid JSON"),
        (b'{"format_version": "1.0", "values": {"root_module": {}}}', "holds no plan"),
        (b'{"format_version": "1.0"}', "holds no plan"),
        (b'{"format_version": "1.2", "resource_changes": {}}', "not valid JSON"),
        (b'{"format_version": "1.2", "resource_changes": [{"change": {"actions": ["update"]}}]}', "without an address"),
        (b'{"format_version": "1.2", "resource_changes": [{"address": "a"}]}', "missing required field"),
        (b'{"format_version": "1.2", "resource_changes": [1]}', "not valid JSON"),
        (b"[" * 100_000, "."),
    ],
)
def test_what_is_no_plan_is_refused_with_a_reason(content: bytes, message: str) -> None:
    with pytest.raises(PlanJsonError, match=message):
        plan_json.parse(content)


def test_values_nested_too_deeply_are_refused() -> None:
    for depth in (101, 600):
        deep = b"[" * depth + b"1" + b"]" * depth
        for after in (b'{"x": %b}' % deep, b"%b" % deep):
            body = b'"change": {"actions": ["create"], "after_sensitive": {}, "after": %b}' % after
            with pytest.raises(PlanJsonError, match="nested too deeply"):
                plan_json.parse(b'{"format_version": "1.2", "resource_changes": [{"address": "a.b", %b}]}' % body)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_json_makes_it_raise_anything_else(value: Json) -> None:
    for content in (
        value,
        {"format_version": "1.0", "resource_changes": value},
        {"format_version": "1.0", "output_changes": value},
    ):
        try:
            plan_json.parse(json.dumps(content).encode())
        except PlanJsonError:
            continue


@pytest.mark.parametrize(
    ("actions", "first"),
    [(["create", "delete"], True), (["create", "forget"], True), (["delete", "create"], False), (["update"], False)],
)
def test_in_which_order_a_replace_happens(actions: list[str], *, first: bool) -> None:
    assert only(document(resource(actions))).create_before_destroy is first


@pytest.mark.parametrize("actions", [["create", "forget"], ["forget", "create"]])
def test_that_a_replaced_object_stays_is_said(actions: list[str]) -> None:
    assert only(document(resource(actions))).reason == "the old object is forgotten, not destroyed"


@pytest.mark.parametrize(
    ("importing", "reason"),
    [
        ({"id": "vpc-1"}, "imports vpc-1"),
        ({"identity": {"id": "vpc-1"}}, 'imports {"id":"vpc-1"}'),
        ({"unknown": True}, None),
        ({}, None),
        ("odd", None),
        ({"id": "password=hunter2"}, "imports password=(sensitive)"),
    ],
)
def test_what_is_imported_is_told(importing: Json, reason: str | None) -> None:
    found = only(document(resource(["no-op"], importing=importing)))
    assert (found.action, found.reason) == ("import", reason)


def test_generated_configuration_is_kept_without_its_secrets() -> None:
    text = 'resource "a" "b" {\n  name     = "x"\n  password = "hunter2"\n}\n'
    found = only(document(resource(["no-op"], importing={"id": "x"}, generated_config=text)))
    assert found.generated_config == text.replace("hunter2", "(sensitive)")


def test_ephemeral_resources_change_nothing() -> None:
    opened = {**resource(["Open"], address="ephemeral.x.y"), "mode": "ephemeral"}
    assert document(opened).changes == ()


@pytest.mark.parametrize(
    ("about", "address"),
    [
        ({"mode": "data", "type": "aws_vpc", "name": "main"}, "data.aws_vpc.main"),
        ({"type": "aws_vpc", "name": "main", "index": 3}, "aws_vpc.main[3]"),
        ({"type": "aws_vpc", "name": "main", "index": "a", "module_address": "module.x[0]"}, 'module.x[0].aws_vpc.main["a"]'),
    ],
)  # fmt: skip
def test_the_address_of_drift_is_put_together(about: Json, address: str) -> None:
    assert document(resource_drift=[{**about, "change": change(["update"])}]).drift[0].address == address


def test_drift_that_the_plan_builds_on() -> None:
    drift = [resource(["update"], address=address) for address in ("a.used", "a.each[0]", "a.other", 'a.key["x"]')]
    named = [
        {"resource": "a.used", "attribute": ["id"]},
        {"resource": "a.each", "attribute": []},
        {"resource": 'a.key["y"]'},
    ]
    assert [each.relevant for each in document(resource_drift=drift, relevant_attributes=named).drift] == [
        True,
        True,
        False,
        False,
    ]
    assert all(each.relevant for each in document(resource_drift=drift).drift)
    assert not any(each.relevant for each in document(resource_drift=drift, relevant_attributes=[]).drift)


def test_checks_with_their_problems() -> None:
    def address(text: str) -> Json:
        return {"to_display": text, "kind": "check"}

    found = document(
        checks=[
            {"address": address("check.ok"), "status": "pass", "instances": [{"address": address("check.ok"), "status": "pass"}]},
            {
                "address": address("a.b"),
                "status": "error",
                "instances": [
                    {"address": address("a.b[0]"), "status": "fail", "problems": [{"message": "too small"}, {"message": "password=x1y2z3"}]},
                    {"address": address("a.b[1]"), "status": "unknown"},
                ],
            },
            {"address": address("output.x"), "status": "surprise"},
        ]
    )  # fmt: skip
    assert [(each.address, each.status, each.problems) for each in found.checks] == [
        ("check.ok", "pass", ()),
        ("a.b", "error", ()),
        ("a.b[0]", "fail", ("too small", "password=(sensitive)")),
        ("a.b[1]", "unknown", ()),
        ("output.x", "unknown", ()),
    ]


def test_condition_results_of_terraform_1_2() -> None:
    results = [
        {"address": "output.x", "condition_type": "OutputPrecondition", "result": True, "unknown": False},
        {"address": "a.b", "condition_type": "ResourcePrecondition", "result": False, "unknown": True},
        {"address": "a.c", "condition_type": "ResourcePrecondition", "result": False, "unknown": False, "error_message": "no"},
    ]  # fmt: skip
    found = document(condition_results=results).checks
    assert [(each.address, each.status, each.problems) for each in found] == [
        ("output.x", "pass", ()),
        ("a.b", "unknown", ()),
        ("a.c", "fail", ("no",)),
    ]


def test_what_is_deferred_is_named() -> None:
    invocation = {"address": "action.x.y", "config_values": {}}
    found = document(
        complete=False,
        deferred_changes=[{"reason": "instance_count_unknown", "resource_change": resource(["create"], address="a.b[*]")}],
        deferred_action_invocations=[{"reason": "deferred_prereq", "action_invocation": invocation}],
    )  # fmt: skip
    assert found.deferred == ("a.b[*] (create: instance_count_unknown)", "action.x.y (invoke: deferred_prereq)")


def test_actions_that_are_invoked_are_changes() -> None:
    found = document(
        action_invocations=[
            {
                "address": "action.aws_lambda_invoke.warm",
                "type": "aws_lambda_invoke",
                "config_values": {"function": "warm", "key": "x"},
                "config_sensitive": {"key": True},
                "config_unknown": {"payload": True},
                "lifecycle_action_trigger": {"triggering_resource_address": "a.b", "action_trigger_event": "AfterCreate"},
            },
            {"address": "action.x.y", "invoke_action_trigger": {}},
        ]
    )  # fmt: skip
    first, second = found.changes
    assert (first.action, first.address, first.reason) == (
        "invoke",
        "action.aws_lambda_invoke.warm",
        "AfterCreate of a.b",
    )
    assert {each.path: (each.after, each.sensitive, each.unknown) for each in first.attributes} == {
        "function": ("warm", False, False), "key": (None, True, False), "payload": (None, False, True),
    }  # fmt: skip
    assert second.reason == "asked for with -invoke"
    assert summarise(found.changes) == summarise(())


def test_a_marked_value_is_masked_wherever_else_it_stands() -> None:
    found = document(
        resource(["update"], before={"p": "s3cr3t-value"}, after={"p": "other-s3cr3t"}, before_sensitive={"p": True}, after_sensitive={"p": True}),
        resource(["update"], address="a.b", before={"note": "x"}, after={"note": "s3cr3t-value", "text": "it is other-s3cr3t"}),
    )  # fmt: skip
    told = {each.path: (each.after, each.sensitive) for each in found.changes[1].attributes}
    assert told == {"note": (None, True), "text": ("it is (sensitive)", False)}


def test_short_and_common_words_are_not_masked_because_they_are_marked_somewhere() -> None:
    found = document(
        resource(["create"], after={"user": "admin", "db": "production"}, after_sensitive={"user": True, "db": True}),
        resource(["create"], address="a.b", after={"role": "admin", "environment": "production"}),
    )
    assert [each.after for each in found.changes[1].attributes] == ["admin", "production"]


def test_yes_and_no_are_no_secret_whatever_they_are_called() -> None:
    found = attributes(
        before={"manage_password": True, "password": False, "secret": None, "token": 5},
        after={"manage_password": False, "password": True, "secret": "arn:aws:secretsmanager:x:1:secret:y", "token": 6},
    )
    assert {path for path, each in found.items() if each.sensitive} == {"token"}


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("1", "1.0", [(1, 1.0)]),
        ("true", "1", [(True, 1)]),
        ("0.1", "0.1000000000000000055", [(0.1, "0.1000000000000000055")]),
        ("1", "1e400", [(1, "1e400")]),
        ("0", "1e-400", [(0, "1e-400")]),
        ("1", "1" * 400, [(1, int("1" * 400))]),
        ("12345678901234567890123", "12345678901234567890124", [(12345678901234567890123, 12345678901234567890124)]),
    ],
)  # fmt: skip
def test_numbers_are_told_exactly(before: str, after: str, shown: list[tuple[Json, Json]]) -> None:
    body = f'"actions": ["update"], "before_sensitive": {{}}, "before": {{"x": {before}}}, "after": {{"x": {after}}}'
    content = f'{{"format_version": "1.2", "resource_changes": [{{"address": "a.b", "change": {{{body}}}}}]}}'
    [found] = plan_json.parse(content.encode()).changes
    assert [(each.before, each.after) for each in found.attributes] == shown
    msgspec.json.encode(found)


def test_the_last_of_duplicate_keys_counts() -> None:
    content = b'{"format_version": "1.2", "resource_changes": [], "output_changes": {"x": {"actions": ["create"], "after": "a", "after": "b", "after_sensitive": true, "after_sensitive": false}}}'
    [found] = plan_json.parse(content).outputs
    assert [each.after for each in found.attributes] == ["b"]


def test_ten_thousand_outputs_and_an_address_that_is_a_trap() -> None:
    trap = 'a.b["`\n::error::</details>"]'
    outputs = {f"o{number}": change(["create"], after=number) for number in range(10_000)}
    found = document(resource(["create"], address=trap), output_changes=outputs)
    assert len(found.outputs) == 10_000
    assert only(found).address == trap


@pytest.mark.parametrize(
    "content",
    [
        b'{"format_version": "1.2", "resource_changes": [{"address": "a", "change": {"actions": ["create"], "after": {"x": NaN}}}]}',
        b'{"format_version": "1.2", "resource_changes": [{"address": "a", "change": {"actions": ["create"], "after": {"x": "\\ud800"}}}]}',
        b'{"format_version": "1.2", "resource_changes": [{"address": "a", "change": {"actions": ["create"], "after": {"x": "\xff"}}}]}',
        b'{"format_version": "1.2", "resource_changes": [{"address": "a", "change": {"actions": ["create"], "after": {"x": %b}}}]}' % (b"1" * 5000),
        b'{"format_version": "1.2", "resource_changes": [{"address": "\\udc00", "change": {"actions": ["create"]}}]}',
        b'{"format_version": "1.2", "resource_changes": [], "checks": [{"address": 1}]}',
        b'{"format_version": "1.2", "resource_changes": [], "variables": []}',
        b'{"format_version": "1.2", "resource_changes": [], "action_invocations": [{}]}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(PlanJsonError, match="not valid JSON of a Terraform plan"):
        plan_json.parse(content)


_WHOLE = json.dumps(
    {
        "format_version": "1.2", "variables": {"v": {"value": "x"}}, "configuration": {"root_module": {"variables": {"v": {"sensitive": True}}}},
        "resource_changes": [resource(["delete", "create"], before={"a": [1, {"b": "x"}]}, after={"a": [2]}, after_unknown={"c": True}, replace_paths=[["a", 0]])],
        "resource_drift": [resource(["update"], previous_address="a.c", importing={"id": "x"})],
        "relevant_attributes": [{"resource": "a", "attribute": ["x"]}],
        "output_changes": {"o": change(["create"], after="x")},
        "deferred_changes": [{"reason": "x", "resource_change": resource(["create"])}],
        "action_invocations": [{"address": "a", "config_values": {"x": 1}, "config_sensitive": {}}],
        "checks": [{"address": {"to_display": "c"}, "status": "fail", "instances": [{"address": {"to_display": "c"}, "problems": [{"message": "m"}]}]}],
        "errored": False, "complete": True,
    }
)  # fmt: skip


def test_a_plan_cut_off_anywhere_is_refused() -> None:
    assert plan_json.parse(_WHOLE.encode()).changes
    for end in range(len(_WHOLE)):
        with pytest.raises(PlanJsonError):
            plan_json.parse(_WHOLE[:end].encode())


_JUNK: Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4) | st.sampled_from(["1.2", "no-op", "a.b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["change", "actions", "address", "a"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=400)
@given(st.data(), _JUNK)
def test_a_wrong_type_anywhere_gives_a_reason_and_no_traceback(data: st.DataObject, junk: Json) -> None:
    content = json.loads(_WHOLE)
    place: Json = content
    for _ in range(data.draw(st.integers(0, 6))):
        keys: list[Json] = list(place) if isinstance(place, dict) else list(range(len(place)))
        deeper = [key for key in keys if isinstance(place[key], dict | list) and place[key]]
        if not deeper:
            break
        place = place[data.draw(st.sampled_from(deeper))]
    key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
    place[key] = junk
    try:
        found = plan_json.parse(json.dumps(content).encode())
    except PlanJsonError:
        return
    assert msgspec.json.encode([found.changes, found.drift, found.outputs, found.checks])


@given(st.binary(max_size=60))
def test_any_bytes_give_a_reason_and_no_traceback(content: bytes) -> None:
    with pytest.raises(PlanJsonError):
        plan_json.parse(content)
    with pytest.raises(PlanJsonError):
        plan_json.parse(b'{"format_version": "1.2", "resource_changes": [{"address": "a", "change": ' + content)
