"""What is put before a program: which files it names, and that a script gets what it is run by."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec import structs

from gitops_ci.system import wall, wall_shim
from gitops_ci.system.wall import Room

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is a wall on Linux only")


def named(room: Room, option: str) -> list[str]:
    words = wall.around(room)
    assert words[-1] == "--"
    return [words[index + 1] for index, word in enumerate(words) if word == option]


def program(place: Path, content: bytes) -> Path:
    found = place / "program"
    found.write_bytes(content)
    return found


def test_a_binary_runs_nothing_else_but_what_loads_it(tmp_path: Path) -> None:
    room = Room(programs=(program(tmp_path, b"\x7fELF"),), reads=(Path("/srv/a"),), writes=(Path("/srv/b"),))
    first, *loaders = named(room, "--run")
    assert first == str(tmp_path / "program")
    assert all(Path(each).name.startswith("ld-") for each in loaders)
    assert "/srv/a" in named(room, "--read")
    assert named(room, "--write") == ["/dev/null", "/dev/zero", "/dev/full", "/srv/b"]


def test_a_script_runs_what_it_is_written_for(tmp_path: Path) -> None:
    room = Room(programs=(program(tmp_path, b"#!/bin/sh\n"),))
    assert {"/usr", "/bin"} <= set(named(room, "--run"))


def test_nobody_has_a_socket_unless_it_serves(tmp_path: Path) -> None:
    room = Room(programs=(tmp_path,))
    assert named(room, "--sockets") == []
    assert named(structs.replace(room, serves=True, user=(61184, 61185)), "--sockets") == ["serving"]
    assert named(structs.replace(room, user=(61184, 61185)), "--user") == ["61184:61185"]


def test_a_python_at_the_root_of_everything_opens_nothing_but_folders_of_programs() -> None:
    assert Path("/") not in wall.python(Path("/bin/python3"))
    assert {Path("/lib"), Path("/bin")} <= set(wall.python(Path("/python")))


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall_shim, "version", lambda: 0)
    monkeypatch.setattr(wall_shim, "filters", lambda: True)
    (said,) = wall.missing()
    assert said.startswith("files: this kernel has no Landlock")
    monkeypatch.setattr(wall_shim, "version", lambda: 4)
    assert wall.missing() == ()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert [each.partition(":")[0] for each in wall.missing()] == ["files", "sockets"]
    assert wall.around(Room(programs=())) == ()
