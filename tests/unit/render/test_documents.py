"""Values as lines: JSON laid out by key, base64 decoded where it is text, nothing hidden by it."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.render import documents
from tests.unit.render.hostile import values

SCRIPT = "#!/bin/sh\necho hello\n"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_json_in_a_text_is_laid_out_by_key_and_without_commas() -> None:
    text = json.dumps({"b": ["x" * 40, "y" * 40], "a": 1})
    assert documents.of(f"\n{text}\n").lines == (
        "{", '  "a": 1', '  "b": [', f'    "{"x" * 40}"', f'    "{"y" * 40}"', "  ]", "}",
    )  # fmt: skip
    assert documents.of('{"b": 1,"a": 2}').lines == ('{"a": 2, "b": 1}',)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "{not json", "[1, NaN" + ", 2" * 40 + "]", "[" * 5000])
def test_what_would_lose_something_stays_the_text_that_it_is(text: str) -> None:
    assert documents.of(text).lines == (text,)


def test_user_data_is_decoded_and_it_is_said() -> None:
    plain = documents.of(encoded(SCRIPT.encode()), "user_data_base64")
    packed = documents.of(encoded(gzip.compress(SCRIPT.encode())), "launch_template[0].user_data")
    assert plain.lines == packed.lines == ("#!/bin/sh", "echo hello")
    assert (plain.decoded, packed.decoded) == ("base64", "base64, gzip")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (encoded(SCRIPT.encode()), "content"),
        (encoded(bytes(range(40))), "user_data"),
        (encoded(gzip.compress(SCRIPT.encode())[:-9]), "user_data"),
        (encoded(gzip.compress(b"x" * 10_000_000)), "user_data"),
        (encoded("a\u202eb".encode() * 9), "user_data"),
        ("#!/bin/sh", "user_data"),
        ("abcdefghijklmnopq", "user_data"),
        ("aGVsbG8K", "user_data"),
        ("é" * 16, "user_data"),
    ],
    ids=[
        "another name",
        "binary",
        "cut off",
        "a bomb",
        "invisible",
        "plain",
        "not base64",
        "a word",
        "not ASCII",
    ],
)
def test_what_is_not_clearly_text_is_not_decoded(value: str, path: str) -> None:
    assert documents.of(value, path) == documents.Document((value,))


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (gzip.compress(b"export DB_PASSWORD=hunter2\n", mtime=0), "export DB_PASSWORD=(sensitive)"),
        (b"git clone https://me:hunter2@git.example/a\n", "git clone https://me:(sensitive)@git.example/a"),
    ],
)
def test_a_secret_that_shows_once_a_value_is_unpacked_is_masked(content: bytes, shown: str) -> None:
    assert documents.of(encoded(content), "user_data").lines == (shown,)


def test_a_megabyte_is_one_line() -> None:
    assert documents.of("line\n" * 300_000).lines == ("line\n" * 300_000,)


@given(values, st.sampled_from(("user_data", "policy")))
def test_every_value_has_lines(value: Any, path: str) -> None:
    found = documents.of(value, path)
    assert bool(found.lines) == (value is not None)
    assert all(isinstance(line, str) for line in found.lines)
