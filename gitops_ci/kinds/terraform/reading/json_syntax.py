"""The same facts from Terraform's JSON syntax (https://developer.hashicorp.com/terraform/language/syntax/json)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.terraform.language.native_syntax import Lines
from gitops_ci.kinds.terraform.reading import path_reads
from gitops_ci.kinds.terraform.reading.path_reads import PathRead

_COMMENT = "//"
_RESOURCES = frozenset({"resource", "data", "ephemeral", "check"})  # a check holds a data source
_READ = path_reads.ARCHIVED | {"working_dir"}


class Unreadable(ValueError):
    """The document is no Terraform configuration; `line` is where that shows."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


class Facts(Struct, frozen=True):
    """What a document says; each module is its name, its source (None where computed) and its line."""

    modules: tuple[tuple[str, str | None, int], ...]
    reads: tuple[PathRead, ...]
    states: tuple[PathRead, ...]
    has_backend: bool
    reads_state: bool


class _Properties(tuple[tuple[str, Any], ...]):
    """An object with all of its properties: one that is given twice means two blocks."""

    __slots__ = ()

    def all(self, key: str) -> Iterator[Any]:
        """Every value of `key`; a block may be an object or a list of objects."""
        for name, value in self:
            if name == key:
                yield from value if isinstance(value, list) else (value,)


def read(text: str) -> Facts:
    """The facts of one document. Raises Unreadable."""
    try:
        document = json.loads(text, object_pairs_hook=_Properties)
    except (ValueError, RecursionError) as error:
        raise Unreadable("is not valid JSON", getattr(error, "lineno", None)) from None
    if not isinstance(document, _Properties):
        raise Unreadable("is not a JSON object", 1)
    backends = [
        backend
        for key in ("backend", "cloud")
        for settings in _bodies(document, "terraform")
        for backend in settings.all(key)
    ]
    remote = list(_data(document, "terraform_remote_state"))
    states = [value for found in (*backends, *remote) for key, value in _strings(found) if key == "path"]
    reads = [
        read
        for kind, part in document
        for key, value in _strings(part)
        for read in _reads(key, value, in_resource=kind in _RESOURCES)
    ]
    if _runs_program(document):
        reads += path_reads.of_program(1)
    return Facts(
        modules=tuple(_modules(document, text)),
        reads=path_reads.distinct(reads),
        states=tuple(path_reads.literal(path, "root", 1) for path in states if "path." not in path),
        has_backend=bool(backends),
        reads_state=bool(remote) or any(True for _ in _data(document, "tfe_outputs")),
    )


def _bodies(document: _Properties, key: str) -> Iterator[_Properties]:
    return (each for each in document.all(key) if isinstance(each, _Properties))


def _modules(document: _Properties, text: str) -> Iterator[tuple[str, str | None, int]]:
    lines = _Places(text)
    for named in _bodies(document, "module"):
        for name, value in named:
            if name == _COMMENT:
                continue
            line = lines.of(name)
            for body in value if isinstance(value, list) else (value,):
                sources = list(body.all("source")) if isinstance(body, _Properties) else []
                source = sources[0] if len(sources) == 1 else None
                plain = isinstance(source, str) and "{" not in source
                yield name, source if plain else None, line


class _Places:
    """Where names asked for in the order of the document stand as strings; the parser does not say."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = Lines(text)
        self._position = 0

    def of(self, name: str) -> int:
        """The line of `name`, from one."""
        quoted = json.dumps(name, ensure_ascii=False)
        found = self._text.find(quoted, self._position)
        if found >= 0:
            self._position = found + len(quoted)
        return self._lines.at(max(0, found))


def _data(document: _Properties, type: str) -> Iterator[Any]:
    for data in _bodies(document, "data"):
        yield from data.all(type)


def _runs_program(document: _Properties) -> bool:
    """Whether some block runs a program as it is planned, one in a `check` as well."""
    checks = (body for named in _bodies(document, "check") for _, check in named for body in _each(check))
    places = (document, *(body for body in checks if isinstance(body, _Properties)))
    return any(
        type in path_reads.PROGRAMS
        for place in places
        for kind in _RESOURCES
        for body in _bodies(place, kind)
        for type, _ in body
    )


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _reads(key: str, value: str, *, in_resource: bool) -> Iterator[PathRead]:
    is_path = path_reads.is_path(key, in_resource=in_resource)
    if value.startswith(("./", "../")) and not is_path and (key != "source" or in_resource):
        yield from path_reads.words(value, "root", 1)
    elif key in path_reads.COMMANDS:
        yield from path_reads.commands(value, 1)
    elif is_path and "{" not in value:
        yield path_reads.literal(value, "root", 1, "**")
    elif key in _READ and not path_reads.is_anchored(value, value.find("{") + 1):
        yield path_reads.unknown("root", 1)
    yield from path_reads.anchored(value, 1)
    yield from path_reads.called(value, 1)


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    """Every string below `value` with the key that it is under."""
    pending = [("", value)]
    while pending:
        key, current = pending.pop()
        if isinstance(current, str):
            yield key, current
        elif isinstance(current, _Properties):
            pending.extend(reversed(current))
        elif isinstance(current, list):
            pending.extend((key, each) for each in reversed(current))
