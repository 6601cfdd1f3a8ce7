from __future__ import annotations

import base64
from typing import Any

import pytest

from gitops_ci.model.plan import Attribute, Change
from gitops_ci.render import difference
from gitops_ci.render.signed import DEFAULT_LIMITS, Limits


def lines(*attributes: Attribute, action: Any = "update", limits: Limits = DEFAULT_LIMITS) -> list[str]:
    what = Change(address="x", type="x", action=action, attributes=attributes)
    return [f"{line.sign} {line.text}".rstrip() for line in difference.change(what, limits)]


def test_attributes_are_aligned_and_those_that_force_a_replacement_come_first() -> None:
    shown = lines(
        Attribute(path="tags", before=None, after="a"),
        Attribute(path="zone", before="a", after="b", forces_replacement=True),
        action="replace",
    )
    assert shown == [
        "± x  # zone forces replacement",
        '-   zone = "a"',
        '+   zone = "b"  # forces replacement',
        '+   tags = "a"',
    ]


@pytest.mark.parametrize(
    ("attribute", "shown"),
    [
        (Attribute(path="p", sensitive=True), ["~   p = (sensitive value)"]),
        (Attribute(path="p", unknown=True), ["+   p = (known after apply)"]),
        (Attribute(path="p", before=1, unknown=True), ["-   p = 1", "+   p = (known after apply)"]),
        (Attribute(path="p", before=1), ["-   p = 1"]),
        (Attribute(path="p", before=False, after=0), ["-   p = false", "+   p = 0"]),
        (Attribute(path="p"), ["~   p = null"]),
        (Attribute(path="p", before="", after="a\u202eb"), ['-   p = ""', '+   p = "a\u202eb"']),
    ],
)
def test_each_state_of_a_value_looks_different(attribute: Attribute, shown: list[str]) -> None:
    assert lines(attribute)[1:] == shown


def test_a_sensitive_value_is_never_shown_even_where_one_was_left() -> None:
    assert "secret" not in "".join(lines(Attribute(path="p", before="secret", after="secret2", sensitive=True)))


def test_text_of_several_lines_is_compared_by_lines() -> None:
    before = "\n".join(f"line {number}" for number in range(20))
    shown = lines(Attribute(path="p", before=before, after=before.replace("line 10", "line ten")))
    assert shown[1:] == [
        "~   p =",
        "#     (8 unchanged lines)",
        "      line 8",
        "      line 9",
        "-     line 10",
        "+     line ten",
        "      line 11",
        "      line 12",
        "#     (7 unchanged lines)",
    ]


def test_json_in_a_text_is_compared_by_lines() -> None:
    shown = lines(
        Attribute(
            path="policy",
            before='{"Statement":[{"Action":"s3:GetObject","Resource":"arn:aws:s3:::assets"}]}',
            after='{"Statement":[{"Action":"s3:PutObject","Resource":"arn:aws:s3:::assets"}]}',
        )
    )
    assert '-           "Action": "s3:GetObject"' in shown
    assert '+           "Action": "s3:PutObject"' in shown


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\n", "a\nb"),
        ('{"a": "' + "x" * 60 + '"}', '{"a":"' + "x" * 60 + '"}'),
    ],
)
def test_laying_a_value_out_hides_no_difference(before: str, after: str) -> None:
    removed, added = lines(Attribute(path="p", before=before, after=after))[1:3]
    assert removed[0] == "-"
    assert added[0] == "+"
    assert removed[1:] != added[1:]


def test_a_key_that_is_there_twice_is_shown_twice() -> None:
    shown = lines(
        Attribute(
            path="p", before='{"Action": "a"}', after='{"Action": "*", "Action": "a", "Resource": "' + "x" * 60 + '"}'
        )
    )
    assert '"Action": "*", "Action": "a"' in "".join(shown).replace("\\", "")


def test_long_values_are_cut_where_they_differ_and_it_is_said() -> None:
    shown = lines(Attribute(path="p", before="a" * 5000 + "old", after="a" * 5000 + "new"))
    assert shown[1].endswith('old" (5,003 characters)')
    assert shown[2].endswith('new" (5,003 characters)')
    assert len(shown[1]) < 300


def test_many_lines_and_many_attributes_are_cut_and_counted() -> None:
    text = "\n".join(map(str, range(100)))
    assert lines(Attribute(path="p", after=text))[-1] == "#     60 more lines not shown"
    many = [Attribute(path=f"p{number}", after=1) for number in range(50)]
    assert lines(*many)[-1] == "#   10 more attributes not shown"


