"""A Dockerfile as conftest gives it: a list of its instructions, each value in the form that BuildKit's parser has.

https://docs.docker.com/reference/dockerfile/ and conftest's parser: `{Cmd, SubCmd, Flags, JSON, Value, Stage}`;
comments are instructions of the name `comment`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from gitops_ci.policy.documents.yaml_documents import Document, Place, YamlProblem

_DIRECTIVE = re.compile(r"#\s*([a-zA-Z]+)\s*=\s*(\S+)\s*")
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)(?:\s+(.*))?", re.DOTALL)
_FLAG = re.compile(r"\s*(--\S+)(?=\s|\Z)")
_HEREDOC = re.compile(r"<<-?\s*[\"']?([A-Za-z_]\w*)[\"']?")
_WORD = re.compile(r"""(?:[^\s"'\\]+|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+""", re.DOTALL)
_KNOWN = frozenset(
    {"add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck", "label", "maintainer"}
    | {"onbuild", "run", "shell", "stopsignal", "user", "volume", "workdir"}
)
_LISTS = frozenset({"add", "copy", "volume"})
_WHOLE = frozenset({"cmd", "entrypoint", "run", "shell"})
_WORDS = frozenset({"from", "expose", "arg"})
_PAIRS = frozenset({"env", "label"})
_HEREDOCS = frozenset({"run", "copy", "add"})


def documents(content: bytes) -> Iterator[Document]:
    """One document: the instructions. Raises YamlProblem at what is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise YamlProblem(1, "not UTF-8") from None
    found: list[dict[str, Any]] = []
    lines: dict[Place, int] = {}
    stage = -1
    for line, written in _logical(text.split("\n")):
        if written.startswith("#"):
            instruction = _made("comment", max(stage, 0), value=[written[1:].strip()], flags=None)
        else:
            stage += _word(written, line) == "from"
            instruction = _instruction(written, line, max(stage, 0))
        lines[len(found),] = line
        found.append(instruction)
    yield Document([found], 1, {(0, *place): line for place, line in lines.items()})


def _logical(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Instructions with their continuation lines and heredocs, and comments, each with its first line."""
    escape, index = "\\", 0
    while index < len(lines) and (directive := _DIRECTIVE.fullmatch(lines[index].rstrip("\r"))) is not None:
        escape = directive[2] if directive[1].lower() == "escape" else escape
        index += 1
    while index < len(lines):
        start, text = index + 1, lines[index].strip()
        index += 1
        if not text:
            continue
        if text.startswith("#"):
            yield start, text
            continue
        while text.endswith(escape) and index < len(lines):
            text = text[:-1]
            following = lines[index].rstrip()
            index += 1
            if following.lstrip().startswith("#") or not following.strip():
                text += escape  # comments and empty lines inside are left out
                continue
            text += following
        text = text.removesuffix(escape)
        if _word(text, start) in _HEREDOCS:
            for tag in _HEREDOC.findall(text):
                while index < len(lines) and lines[index].strip() != tag:
                    index += 1
                index += 1
        yield start, text


def _word(text: str, line: int) -> str:
    match = _INSTRUCTION.fullmatch(text)
    if match is None or match[1].lower() not in _KNOWN:
        raise YamlProblem(line, "not a valid Dockerfile: an instruction that there is not")
    return match[1].lower()


def _instruction(text: str, line: int, stage: int) -> dict[str, Any]:
    word = _word(text, line)
    match = _INSTRUCTION.fullmatch(text)
    rest = (match[2] or "").strip() if match is not None else ""
    if not rest:
        raise YamlProblem(line, f"not a valid Dockerfile: {word.upper()} of nothing")
    flags = []
    while (flag := _FLAG.match(rest)) is not None:
        flags.append(flag[1])
        rest = rest[flag.end() :].strip()
    sub = ""
    if word == "onbuild":
        _word(rest, line)
        sub, _, rest = rest.partition(" ")  # as it is written: conftest lowers the outer word only
    is_json, value = _value(sub.lower() or word, rest.strip())
    return _made(word, stage, value=value, flags=flags, sub=sub, is_json=is_json)


def _made(
    word: str, stage: int, *, value: list[str], flags: list[str] | None, sub: str = "", is_json: bool = False
) -> dict[str, Any]:
    return {"Cmd": word, "SubCmd": sub, "JSON": is_json, "Flags": flags, "Value": value, "Stage": stage}


def _value(word: str, rest: str) -> tuple[bool, list[str]]:
    if word in _LISTS | _WHOLE and rest.startswith("["):
        try:
            items = json.loads(rest)
        except (ValueError, RecursionError):
            items = None
        if isinstance(items, list) and all(isinstance(each, str) for each in items):
            return True, items
    if word in _LISTS | _WORDS:
        return False, rest.split()
    if word in _PAIRS:
        return False, list(_pairs(rest))
    if word == "healthcheck":
        kind, _, command = rest.partition(" ")
        is_json, value = _value("cmd", command.strip()) if command.strip() else (False, [])
        return is_json, [kind.upper(), *value]
    return False, [rest]


def _pairs(rest: str) -> Iterator[str]:
    """Name, value and the sign between them, for each pair; `ENV NAME the value` is the old form of one."""
    words = _WORD.findall(rest)
    if not words or "=" not in words[0]:
        name, _, value = rest.partition(" ")
        yield from (name, value.strip(), " ")
        return
    for word in words:
        name, _, value = word.partition("=")
        yield from (name, value, "=")
