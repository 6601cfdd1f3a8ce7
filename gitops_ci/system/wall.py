"""The wall around what reads hostile input: which files a program sees, whoever it runs as, and that it asks nobody."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

_SHIM = Path(__file__).with_name("wall_shim.py")
_PACKAGE = Path(__file__).parents[1]
_BREW = "/home/linuxbrew/.linuxbrew"
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store", _BREW)
_LOADERS = (
    "/lib*/ld-*",
    "/usr/lib*/ld-*",
    "/nix/store/*-*libc-*/lib/ld-*",
    "/gnu/store/*/lib/ld-*",
    f"{_BREW}/lib/ld.so",
)
"""What the kernel starts in place of a program that needs libraries."""
_FILES = (
    *("/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
    *("/etc/localtime", "/etc/timezone", "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/etc/crypto-policies"),
    *("/dev/urandom", "/dev/random", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems"),
    *("/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/sys/kernel/mm/transparent_hugepage"),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
_PACKAGES = ("site-packages", "dist-packages")
_OF_PYTHON = ("bin", "lib", "lib64", "pyvenv.cfg")


class Room(Struct, frozen=True):
    """All that a program gets of the file system beside the system's own libraries, read-only.

    Each is a file, or a folder with all that is in it. What is written cannot be run. `serves`: it takes connections
    through sockets in what it writes; nothing else has any socket. `user` is the (uid, gid) that it becomes.
    """

    programs: tuple[Path, ...]
    reads: tuple[Path, ...] = ()
    lists: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    serves: bool = False
    user: tuple[int, int] | None = None


def around(room: Room) -> tuple[str, ...]:
    """The command that is put before a program's own, as the last before it; empty where there is no Linux.

    What the kernel has no means for (see `missing`) is left out; where a means fails, the program is not started.
    """
    if sys.platform != "linux":
        return ()
    options = [
        *_options("--run", _run(room.programs)),
        *_options("--read", (*_SYSTEM, *_FILES, *room.reads)),
        *_options("--list", room.lists),
        *_options("--write", (*_DEVICES, *room.writes)),
        *(("--sockets", "serving") if room.serves else ()),
        *(("--user", f"{room.user[0]}:{room.user[1]}") if room.user else ()),
    ]
    return (sys.executable, "-I", "-S", str(_SHIM), *options, "--")


def _options(option: str, paths: Iterable[str | Path]) -> Iterator[str]:
    for path in paths:
        yield from (option, str(path))


def _run(programs: tuple[Path, ...]) -> Iterator[str | Path]:
    """Programs and what starts them. A script names an interpreter, which may start anything of the system's."""
    yield from programs
    for pattern in _LOADERS:
        yield from glob.glob(pattern)  # noqa: PTH207  # absolute
    if not all(map(_is_binary, programs)):
        yield from _SYSTEM


def _is_binary(program: Path) -> bool:
    try:
        with program.open("rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return True


def python(interpreter: Path, *more: Path) -> tuple[Path, ...]:
    """What a Python reads that is its own, and that of `more` prefixes."""
    prefixes = dict.fromkeys((interpreter.parent.parent, interpreter.resolve().parent.parent, *more))
    return tuple(prefix / name for prefix in prefixes for name in _OF_PYTHON)


def worker() -> Room:
    """The room of a process of ours that runs a module of ours and answers through its pipes."""
    prefixes = [Path(each) for each in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)]
    linked = [Path(each) for each in sys.path if Path(each).name in _PACKAGES]
    reads = (*python(Path(sys.executable), *prefixes), *linked, _PACKAGE)
    return Room(programs=(Path(sys.executable),), reads=reads, lists=(_PACKAGE.parent,))


def missing() -> tuple[str, ...]:
    """What of the wall this system does not permit, each in words."""
    if sys.platform != "linux":
        return ("files: there is no Landlock but on Linux", "sockets: there is no seccomp but on Linux")
    from gitops_ci.system import wall_shim

    found = []
    if not wall_shim.version():
        found.append("files: this kernel has no Landlock (Linux 5.13 has it, where `lsm=` names it)")
    if not wall_shim.filters():
        found.append(f"sockets: no seccomp for {os.uname().machine} here")
    return tuple(found)
