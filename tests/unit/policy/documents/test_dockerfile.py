"""Dockerfiles as conftest gives them."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.policy.documents import dockerfile
from gitops_ci.policy.documents.yaml_documents import YamlProblem


def read(text: str) -> list[dict[str, Any]]:
    (document,) = dockerfile.documents(text.encode())
    found: list[dict[str, Any]] = document.value[0]
    return found


def test_instructions_with_their_stage_flags_and_comments() -> None:
    (document,) = dockerfile.documents(
        b"# syntax=docker/dockerfile:1\nARG V=1\nFROM --platform=linux/amd64 x:$V AS build\n# why\nRUN a && \\\n    # inner\n"
        b'    b\nFROM scratch\nCOPY --from=build --chown=1:1 /a /b/\nCMD ["sh", "-c"]\n'
    )
    found = document.value[0]
    assert [(each["Cmd"], each["Stage"]) for each in found] == [
        ("arg", 0), ("from", 0), ("comment", 0), ("run", 0), ("from", 1), ("copy", 1), ("cmd", 1),
    ]  # fmt: skip
    assert found[1]["Flags"] == ["--platform=linux/amd64"]
    assert found[1]["Value"] == ["x:$V", "AS", "build"]
    assert found[2]["Value"] == ["why"]
    assert found[3]["Value"] == ["a &&     b"]
    assert (found[5]["Flags"], found[5]["Value"]) == (["--from=build", "--chown=1:1"], ["/a", "/b/"])
    assert (found[6]["JSON"], found[6]["Value"]) == (True, ["sh", "-c"])
    assert document.line_of((0, 3)) == 5
    assert document.line_of((0, 6)) == 10


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ENV A=1 B='x y'", ["A", "1", "=", "B", "'x y'", "="]),
        ("ENV A the rest", ["A", "the rest", " "]),
        ("LABEL a=b", ["a", "b", "="]),
        ("EXPOSE 80 443/tcp", ["80", "443/tcp"]),
        ('RUN ["not json"', ['["not json"']),
        ("RUN apt-get  install x", ["apt-get  install x"]),
        ("user root", ["root"]),
        ('VOLUME ["/a", "/b"]', ["/a", "/b"]),
        ("HEALTHCHECK --interval=5s CMD curl x", ["CMD", "curl x"]),
        ("HEALTHCHECK NONE", ["NONE"]),
    ],
)
def test_values(text: str, value: list[str]) -> None:
    assert read(text)[0]["Value"] == value


def test_the_rest_of_its_syntax() -> None:
    (onbuild,) = read("ONBUILD RUN make")
    assert (onbuild["Cmd"], onbuild["SubCmd"], onbuild["Value"]) == ("onbuild", "RUN", ["make"])
    assert [each["Value"] for each in read("# escape=`\nRUN a `\n b\nRUN c")] == [["a  b"], ["c"]]
    assert [each["Cmd"] for each in read("RUN <<EOF\nFROM x\nNOTHING\nEOF\nUSER 1")] == ["run", "user"]


@pytest.mark.parametrize("text", ["FROM", "NOTHING x", "{}", "FROM x\n\nGO"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(YamlProblem):
        read(text)


@given(st.text(alphabet='RUNFOM <E\\\n#"[],-=`$ a', max_size=80))
def test_nothing_else_is_raised(text: str) -> None:
    with contextlib.suppress(YamlProblem):
        read(text)
