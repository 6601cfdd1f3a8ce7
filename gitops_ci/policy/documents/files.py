"""Files that hold values (YAML, JSON, TOML, HCL, Dockerfiles), as conftest gives them to policies.

https://www.conftest.dev: a file is one input, each document of a YAML file is one, and so is each item of a file that
holds a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import Document, YamlProblem

MAX_BYTES = 4 << 20
"""Larger files of YAML are refused: one would take a minute."""


class Unreadable(Exception):
    """Why a file, or the rest of one, cannot be read; the line counts from one."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


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
    reader = _READERS[format_of(path) or ""]
    try:
        for document in reader(content):
            yield from _items(document)
    except YamlProblem as problem:
        raise Unreadable(problem.line, problem.message) from None


def _items(document: Document) -> Iterator[Document]:
    if not isinstance(document.value, list):
        yield document
        return
    for index, item in enumerate(document.value):
        lines = {place[1:]: line for place, line in document.lines.items() if place[:1] == (index,)}
        yield Document(item, lines.get((), document.line), lines)


def _yaml(content: bytes) -> Iterator[Document]:
    if len(content) > MAX_BYTES:
        raise Unreadable(None, f"larger than {MAX_BYTES >> 20} MiB of YAML")
    yield from yaml_documents.documents(content)


def _json(content: bytes) -> Iterator[Document]:
    try:
        yield Document(msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf")), 1, {})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(None, f"not valid JSON: {error}") from None


def _toml(content: bytes) -> Iterator[Document]:
    import tomllib

    try:
        value = tomllib.loads(content.decode("utf-8-sig"))
        yield Document(msgspec.json.decode(msgspec.json.encode(value)), 1, {})  # dates become text, as in JSON
    except (ValueError, RecursionError, TypeError) as error:
        raise Unreadable(None, f"not valid TOML: {error}") from None


def _hcl(content: bytes) -> Iterator[Document]:
    from gitops_ci.kinds.terraform.blocks import Unreadable as NoHcl
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
