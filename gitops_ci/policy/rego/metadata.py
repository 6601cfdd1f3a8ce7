"""`# METADATA` comments of Rego, read without an engine.

https://www.openpolicyagent.org/docs/policy-language#metadata
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast, get_args

from msgspec import Struct

from gitops_ci.config import PolicyInput
from gitops_ci.model.finding import SEVERITIES, Severity
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

Scope = Literal["rule", "document", "package", "subpackages"]
_SCOPES = ("rule", "document", "package", "subpackages")
_BEGINS = re.compile(r"^[ \t]*#[ \t]*METADATA[ \t]*$")
_COMMENT = re.compile(r"^[ \t]*#(.*)$")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_KNOWN = frozenset(
    {"scope", "title", "description", "related_resources", "authors", "organizations", "schemas", "entrypoint"}
    | {"custom", "compile"}
)


class Annotation(Struct, frozen=True, kw_only=True):
    """What one block says. `target` is the line of the statement that it stands before, `name` that rule's name."""

    scope: Scope
    line: int
    target: int
    name: str
    title: str = ""
    description: str = ""
    severity: Severity | None = None
    id: str | None = None
    help: str = ""
    on: tuple[PolicyInput, ...] = ()
    url: str | None = None
    organizations: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


class MetadataProblem(Struct, frozen=True):
    """What is wrong with a block, and in which line."""

    line: int
    message: str


def read(text: str, statements: Mapping[int, str]) -> tuple[tuple[Annotation, ...], tuple[MetadataProblem, ...]]:
    """The blocks of a file, and what is wrong with them; `statements` has the first word of each by its line."""
    if "METADATA" not in text:
        return (), ()
    found: list[Annotation] = []
    problems: list[MetadataProblem] = []
    for line, written, after in _blocks(text.split("\n")):
        target = min((each for each in statements if each >= after), default=None)
        if target is None:
            problems.append(MetadataProblem(line, "METADATA stands before no rule and no package"))
            continue
        try:
            fields = _fields(written)
        except YamlProblem as problem:
            message = f"METADATA is {problem.message.replace('not valid YAML', 'no valid YAML')}"
            problems.append(MetadataProblem(line + problem.line, message))
            continue
        first = statements[target]
        problems += (MetadataProblem(line, message) for message in _wrong(fields, first))
        found.append(_annotation(fields, line, target, first))
    return tuple(found), tuple(problems)


def _blocks(lines: list[str]) -> Iterator[tuple[int, str, int]]:
    """The line of `# METADATA`, the YAML below it, and the line after it (all counted from one)."""
    index = 0
    while index < len(lines):
        begins = _BEGINS.match(lines[index].rstrip("\r")) is not None
        index += 1
        if not begins:
            continue
        start, written = index, []
        while index < len(lines) and (match := _COMMENT.match(lines[index].rstrip("\r"))) is not None:
            written.append(match[1])
            index += 1
        yield start, "\n".join(written), index + 1


def _fields(written: str) -> dict[str, Any]:
    documents = list(yaml_documents.documents(written.encode("utf-8", "replace")))
    if not documents:
        return {}
    if len(documents) > 1 or not isinstance(documents[0].value, dict):
        raise YamlProblem(documents[0].line, "not a mapping of keys to values")
    return documents[0].value


def _wrong(fields: dict[str, Any], first: str) -> Iterator[str]:
    scope = fields.get("scope", "rule")
    if scope not in _SCOPES:
        yield f"METADATA has the scope {scope!r}: rule, document, package or subpackages"
    if first == "package" and scope in ("rule", "document") and "scope" in fields:
        yield f"METADATA of the scope {scope} stands before the package"
    if first != "package" and scope in ("package", "subpackages"):
        yield f"METADATA of the scope {scope} does not stand before the package"
    unknown = sorted(map(str, fields.keys() - _KNOWN))
    if unknown:
        yield f"METADATA has no key {unknown[0]!r}: what is your own belongs under `custom`"
    custom = fields.get("custom", {})
    if not isinstance(custom, dict):
        yield "METADATA's `custom` is no mapping"
        return
    severity = custom.get("severity")
    if severity is not None and severity not in SEVERITIES:
        yield f"custom.severity is {severity!r}: error, warning or notice"
    for each in _inputs(custom.get("on")):
        if each not in get_args(PolicyInput):
            yield f"custom.on is {each!r}: {', '.join(get_args(PolicyInput))}"
    id = custom.get("id")
    if id is not None and not (isinstance(id, str) and _ID.fullmatch(id)):
        yield "custom.id is no word of letters, digits, `.`, `_`, `-` and `/`"


def _annotation(fields: dict[str, Any], line: int, target: int, first: str) -> Annotation:
    custom = fields.get("custom")
    own = custom if isinstance(custom, dict) else {}
    scope = fields.get("scope") if fields.get("scope") in _SCOPES else "rule"
    if first == "package" and scope != "subpackages":
        scope = "package"
    severity, id = own.get("severity"), own.get("id")
    return Annotation(
        scope=cast("Scope", scope),
        line=line,
        target=target,
        name=first,
        title=_text(fields.get("title")),
        description=_text(fields.get("description")),
        severity=severity if severity in SEVERITIES else None,
        id=id if isinstance(id, str) and _ID.fullmatch(id) else None,
        help=_text(own.get("help")),
        on=tuple(each for each in _inputs(own.get("on")) if each in get_args(PolicyInput)),
        url=next(_references(fields.get("related_resources")), None),
        organizations=tuple(map(_text, _list(fields.get("organizations")))),
        authors=tuple(filter(None, map(_author, _list(fields.get("authors"))))),
    )


def _inputs(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _references(resources: Any) -> Iterator[str]:
    for each in _list(resources):
        reference = each.get("ref") if isinstance(each, dict) else each
        if isinstance(reference, str) and reference.startswith(("https://", "http://")):
            yield reference


def _author(author: Any) -> str:
    return _text(author.get("name")) if isinstance(author, dict) else _text(author)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
