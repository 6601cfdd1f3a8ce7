"""Secrets in Terraform's files: literals given to what is called a secret, or to a variable that is `sensitive`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.patterns import later
from gitops_ci.policy.secrets import found, judging, text, values
from gitops_ci.policy.secrets.found import Found

TFVARS = "secrets/tfvars"
_LITERAL = later(r'(?:([\w.-]+)["\])]*\s*[=:]\s*)?"((?:[^"\\]|\\.)*)"')
_HEREDOC = later(r"<<[-~]?(\w+)\r?\n(.*?)\n[ \t]*\1\s*\Z", re.DOTALL)
_NUMBER = later(r"\d{4,}")


class Given(Struct, frozen=True, gc=False):
    """A value that a `.tfvars` file gives; `named` where its name alone says that it is secret."""

    variable: str
    found: Found
    named: bool


class Variables(Struct, frozen=True):
    """What a configuration says of its variables: names of the sensitive ones, and defaults that are secrets."""

    sensitive: frozenset[str] = frozenset()
    defaults: tuple[Found, ...] = ()


def variables(content: bytes, *, is_json: bool = False) -> Variables:
    """The variables of one file; none of one that cannot be read."""
    if b"variable" not in content or not (b"sensitive" in content or b"default" in content):
        return Variables()
    from gitops_ci.kinds.terraform.language import blocks

    try:
        body = blocks.read(content, is_json=is_json)
    except blocks.Unreadable:
        return Variables()
    sensitive: set[str] = set()
    defaults: list[Found] = []
    for block in body.all("variable"):
        name = block.labels[0] if block.labels else ""
        marked = block.body.attribute("sensitive")
        if marked is not None and marked.expression.strip().strip('"') == "true":
            sensitive.add(name)
        default = block.body.attribute("default")
        if default is not None:
            for key, value, line in _literals(default.expression, default.line):
                if judging.is_given(key or name, value) or (name in sensitive and _is_value(value)):
                    defaults.append(found.make("secrets/assignment", name, line, value))
    return Variables(frozenset(sensitive), tuple(defaults))


def variables_of_json(content: bytes) -> Variables:
    """The same of a file in JSON syntax."""
    return variables(content, is_json=True)


def given(content: bytes) -> tuple[Given, ...]:
    """The values that a `.tfvars` file gives to variables, of which some may turn out to be sensitive."""
    from gitops_ci.kinds.terraform.language import blocks

    try:
        body = blocks.read(content)
    except blocks.Unreadable:
        return ()
    return tuple(
        each for attribute in body.attributes for each in _given(attribute.name, attribute.expression, attribute.line)
    )


def given_in_json(content: bytes) -> tuple[Given, ...]:
    """The same of `.tfvars.json`; lines are those of the variables."""
    import json

    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return ()
    read = content.decode("utf-8", "replace")
    lines = text.Lines(read)
    told: list[Given] = []
    for name, value in document.items() if isinstance(document, dict) else ():
        line = lines.at(max(read.find(json.dumps(name)), 0))
        told += _given(name, json.dumps(value), line)
    return tuple(told)


def _given(variable: str, expression: str, line: int) -> Iterator[Given]:
    for key, value, at in _literals(expression, line):
        if _is_value(value):
            named = judging.is_given(key or variable, value) or judging.is_given(variable, value)
            yield Given(variable, found.make(TFVARS, variable, at, value), named)


def _is_value(value: str) -> bool:
    return not values.is_nothing(value) and value not in ("true", "false")


def _literals(expression: str, line: int) -> Iterator[tuple[str, str, int]]:
    """The literals of an expression with the keys that they are given to, and their lines."""
    heredoc = _HEREDOC.match(expression)
    if heredoc is not None:
        yield "", heredoc[2], line + 1
    elif _NUMBER.fullmatch(expression.strip()):
        yield "", expression.strip(), line
    else:
        lines = text.Lines(expression, line)
        for match in _LITERAL.finditer(expression):
            yield match[1] or "", match[2], lines.at(match.start(2))
