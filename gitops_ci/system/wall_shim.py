"""Builds a wall around itself and becomes a program: `python -I -S wall_shim.py OPTION VALUE … -- PROGRAM ARGUMENT …`.

`--run`, `--read`, `--list` and `--write` name files and folders, which are seen with all that is below them; nothing
else of the file system can be opened. `--sockets serving` lets a program take connections through sockets in its
folders; else it has no sockets at all. `--user UID:GID` is who it becomes. What the kernel does not have is left out.

It imports next to nothing: it is started before each engine.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

# https://docs.kernel.org/userspace-api/landlock.html
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_EVERYTHING = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
"""What is refused but for rules, by version of the interface; from the fifth on it is what follows."""
_EVERYTHING_NOW = (1 << 16) - 1
_TCP = 0b11  # taking and making connections; from version 4
_SCOPES = 0b11  # abstract sockets and signals of others; from version 6

# https://docs.kernel.org/userspace-api/seccomp_filter.html
_MACHINES = {
    "x86_64": (0xC000003E, 41, 42, (101, 248, 249, 250, 310, 311, 425, 438)),
    "aarch64": (0xC00000B7, 198, 203, (117, 217, 218, 219, 270, 271, 425, 438)),
}
"""The architecture, `socket`, `connect`, and what no engine needs.

`ptrace`, `add_key`, `request_key`, `keyctl`, `process_vm_readv`, `process_vm_writev`, `io_uring_setup` (sockets by
another way) and `pidfd_getfd`.
"""
_OTHER_CALLS = 0x40000000  # x32: the same calls by other numbers
_LOAD, _EQUAL, _AT_LEAST, _MASKED, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_ALLOWED, _REFUSED = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
_AF_UNIX, _SOCK_STREAM, _KIND = 1, 1, 0xF

_NO_NEW_PRIVILEGES, _HAS_SECCOMP, _SECCOMP, _DROP = 38, 21, 22, 24
_DAC_OVERRIDE = 1  # files of the job that root reads may belong to somebody else
_CAPABILITIES = 64
_IGNORED = 13, 25
"""SIGPIPE and SIGXFSZ, by Python: what it becomes would ignore them, too."""

_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *given: object) -> int:
    done: int = _libc.syscall(ctypes.c_long(number), *given)
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def version() -> int:
    """The version of Landlock's interface; 0 where there is none."""
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def filters() -> bool:
    """Whether system calls can be refused here."""
    return os.uname().machine in _MACHINES and _libc.prctl(_HAS_SECCOMP, 0, 0, 0, 0) >= 0


def _ruleset(rights: dict[str, int], found: int) -> int:
    """A file descriptor of what each path may be used for."""
    known = _EVERYTHING.get(found, _EVERYTHING_NOW)
    attributes = struct.pack("=QQQ", known, _TCP if found >= 4 else 0, _SCOPES if found >= 6 else 0)
    ruleset = _call(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    for path, asked in rights.items():
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # it is not there, so nothing is to be seen of it
        is_folder = os.path.isdir(path)  # noqa: PTH112
        rule = struct.pack("=Qi", asked & known & (-1 if is_folder else _OF_FILES), place)
        _call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
        os.close(place)
    return ruleset


def _filter(architecture: int, socket: int, connect: int, refused: tuple[int, ...], *, serving: bool) -> bytes:
    """A program that allows system calls, but for those that reach beyond the wall."""
    each: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSED),
        (_LOAD, 0, 0, _NUMBER),
    ]
    each += [(_AT_LEAST, 0, 1, _OTHER_CALLS), (_RETURN, 0, 0, _REFUSED)]
    for number in (*refused, connect, *(() if serving else (socket,))):
        each += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSED)]
    if serving:
        each += [
            (_EQUAL, 1, 0, socket),
            (_RETURN, 0, 0, _ALLOWED),
            (_LOAD, 0, 0, _FIRST),
            (_EQUAL, 1, 0, _AF_UNIX),
            (_RETURN, 0, 0, _REFUSED),
            (_LOAD, 0, 0, _SECOND),
            (_MASKED, 0, 0, _KIND),
            (_EQUAL, 1, 0, _SOCK_STREAM),
            (_RETURN, 0, 0, _REFUSED),
        ]
    each.append((_RETURN, 0, 0, _ALLOWED))
    return b"".join(struct.pack("=HBBI", *one) for one in each)


def _without_calls(*, serving: bool) -> None:
    known = _MACHINES.get(os.uname().machine)
    if known is None or not filters():
        return
    code = _filter(*known, serving=serving)
    text = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(text))
    if _libc.prctl(_SECCOMP, ctypes.c_ulong(2), program, ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _become(user: str) -> None:
    """Gives away what root may, and becomes another user where one is named."""
    if os.geteuid() == 0:
        for capability in range(_CAPABILITIES):
            if capability != _DAC_OVERRIDE:
                _libc.prctl(_DROP, ctypes.c_ulong(capability), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    if user:
        uid, _, gid = user.partition(":")
        os.setgroups([])
        os.setresgid(int(gid), int(gid), int(gid))
        os.setresuid(int(uid), int(uid), int(uid))


def main(arguments: list[str]) -> None:
    """Becomes the program that is named."""
    end = arguments.index("--")
    command = arguments[end + 1 :]
    named = list(zip(arguments[:end:2], arguments[1:end:2], strict=True))
    kinds = {
        "--run": _EXECUTE | _READ_FILE | _READ_DIR,
        "--read": _READ_FILE | _READ_DIR,
        "--list": _READ_DIR,
        "--write": -1 & ~_EXECUTE,
    }
    rights: dict[str, int] = {}
    for option, path in named:
        rights[path] = rights.get(path, 0) | kinds.get(option, 0)
    given = dict(named)
    found = version()
    ruleset = _ruleset({path: asked for path, asked in rights.items() if asked}, found) if found else None
    _become(given.get("--user", ""))
    _libc.prctl(_NO_NEW_PRIVILEGES, ctypes.c_ulong(1), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    if ruleset is not None:
        _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    _without_calls(serving=given.get("--sockets") == "serving")
    for number in _IGNORED:
        _libc.signal(number, None)
    os.execv(command[0], command)  # noqa: S606  # a program, and no words for a shell


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (OSError, ValueError) as failure:
        sys.exit(f"the program behind the wall cannot be started: {failure}")
