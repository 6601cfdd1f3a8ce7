"""Providers shared by the roots of one run: what the first root installs is a filesystem mirror for the others.

Parallel `init`s spoil each other in a shared plugin cache, which Terraform writes to. A filesystem mirror it only
reads: here the first root that needs a provider installs it as the job's own configuration says, alone, into its own
data directory; then the package moves into the mirror, and a link takes its place. So nothing gets there but what a
root's own `init` installed, after that root's checks, and nothing lives longer than the run.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from gitops_ci.kinds.protocol import Ended, Installs
from gitops_ci.kinds.terraform.engine import locks
from gitops_ci.kinds.terraform.engine.locks import Locked
from gitops_ci.kinds.terraform.language.blocks import Unreadable
from gitops_ci.system import cli_configuration

Init = Callable[[dict[str, str]], Ended]
"""Runs one root's `init` with these variables added to its environment."""


class _Package(Struct, frozen=True):
    """A provider in the mirror: its own hash, and the archives that some root accepted it for."""

    hash: str
    archives: frozenset[str]

    def fits(self, entry: Locked) -> bool:
        """Whether a lock file's entry accepts it: by its hash, or because the entry accepts every archive it may be.

        Lock files made on another platform hold no hash of this platform's unpacked package, only the archives'.
        """
        return not entry.hashes or self.hash in entry.hashes or (bool(self.archives) and self.archives <= entry.hashes)


class Mirror:
    """A filesystem mirror in `place`, a directory of this run; `configuration` is the CLI configuration's text."""

    def __init__(self, place: Path, configuration: str) -> None:
        self._place = place
        self._configuration = configuration
        self._changed = threading.Condition()
        self._installing: set[str] = set()
        self._tried: set[str] = set()
        self._packages: dict[tuple[str, str], _Package] = {}

    def install(self, init: Init, installs: Installs, private: Path) -> Ended:
        """Runs a root's `init` with what other roots have installed at hand, and keeps what it installed.

        `private` takes files of ours. Where `init` fails with the mirror it is run again without: whatever it then
        says is what it would have said alone.
        """
        cache = private / "cache"  # an empty one hides the job's, which a pull request may have filled
        cache.mkdir(exist_ok=True)
        alone = {"TF_PLUGIN_CACHE_DIR": str(cache)}
        lock = installs.root / locks.FILE
        before = lock.read_bytes() if lock.is_file() else None
        with self._turn(_asked(before, installs)):
            shared = self._shared(lock, before, private / "init.tfrc")
            ended = init({**alone, **shared})
            if shared and ended.ending == "exited" and ended.returncode:
                _restore(lock, before)
                ended = init(alone)
            if ended.ending == "exited" and ended.returncode == 0:
                self._keep(lock, installs.data / "providers", private.resolve())
        return ended

    @contextmanager
    def _turn(self, needs: frozenset[str]) -> Iterator[None]:
        """Waits while another root is the first to install one of `needs`."""
        with self._changed:
            self._changed.wait_for(lambda: self._installing.isdisjoint(needs))
            mine = needs - self._tried
            self._installing |= mine
        try:
            yield
        finally:
            with self._changed:
                self._installing -= mine
                self._tried |= mine  # also where it failed: the others need not fail one after the other
                self._changed.notify_all()

    def _shared(self, lock: Path, content: bytes | None, target: Path) -> dict[str, str]:
        """The environment that lets a root take what its lock file accepts; empty where there is nothing to take."""
        with self._changed:
            packages = dict(self._packages)
        try:
            entries = locks.read(content) if content is not None else {}
        except Unreadable:
            return {}
        sources = {source for source, _ in packages}
        added: dict[str, str] = {}
        for source, entry in entries.items():
            package = packages.get((source, entry.version))
            if package is not None and not package.fits(entry):
                sources.discard(source)
            elif package is not None and entry.hashes and package.hash not in entry.hashes:
                added[source] = package.hash
        text = cli_configuration.with_mirror(self._configuration, self._place, sources) if sources else None
        if text is None:
            return {}
        if content is not None and added:
            lock.write_bytes(locks.accepting(content, added))
        target.write_text(text, encoding="utf-8")
        return {"TF_CLI_CONFIG_FILE": str(target)}

    def _keep(self, lock: Path, installed: Path, private: Path) -> None:
        """Moves what lies in this root's own place into the mirror, as far as the lock file says that it is whole."""
        try:
            entries = locks.read(lock.read_bytes())
        except (OSError, Unreadable):
            return
        for link in installed.glob("*/*/*/*/*"):
            package, source = link.resolve(), "/".join(link.relative_to(installed).parts[:3])
            entry = entries.get(source)
            if entry is None or entry.version != link.parent.name or not package.is_relative_to(private):
                continue
            found = _Package(package_hash(package), entry.archives)
            if found.hash in entry.hashes:
                self._add((source, entry.version), found, package, link)

    def _add(self, key: tuple[str, str], found: _Package, package: Path, link: Path) -> None:
        target = self._place.joinpath(*key, link.name)
        with self._changed:
            known = self._packages.get(key)
            if known is None:
                target.parent.mkdir(parents=True, exist_ok=True)
                package.rename(target)
                link.unlink(missing_ok=True)  # it led into the empty cache
                link.symlink_to(target)
            if known is None or (known.hash == found.hash and found.archives):
                self._packages[key] = found


def _asked(lock: bytes | None, installs: Installs) -> frozenset[str]:
    """What a root needs, in words that are equal where the same is needed."""
    try:
        entries = locks.read(lock) if lock is not None else {}
    except Unreadable:
        entries = {}
    return installs.needs | {f"{source} {entry.version}" for source, entry in entries.items()}


def _restore(lock: Path, content: bytes | None) -> None:
    if content is None:
        lock.unlink(missing_ok=True)
    else:
        lock.write_bytes(content)


def package_hash(directory: Path) -> str:
    """The `h1:` hash of an unpacked package: https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash#Hash1."""
    summary = hashlib.sha256()
    names = sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())
    for name in names:
        with (directory / name).open("rb") as file:
            summary.update(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n".encode())
    return f"h1:{base64.b64encode(summary.digest()).decode()}"
