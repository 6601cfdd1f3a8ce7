"""Data documents of policies as one JSON object, put together as OPA does it.

`opa -d DIRECTORY` and `conftest --data` (https://www.openpolicyagent.org/docs/cli): a document lies under the names of
the folders between the directory and its file; the file's own name is of no importance. What two files say of the same
thing is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from gitops_ci.model.plan import Problem
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

SUFFIXES = (".json", ".yaml", ".yml")
MAX_BYTES = 2 << 20
"""Of YAML, which takes seconds for a megabyte; JSON may be as large as any file."""


class DataFile(Struct, frozen=True, kw_only=True):
    """A file and the folders that its document lies under. `beside` policies: Kubernetes objects there are no data."""

    path: str
    under: tuple[str, ...]
    content: bytes
    beside: bool = False


def merged(files: Iterable[DataFile]) -> tuple[bytes, tuple[Problem, ...]]:
    """All documents as one JSON object, and what cannot be taken."""
    whole: dict[str, Any] = {}
    owners: dict[tuple[str, ...], str] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            value = _value(file)
        except YamlProblem as problem:
            problems.append(_problem(file, problem.message, problem.line))
            continue
        if value is None:
            continue
        for name in reversed(file.under):
            value = {name: value}
        if not isinstance(value, dict):
            problems.append(_problem(file, "is no object, so it has no name among the data: put it into a folder"))
            continue
        problems += _merge(whole, value, file, owners)
    return msgspec.json.encode(whole), tuple(problems)


def _problem(file: DataFile, message: str, line: int | None = None) -> Problem:
    return Problem(code="policy-data", message=f"data of policies: {message}", path=file.path, line=line)


def _value(file: DataFile) -> Any:
    """The document; None for what is no data. Raises YamlProblem."""
    if file.path.endswith(".json"):
        try:
            value = msgspec.json.decode(file.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise YamlProblem(1, f"not valid JSON: {error}") from None
        documents = [value]
    elif len(file.content) > MAX_BYTES:
        raise YamlProblem(1, f"is larger than {MAX_BYTES >> 20} MiB of YAML: write it as JSON")
    else:
        documents = [each.value for each in yaml_documents.documents(file.content)]
    if file.beside:
        documents = [each for each in documents if not is_object(each)]
    if len(documents) > 1:
        raise YamlProblem(1, "holds more than one document")
    return documents[0] if documents else None


def is_object(value: Any) -> bool:
    """Whether a document is a Kubernetes object."""
    return isinstance(value, dict) and isinstance(value.get("apiVersion"), str) and isinstance(value.get("kind"), str)


def _merge(
    whole: dict[str, Any], value: dict[str, Any], file: DataFile, owners: dict[tuple[str, ...], str]
) -> Iterator[Problem]:
    pending: list[tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]] = [((), whole, value)]
    while pending:
        place, into, new = pending.pop()
        for name, each in new.items():
            at = (*place, name)
            if name not in into:
                into[name] = {} if isinstance(each, dict) else each
                owners[at] = file.path
            elif not (isinstance(into[name], dict) and isinstance(each, dict)):
                message = f"`{'.'.join(at)}` is also in {owners.get(at, 'another file')}"
                yield _problem(file, message)
                continue
            if isinstance(each, dict):
                pending.append((at, into[name], each))
