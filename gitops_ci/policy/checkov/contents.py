"""What a file of YAML or JSON holds that checkov looks at: objects of Kubernetes, or a template of CloudFormation."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec
from msgspec import Struct

from gitops_ci.policy.documents import manifests, yaml_documents
from gitops_ci.policy.documents.manifests import Manifest
from gitops_ci.policy.documents.yaml_documents import Document

_MOST = 4 << 20
"""Bytes of YAML that are parsed: a larger file would take a minute."""
_ESCAPE = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|\r?\n[ \t]*)")
_TEMPLATED = re.compile(rb"\{\{-?\s*\.(?:Release|Values)\.")
_WORDS = (b"apiVersion", b"kind")


class Member(Struct, frozen=True):
    """One object of a file: its line, and itself as JSON."""

    line: int
    json: bytes


class Content(Struct, frozen=True):
    """What a file holds: `objects` of Kubernetes, -1 where they cannot be read.

    `apart` are these objects one by one where checkov would pass over them as they are written: it knows `List` and no
    other list, and looks for its words in the bytes. `is_template`: it passes over the file as a template of a chart.
    """

    form: Literal["kubernetes", "cloudformation"] | None = None
    objects: int = 0
    apart: tuple[Member, ...] = ()
    is_template: bool = False


def of(content: bytes) -> Content:
    """What is in a file. Its bytes tell no more than that it is not worth parsing: YAML has escapes for every key."""
    plain = _plain(content)
    if b"\\" not in content and b"!" not in content and not _may_hold(plain):
        return Content()
    try:
        documents = _documents(content)
    except yaml_documents.YamlProblem:
        return _unparsed(plain)
    objects = _objects(documents)
    if objects:
        is_template = _TEMPLATED.search(content) is not None
        return Content("kubernetes", len(objects), _apart(content, objects), is_template)
    if any(_is_cloudformation(document.value) for document in documents):
        return Content("cloudformation")
    return Content()


def _documents(content: bytes) -> tuple[Document, ...]:
    if content[:100].lstrip()[:1] in (b"{", b"["):
        try:
            return (Document(msgspec.json.decode(content), 1, {}),)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # what is no JSON may still be YAML
    if len(content) > _MOST:
        raise yaml_documents.YamlProblem(1, "too large")
    return tuple(yaml_documents.documents(content))


def _objects(documents: tuple[Document, ...]) -> tuple[Manifest, ...]:
    """The objects; a list is none itself, its items are."""
    return tuple(each for each in manifests.objects(documents) if each.place or not _is_list(each.value))


def _is_list(value: dict[str, Any]) -> bool:
    return isinstance(value.get("items"), list) and value["kind"].endswith("List")


def _apart(content: bytes, objects: tuple[Manifest, ...]) -> tuple[Member, ...]:
    is_known = all(not each.place or each.document.value.get("kind") == "List" for each in objects)
    if is_known and all(word in content for word in _WORDS):
        return ()
    return tuple(Member(each.document.line_of(each.place), msgspec.json.encode(each.value)) for each in objects)


def _is_cloudformation(value: Any) -> bool:
    resources = value.get("Resources") if isinstance(value, dict) else None
    if not isinstance(resources, dict):
        return False
    types = (each.get("Type") for each in resources.values() if isinstance(each, dict))
    return "AWSTemplateFormatVersion" in value or any(str(each).startswith("AWS::") for each in types)


def _may_hold(plain: bytes) -> bool:
    return all(word in plain for word in _WORDS) or b"Resources" in plain


def _unparsed(plain: bytes) -> Content:
    """What a file that cannot be read would hold, by its words."""
    if all(word in plain for word in _WORDS):
        return Content("kubernetes", -1)
    if b"Resources" in plain and (b"AWSTemplateFormatVersion" in plain or b"AWS::" in plain):
        return Content("cloudformation")
    return Content()


def _plain(content: bytes) -> bytes:
    """The bytes with escapes as what they stand for, and without the zeros of UTF-16."""
    if b"\\" not in content:
        return content.replace(b"\0", b"")
    return _ESCAPE.sub(_character, content.replace(b"\0", b""))


def _character(match: re.Match[bytes]) -> bytes:
    digits = match[1] or match[2] or match[3]
    code = int(digits, 16) if digits else 0
    return bytes((code,)) if 0 < code < 128 else b""
