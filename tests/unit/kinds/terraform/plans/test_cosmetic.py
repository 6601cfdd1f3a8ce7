"""Texts that mean the same, and the many that only look so."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.plans import cosmetic


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a":1,"b":[1,2]}', '{\n  "b": [1, 2],\n  "a": 1\n}\n'),
        ('{"a":"\\u003c"}', '{"a":"<"}'),
        ("[1, 2]", "[1,2]"),
        ("a: 1\nb:\n- x\n- y\n", "b:\n  - x\n  - y\na: 1\n"),
        ("a: 'x'\nb: 2\n", 'a: "x"\nb: 2'),
        ("one\ntwo\n", "one\ntwo"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("# about\na: 1\nb: 2\n", "# about\nb: 2\na: 1\n"),
    ],
)
def test_what_means_the_same(before: str, after: str) -> None:
    assert cosmetic.means_the_same(before, after)
    assert cosmetic.means_the_same(after, before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a", "a "), ("a", "a\n"), ("a b", "a  b"), ("", " "), ("one\ntwo", "one\n  two"), ("one \ntwo", "one\ntwo"),
        ("#!/bin/sh\necho\n", "#!/bin/sh\r\necho\r\n"), ("#!/bin/sh\necho \\\n x", "#!/bin/sh\necho \\ \n x"),
        ('{"a":1}', '{"a":1.0}'), ('{"a":1}', '{"a":"1"}'), ('{"a":1}', '{"a":true}'), ('{"a":[1,2]}', '{"a":[2,1]}'),
        ('{"a":" "}', '{"a":"  "}'), ('{"a":1,"a":2}', '{"a":2,"a":1}'), ('{"a":1', '{ "a":1'), ('{"a":NaN}', '{"a":"NaN"}'),
        ("a: 1\nb: yes\n", "a: 1\nb: true\n"), ("a: 1\nb: 1.10\n", "a: 1\nb: 1.1\n"), ('a: "1"\nb: 2\n', "a: 1\nb: 2\n"),
        ("- a\n- b\n", "- b\n- a\n"), ("#cloud-config\na: 1\n", "a: 1\n#cloud-config\nb: 1"), ("a: 1\nb: 2\n", "#cloud-config\na: 1\nb: 2"),
        ("x: &a {b: 1}\ny: *a\n", "y: *a\nx: &a {b: 1}\n"), ("some words\nare here", "some  words\nare here"),
        ("a: 1\na: 2\n", "a: 2\na: 1\n"), ("a: |\n  x\n  y\n", "a: >\n  x\n  y\n"), ("[" * 3000, " " + "[" * 3000),
        ("{" + '"a":{' * 3000, "{ " + '"a":{' * 3000), ("a: 1\nb: !x 2\n", "a: 1\nb: 2\n"), ("same\ntext", "same\ntext"),
    ],
)  # fmt: skip
def test_what_may_not_mean_the_same(before: str, after: str) -> None:
    assert not cosmetic.means_the_same(before, after)


_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), _VALUES, max_size=4), _VALUES)
def test_json_means_the_same_where_it_is_the_same(value: dict[str, Any], other: Any) -> None:
    one, another = json.dumps(value), json.dumps(dict(reversed(value.items())), indent=1, ensure_ascii=False)
    assert cosmetic.means_the_same(one, another) == (one != another)
    different = json.dumps(other, indent=3)
    if json.dumps(other, sort_keys=True) != json.dumps(value, sort_keys=True):
        assert not cosmetic.means_the_same(one, different)


@given(st.text(max_size=60), st.text(max_size=60))
def test_texts_that_mean_the_same_are_read_the_same(before: str, after: str) -> None:
    if cosmetic.means_the_same(before, after):
        assert before.split() == after.split() or yaml.safe_load(before) == yaml.safe_load(after)


def test_large_texts_take_no_time() -> None:
    started = time.process_time()
    for text in ("[" * 900_000, "a: 1\n" * 200_000, '{"a": "' + "x" * 2_000_000 + '"}', "- " * 40_000 + "\n"):
        cosmetic.means_the_same(text, " " + text)
    assert time.process_time() - started < 10
