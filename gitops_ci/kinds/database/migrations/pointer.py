"""`migrations.yml`: which migrations an environment has, read event by event.

Events and not a document, because composing one recurses in C and a hostile file would end the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.snapshot import Snapshot

FILES = ("migrations.yml", "migrations.yaml")
KEYS = ("migrations", "through")
MAX_BYTES = 64 * 1024
_ABSENT = frozenset({"", "~", "null"})


class Pointer(Struct, frozen=True, kw_only=True):
    """What the file says. `directory` is relative to the repository, None where the file is wrong (`problem`)."""

    path: str
    directory: str | None = None
    through: str | None = None
    through_line: int | None = None
    problem: str | None = None
    problem_line: int | None = None


class _PointerError(Exception):
    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class _Value(Struct, frozen=True):
    text: str
    line: int


def file_in(directory: str, snapshot: Snapshot) -> str | None:
    """The path of the `migrations.yml` of a directory, where it has one."""
    at = f"{directory}/" if directory else ""
    return next((at + name for name in FILES if at + name in snapshot), None)


def read(directory: str, snapshot: Snapshot) -> Pointer | None:
    """The `migrations.yml` of a directory; None where there is none. Never raises: what is wrong is `problem`."""
    path = file_in(directory, snapshot)
    if path is None:
        return None
    try:
        values = _values(_text(path, snapshot))
        return _pointer(path, directory, values, snapshot)
    except _PointerError as wrong:
        return Pointer(path=path, problem=str(wrong), problem_line=wrong.line)


def _pointer(path: str, directory: str, values: dict[str, _Value], snapshot: Snapshot) -> Pointer:
    if "migrations" not in values:
        raise _PointerError("has no `migrations`: it names the directory of the migrations, relative to this file", 1)
    relative = values["migrations"]
    joined = None if relative.text.startswith("/") else snapshots.join(directory, relative.text)
    target = snapshot.resolve(joined) if joined is not None else None
    if target is None:
        raise _PointerError(
            f"`migrations: {relative.text}` leaves the repository: expected a path relative to this file", relative.line
        )
    if not snapshot.is_directory(target):
        raise _PointerError(f"`migrations: {relative.text}` is no directory: there is no {target}", relative.line)
    through = values.get("through")
    named = through if through is not None and through.text not in _ABSENT else None
    return Pointer(
        path=path, directory=target, through=named.text if named else None, through_line=named.line if named else None
    )


def _text(path: str, snapshot: Snapshot) -> str:
    real = snapshot.resolve(path)
    content = snapshot.read(real, limit=MAX_BYTES) if real is not None else None
    if content is None:
        raise _PointerError(f"cannot be read: expected a file of at most {MAX_BYTES // 1024} KiB inside the repository")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _PointerError("is not UTF-8", content[: error.start].count(b"\n") + 1) from None


def _values(text: str) -> dict[str, _Value]:
    """The keys of a flat mapping; every scalar as it is written (`003` stays `003`)."""
    import yaml  # a repository without the file does without

    try:
        return _flat(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise _PointerError(f"is not valid YAML: {error.problem}", line) from None
    except yaml.YAMLError:
        raise _PointerError("is not valid YAML") from None


def _flat(events: Iterator[Any]) -> dict[str, _Value]:
    """`Any`: PyYAML's events share no type that has their fields."""
    import yaml

    values: dict[str, _Value] = {}
    key: str | None = None
    mappings = 0
    for event in events:
        line = event.start_mark.line + 1
        match event:
            case yaml.StreamStartEvent() | yaml.StreamEndEvent() | yaml.DocumentStartEvent() | yaml.DocumentEndEvent():
                continue
            case yaml.MappingStartEvent() if mappings == 0:
                mappings = 1
            case yaml.MappingEndEvent() if mappings == 1:
                mappings = 2
            case yaml.ScalarEvent() if mappings == 1 and key is None:
                key = _key(str(event.value), line, values)
            case yaml.ScalarEvent() if mappings == 1 and key is not None:
                values[key] = _Value(str(event.value), line)
                key = None
            case _:
                raise _PointerError("holds more than `migrations` and `through` with one text each", line)
    return values


def _key(name: str, line: int, values: dict[str, _Value]) -> str:
    if name not in KEYS:
        raise _PointerError(f"has an unknown key `{name[:60]}`: expected `migrations` and, if need be, `through`", line)
    if name in values:
        raise _PointerError(f"has `{name}` twice", line)
    return name
