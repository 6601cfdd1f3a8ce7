"""The repository through git plumbing: revisions, trees, contents; nothing is ever checked out."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from gitops_ci.discover.snapshot import Entry, Snapshot
from gitops_ci.errors import ToolError, UsageError
from gitops_ci.system import planted

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_SETTINGS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_FEW = 200  # ids that fit into a pipe, so that neither side can block the other
_DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


class Repository:
    """A git repository; `prefix` is the directory inside it that is read as the root (usually empty)."""

    def __init__(self, directory: Path, *, exact: bool, environ: Mapping[str, str], scratch: Path) -> None:
        """Opens the repository around `directory`, or (`exact`) just that directory of it.

        `scratch` is a private directory that outlives this object; objects made for the work tree are
        written there, never into the repository. Raises UsageError where this is no repository.
        """
        self._environ = {
            **environ,
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",  # what is judged is what the commit names
        }
        self._scratch = scratch
        self._directory = directory
        if not directory.is_dir():
            raise UsageError(f"{directory} is not a directory", hint="give the repository with --repo DIR")
        self.git_path = shutil.which("git", path=planted.absolute_folders(environ.get("PATH", os.defpath))) or ""
        if not self.git_path:
            raise ToolError("git is not on PATH", hint="install git 2.30 or later")
        self._open(exact)
        self._reader = _Contents(self, scratch)

    def _open(self, exact: bool) -> None:
        if "GIT_DIR" not in self._environ and (folder := planted.repository_in(self._directory.resolve())) is not None:
            hint = "its configuration could run programs: remove HEAD, objects and refs there"
            raise UsageError(f"{folder} is a tracked folder that looks like a git repository", hint=hint)
        asked = ("--absolute-git-dir", "--git-path", "objects", "--git-path", "index", "--is-shallow-repository")
        code, out, err = self._run("rev-parse", *asked, "--is-bare-repository", "--show-prefix")
        if code:
            if "dubious ownership" in err:
                raise UsageError(
                    f"git refuses {self._directory}: it belongs to another user",
                    hint=f"git config --global --add safe.directory {self._directory}",
                )
            raise UsageError(f"{self._directory} is not a git repository", hint="run inside one, or give --repo DIR")
        git_dir, objects, index, shallow, bare, prefix = [*out.split("\n"), ""][:6]
        self.git_directory = Path(git_dir)
        self._objects = self._directory / objects
        self._index = self._directory / index
        self.shallow = shallow == "true"
        self.bare = bare == "true"
        self.prefix = prefix.rstrip("/") if exact and not self.bare else ""
        depth = len(Path(prefix).parts) if prefix else 0
        self.root = (
            Path(git_dir)
            if self.bare
            else self._directory.resolve().parents[depth - 1]
            if depth
            else self._directory.resolve()
        )

    @property
    def work_tree(self) -> Path:
        """The directory on disk that the snapshot's root stands for."""
        return self.root / self.prefix

    def environ(self) -> dict[str, str]:
        """What git processes of this repository run with."""
        return self._environ

    def command(self, *args: str) -> list[str]:
        """The argument vector of a git call."""
        return [self.git_path, *_SETTINGS, *args]

    def cwd(self) -> Path:
        """Where git processes of this repository run."""
        return self._directory

    def _run(self, *args: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> tuple[int, str, str]:
        done = subprocess.run(
            self.command(*args),
            cwd=cwd or self._directory,
            env=dict(env or self._environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "replace")

    def commit(self, revision: str) -> str | None:
        """The commit id that `revision` names, or None."""
        code, out, _ = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
        return out.strip() if code == 0 else None

    def require_commit(self, revision: str, option: str) -> str:
        """Like `commit`; raises UsageError that says what to do."""
        found = self.commit(revision)
        if found is None:
            hint = (
                "this clone is shallow: check out with `fetch-depth: 0`"
                if self.shallow
                else "see `git log --oneline --all`"
            )
            raise UsageError(f"{option} {revision!r} is not a commit of this repository", hint=hint)
        return found

    def parents(self, commit: str) -> tuple[str, ...]:
        """The parents of a commit, in order; those that a shallow clone lacks are named all the same."""
        code, out, _ = self._run("cat-file", "commit", commit)
        header = out.partition("\n\n")[0].splitlines() if code == 0 else []
        return tuple(line.removeprefix("parent ") for line in header if line.startswith("parent "))

    def merge_base(self, one: str, other: str) -> str:
        """The best common ancestor; raises UsageError where there is none."""
        code, out, _ = self._run("merge-base", one, other)
        if code:
            hint = "check out with `fetch-depth: 0`" if self.shallow else "give --base REV"
            raise UsageError(f"{one[:12]} and {other[:12]} have no common ancestor in this clone", hint=hint)
        return out.strip()

    def default_base(self, head: str) -> str | None:
        """Merge base of `head` with the default branch; None where no such branch is known."""
        for name in _DEFAULT_BRANCHES:
            tip = self.commit(name)
            if tip is not None:
                return self.merge_base(tip, head)
        return None

    def at(self, commit: str) -> Snapshot:
        """The snapshot of a commit."""
        code, out, _ = self._run("rev-parse", "--verify", "--quiet", f"{commit}:{self.prefix}")
        return self._snapshot(commit, out.strip() if code == 0 else EMPTY_TREE)

    def work_tree_snapshot(self, *, exclude: Path | None = None) -> Snapshot:
        """The snapshot of the work tree, untracked files included; ignored ones and `exclude` are not.

        Its `commit` is HEAD where nothing differs from HEAD. Written through a temporary index and object
        directory, so the repository is not touched.
        """
        if self.bare:
            raise UsageError("a bare repository has no work tree", hint="give --head REV")
        index = self._scratch / "index"
        if self._index.exists():
            shutil.copyfile(self._index, index)
            os.utime(index, ns=(self._index.stat().st_atime_ns, self._index.stat().st_mtime_ns))
        objects = self._scratch / "objects"
        objects.mkdir(exist_ok=True)
        alternates = os.pathsep.join(
            filter(None, (str(self._objects.resolve()), self._environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")))
        )
        self._environ = {
            **self._environ,
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": alternates,
        }
        env = {**self._environ, "GIT_INDEX_FILE": str(index)}
        paths = [".", *self._excluding(exclude)]
        code, _, err = self._run("-c", "core.safecrlf=false", "add", "--all", "--", *paths, env=env, cwd=self.work_tree)
        if code:
            raise ToolError(f"git cannot read the work tree: {err.strip().splitlines()[-1] if err.strip() else code}")
        code, tree, err = self._run("write-tree", env=env)
        if code:
            raise ToolError(f"git cannot write a tree of the work tree: {err.strip()}")
        _, out, _ = self._run("rev-parse", "--quiet", "HEAD", "HEAD^{tree}")
        head, head_tree = [*out.split("\n"), "", ""][:2]
        if self.prefix:
            code, out, _ = self._run("rev-parse", "--verify", "--quiet", f"{tree.strip()}:{self.prefix}")
            root = out.strip() if code == 0 else EMPTY_TREE
        else:
            root = tree.strip()
        return self._snapshot(head if head and head_tree == tree.strip() else None, root)

    def _excluding(self, path: Path | None) -> list[str]:
        resolved = (Path.cwd() / path).resolve() if path is not None else None
        if resolved is None or not resolved.is_relative_to(self.root) or resolved == self.root:
            return []
        return [f":(top,exclude,literal){resolved.relative_to(self.root).as_posix()}"]

    def _snapshot(self, commit: str | None, tree: str) -> Snapshot:
        if tree == EMPTY_TREE:
            return Snapshot(commit=commit, tree=tree, entries={}, blobs=self._reader)
        code, out, err = self._run("ls-tree", "-r", "-z", "--full-tree", tree)
        if code:
            raise ToolError(f"git cannot list {tree}: {err.strip()}", hint="fetch the whole history: `fetch-depth: 0`")
        entries: dict[str, Entry] = {}
        for line in out.split("\0"):
            if line:
                meta, _, path = line.partition("\t")
                mode, _, oid = meta.split(" ")
                entries[path] = Entry(mode, oid)
        return Snapshot(commit=commit, tree=tree, entries=entries, blobs=self._reader)

    def close(self) -> None:
        """Ends the reading process."""
        self._reader.close()


class _Contents:
    """Contents through `git cat-file --batch`: one process for small questions, one of its own for each large one."""

    def __init__(self, repository: Repository, scratch: Path) -> None:
        self._repository = repository
        self._scratch = scratch
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, oids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        wanted = list(oids)
        if len(wanted) > _FEW:
            yield from self._stream(wanted, limit)
            return
        with self._lock:
            contents = list(self._exchange(wanted, limit)) if wanted else []
        yield from contents

    def _stream(self, oids: list[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        """Git goes on reading while the caller looks at what has come; it ends when the caller stops listening."""
        with tempfile.TemporaryFile(dir=self._scratch) as questions:
            questions.write(_lines(oids))
            questions.seek(0)
            with self._started("--buffer", stdin=questions) as process:
                try:
                    yield from _answers(process, oids, limit)
                finally:
                    process.kill()

    def _exchange(self, oids: list[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        if self._process is None:
            self._process = self._started(stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        self._process.stdin.write(_lines(oids))
        self._process.stdin.flush()
        yield from _answers(self._process, oids, limit)

    def _started(self, *options: str, stdin: IO[bytes] | int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._repository.command("cat-file", "--batch", *options),
            cwd=self._repository.cwd(),
            env=self._repository.environ(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _lines(oids: list[str]) -> bytes:
    return "\n".join((*oids, "")).encode()


def _answers(process: subprocess.Popen[bytes], oids: list[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
    assert process.stdout is not None
    for oid in oids:
        header = process.stdout.readline().split()
        if len(header) != 3:
            message = f"git object {oid} is missing from this clone"
            raise ToolError(message, hint="fetch the whole history: `fetch-depth: 0`, no filter")
        yield oid, _body(process.stdout, int(header[2]), limit)


def _body(stream: IO[bytes], size: int, limit: int) -> bytes | None:
    """One content and the newline after it; None where it is larger than `limit`, which is passed over."""
    if size <= limit:
        content = stream.read(size + 1)
        if len(content) <= size:
            raise ToolError("git ended while it was read from")
        return content[:-1]
    left = size + 1
    while left:
        read = len(stream.read(min(left, 1 << 20)))
        if not read:
            raise ToolError("git ended while it was read from")
        left -= read
    return None