@pytest.mark.parametrize("action", ["import", "forget", "read", "move"])
def test_what_is_neither_made_nor_lost_is_said_in_words(action: Any) -> None:
    what = Change(address="a", previous_address="b", type="x", action=action)
    assert "  # " in difference.change(what)[0].text


def test_megabytes_are_cut() -> None:
    big = Attribute(path="p", before="line\n" * 300_000, after="line\n" * 300_000 + "x")
    nested = Attribute(path="q", after="[" * 100_000)
    numbers = Attribute(path="r", before=list(range(200_000)), after=10**6000)
    assert len(lines(big, nested, numbers)) < 200


def note(**fields: Any) -> str:
    values: dict[str, Any] = {"address": "a", "type": "x", "action": "update"} | fields
    return difference.change(Change(**values))[0].text


def test_a_replace_says_in_which_order_it_happens() -> None:
    assert note(action="replace", destructive=True) == "a  # destroy before create"
    assert note(action="replace", destructive=True, create_before_destroy=True) == "a  # create before destroy"
    assert note(action="replace", destructive=True, create_before_destroy=None) == "a"  # the engine makes none itself
    assert note(action="replace") == "a"  # the old object is forgotten, not destroyed


def test_a_move_shows_both_addresses() -> None:
    assert note(action="move", previous_address="b") == "b → a  # moved, nothing else changes"
    assert note(previous_address="b") == "a  # moved from b"


def test_an_import_says_which_object_it_is() -> None:
    assert note(action="import") == "a  # imported: exists already, will be managed from now on"
    named = note(action="update", importing=True, reason="imports i-0a1b")
    assert named == "a  # imports i-0a1b: exists already, will be managed from now on"


def test_a_deposed_object_is_named_as_one() -> None:
    assert note(action="delete", deposed="5f3a").startswith("a  # deposed object 5f3a, ")


def test_an_output_of_one_value_is_one_line() -> None:
    value = Attribute(path="value", before="a", after="b")
    what = Change(address="output.x", type="output", action="update", attributes=(value,))
    assert [f"{line.sign} {line.text}" for line in difference.change(what)] == [
        '- output.x = "a"',
        '+ output.x = "b"',
    ]


def test_what_is_only_counted_is_said() -> None:
    shown = lines(
        Attribute(path="zone", before="a", after="b", forces_replacement=True),
        Attribute(path="id", before="i-1", unknown=True),
        Attribute(path="policy", before="{}", after="{ }", cosmetic=True),
        Attribute(path="script", before="a", after="a ", cosmetic=True),
        action="replace",
    )
    assert shown[-2:] == [
        "#   1 becomes known after apply: id",
        "#   2 differ only in formatting: policy and script",
    ]
    assert "{ }" not in "".join(shown)


def test_an_added_object_reads_as_one_block() -> None:
    rule = {"from_port": 443, "to_port": 443, "protocol": "tcp"}
    shown = lines(Attribute(path='ingress["https"]', after=rule), Attribute(path="name", before="a", after="b"))
    assert shown == [
        "~ x",
        '-   name = "a"',
        '+   name = "b"',
        '+   ingress["https"]',
        "+     from_port = 443",
        "+     to_port   = 443",
        '+     protocol  = "tcp"',
    ]


def test_short_json_in_a_text_is_read_without_escapes() -> None:
    assert lines(Attribute(path="input", before='{"a":1}', after='{"a":2}'))[1:] == [
        '-   input = {"a": 1}',
        '+   input = {"a": 2}',
    ]


def test_user_data_is_compared_decoded() -> None:
    before, after = (base64.b64encode(f"#!/bin/sh\nrun {version}\n".encode()).decode() for version in ("1.0", "1.1"))
    attribute = Attribute(path="user_data_base64", before=before, after=after, forces_replacement=True)
    assert lines(attribute)[1:] == [
        "~   user_data_base64 =  # forces replacement; decoded from base64",
        "      #!/bin/sh",
        "-     run 1.0",
        "+     run 1.1",
    ]


def test_tabs_are_seen() -> None:
    assert lines(Attribute(path="p", before="a\n\tb", after="a\n  b"))[-2:] == ["-     ⇥ b", "+       b"]
