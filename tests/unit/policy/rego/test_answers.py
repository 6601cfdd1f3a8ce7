"""Values of rules as messages, in conftest's conventions."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_ci.policy.rego import answers
from gitops_ci.policy.rego.answers import Message, WrongShape


def test_texts_and_objects() -> None:
    value = [
        "plain  text\n",
        {"msg": "with a place", "details": {"path": ["spec", 0], "line": 7}, "address": "aws_s3_bucket.a"},
        {"msg": "written", "metadata": {"path": "spec.containers[0].image", "resource": "a.b"}},
    ]
    assert list(answers.messages(value)) == [
        Message(text="plain  text\n"),
        Message(text="with a place", line=7, place=("spec", 0), address="aws_s3_bucket.a"),
        Message(text="written", place=("spec", "containers", 0, "image"), address="a.b"),
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, "a number instead"),
        (True, "true or false instead"),
        ("deny", "a text instead"),
        ({"msg": "x"}, "an object instead"),
        (None, "null instead"),
        ([3], "a number as a message"),
        ([{"message": "x"}], "with nothing as its `msg`"),
        ([{"msg": 3}], "with a number as its `msg`"),
        ([" "], "an empty message"),
    ],
)
def test_what_is_no_message_is_told(value: Any, said: str) -> None:
    with pytest.raises(WrongShape, match=said):
        list(answers.messages(value))


def test_a_line_has_to_be_one() -> None:
    for line in (0, -1, "3", True, 1.5):
        (message,) = answers.messages([{"msg": "x", "line": line}])
        assert message.line is None


def test_exceptions_as_conftest_has_them() -> None:
    assert answers.excused([["run_as_root", ""], ["other"]]) == {"run_as_root", "", "other"}
    assert answers.excused({"a": ["x"]}) == {"x"}
    assert answers.excused(None) == frozenset()
    with pytest.raises(WrongShape):
        answers.excused(["x"])
    assert [answers.ending(name) for name in ("deny", "warn", "deny_a_b", "violation_x", "warn_y")] == [
        "", "", "a_b", "x", "y",
    ]  # fmt: skip
