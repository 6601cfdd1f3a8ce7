"""JSON schemas of custom resources that a repository keeps in folders that `kinds.kubernetes.schemas` names.

Their files are called as kubeconform (`-schema-location`) and the CRDs catalogue (datreeio/CRDs-catalog) call them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, join

Name = tuple[str, str, str]
"""Group, version, kind."""


class Kept(Struct, frozen=True):
    """The schema of a kind and its file; None where the file holds none."""

    path: str
    schema: dict[str, Any] | None


def of(name: Name, folders: tuple[str, ...], snapshot: Snapshot) -> Kept | None:
    """The schema of a kind in the first folder that has one.

    It is read at the end that is judged, as CRDs are: it says what the objects beside it are, and permits nothing.
    """
    for path in _paths(name, folders):
        real = snapshot.resolve(path)
        if real is not None and real in snapshot:
            return Kept(path, snapshot.facts((real,), read).get(real, Read()).schema)
    return None


def missing(folders: tuple[str, ...], snapshot: Snapshot) -> tuple[str, ...]:
    """The folders that are not there."""
    real = {each: snapshot.resolve(join("", each) or "") for each in folders}
    return tuple(each for each, path in real.items() if path is None or not snapshot.is_directory(path))


class Read(Struct, frozen=True):
    """What a file is: a schema, or none."""

    schema: dict[str, Any] | None = None


def read(content: bytes) -> Read:
    """A file's schema, if it is JSON and a mapping."""
    try:
        return Read(msgspec.json.decode(content, type=dict[str, Any]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Read()


def _paths(name: Name, folders: tuple[str, ...]) -> Iterator[str]:
    group, version, kind = name[0], name[1], name[2].lower()
    by_group = (f"{kind}-{each}-{version}.json" for each in (group, group.partition(".")[0]))
    files = (f"{group}/{kind}_{version}.json", *by_group)
    for folder in folders:
        yield from (path for file in files if (path := join(folder, file)) is not None)
