"""Files that hold values (YAML, JSON, TOML, HCL, Dockerfiles), as conftest gives them to policies.

https://www.conftest.dev: a file is one input, each document of a YAML file is one, and so is each item of a file that
holds a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

import msgspec
from msgspec import Struct

from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import Document, Place, YamlProblem

MAX_BYTES = 4 << 20
"""Larger files of YAML are refused: one would take a minute."""
LFS = b"version https://git-lfs.github.com/spec/v1\n"

_LOOKED_AT = 8192
"""Bytes in which a file shows that it is no text, as git has it."""
_MERGES = re.compile(rb"<<|\\u003", re.IGNORECASE)
"""A key of JSON that is an instruction to kustomize, which reads it as YAML."""
_ESCAPED = re.compile(rb"\\[xuU\r\n]|binary")
"""How a key may be written so that its letters are nowhere in the file."""


class Unreadable(Exception):
    """Why a file, or the rest of one, cannot be read; the line counts from one.

    `everywhere`: Kubernetes cannot read it either.
    """

    def __init__(self, line: int | None, message: str, *, everywhere: bool = False) -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.everywhere = everywhere


class Parsed(Struct, frozen=True, kw_only=True):
    """What a content holds, and why that may not be all; `templated` where it has `{{`.

    `may_hold_object` is about what could not be read: whether an object of Kubernetes may be in it.
    """

    documents: tuple[Document, ...] = ()
    wrong: Unreadable | None = None
    may_hold_object: bool = True
    templated: bool = False


TOO_LARGE = Parsed(wrong=Unreadable(None, "too large to be read"))


def format_of(path: str) -> str | None:
    """The name of a file's format; None for one that is not read here."""
    name = path.rpartition("/")[2].lower()
    if name in ("dockerfile", "containerfile") or name.startswith(("dockerfile.", "containerfile.")):
        return None if name.endswith(".dockerignore") else "Dockerfile"
    for suffix, name_of_format in _SUFFIXES.items():
        if name.endswith(suffix):
            return name_of_format
    return None


def documents(path: str, content: bytes) -> Iterator[Document]:
    """The documents of a file whose format is known. Raises Unreadable, after those before it were given."""
    try:
        for document in _READERS[format_of(path) or ""](content):
            yield from _items(document)
    except YamlProblem as problem:
        raise Unreadable(problem.line, problem.message, everywhere=problem.everywhere) from None


def fact(name: str) -> Callable[[bytes], Parsed]:
    """What makes a content of a format into what it holds: one function a format (`Snapshot.facts`)."""
    return _FACTS[name]


def _parsed(name: str, content: bytes) -> Parsed:
    path = next(f"x{suffix}" for suffix, each in _SUFFIXES.items() if each == name)
    found: list[Document] = []
    wrong = _no_text(content)
    try:
        found.extend(documents(path, content) if wrong is None else ())
    except Unreadable as error:
        wrong = error
    letters = content.replace(b"\0", b"")  # UTF-16 is one that Kubernetes reads
    return Parsed(
        documents=tuple(found),
        wrong=wrong,
        may_hold_object=b"apiVersion" in letters or _ESCAPED.search(letters) is not None or content.startswith(LFS),
        templated=b"{{" in content and name in ("YAML", "JSON"),
    )


def _no_text(content: bytes) -> Unreadable | None:
    if content.startswith(LFS):
        return Unreadable(None, "a pointer to a file that git LFS keeps elsewhere")
    return Unreadable(None, "binary, whatever its name says") if b"\0" in content[:_LOOKED_AT] else None


def _items(document: Document) -> Iterator[Document]:
    if not isinstance(document.value, list):
        yield document
        return
    lines: list[dict[Place, int]] = [{} for _ in document.value]
    for place, line in document.lines.items():
        if place and isinstance(place[0], int):
            lines[place[0]][place[1:]] = line
    for item, own in zip(document.value, lines, strict=True):
        yield Document(item, own.get((), document.line), own, doubts=document.doubts)


def _yaml(content: bytes) -> Iterator[Document]:
    if len(content) > MAX_BYTES:
        raise Unreadable(None, f"larger than {MAX_BYTES >> 20} MiB of YAML")
    yield from yaml_documents.documents(content)


def _json(content: bytes) -> Iterator[Document]:
    """JSON, or else YAML: Kubernetes does not look at a file's name."""
    try:
        document = Document(msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf")), 1, {})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            found = list(_yaml(content))
        except (YamlProblem, Unreadable):
            raise Unreadable(None, f"not valid JSON: {error}") from None
        if not any(isinstance(each.value, dict | list) for each in found):
            raise Unreadable(None, f"not valid JSON: {error}") from None
        yield from found
    else:
        yield from _yaml(content) if _MERGES.search(content) is not None else (document,)


def _toml(content: bytes) -> Iterator[Document]:
    import tomllib

    try:
        value = tomllib.loads(content.decode("utf-8-sig"))
        yield Document(msgspec.json.decode(msgspec.json.encode(value)), 1, {})  # dates become text, as in JSON
    except (ValueError, RecursionError, TypeError) as error:
        raise Unreadable(None, f"not valid TOML: {error}") from None


def _hcl(content: bytes) -> Iterator[Document]:
    from gitops_ci.kinds.terraform.language.blocks import Unreadable as NoHcl
    from gitops_ci.policy.documents import hcl

    try:
        yield hcl.document(content)
    except NoHcl as error:
        raise Unreadable(error.line, f"not valid HCL: the file {error}") from None


def _dockerfile(content: bytes) -> Iterator[Document]:
    from gitops_ci.policy.documents import dockerfile

    yield from dockerfile.documents(content)


_SUFFIXES = {
    ".yaml": "YAML", ".yml": "YAML", ".json": "JSON", ".toml": "TOML", ".dockerfile": "Dockerfile",
    ".tf": "HCL", ".tofu": "HCL", ".hcl": "HCL", ".tfvars": "HCL", ".nomad": "HCL",
}  # fmt: skip
_READERS: dict[str, Callable[[bytes], Iterator[Document]]] = {
    "YAML": _yaml, "JSON": _json, "TOML": _toml, "HCL": _hcl, "Dockerfile": _dockerfile,
}  # fmt: skip
_FACTS = {name: partial(_parsed, name) for name in _READERS}
