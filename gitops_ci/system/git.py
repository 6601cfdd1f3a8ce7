"""The repository through git plumbing: revisions, trees, contents; nothing is ever checked out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ToolError, UsageError
from gitops_ci.system import listing, planted
from gitops_ci.system.begun import Begun
from gitops_ci.system.contents import Contents

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_SETTINGS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_LEFT_BY_LOGIN = ":(top,exclude,glob)gha-creds-*.json"
"""What google-github-actions/auth writes into the checkout: not the change's, and no secret to find in it."""

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
        self._reader = Contents(self._started, scratch)
        self._work_tree: Begun[tuple[str | None, str]] | None = None

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

    def _started(self, *args: str, **options: Any) -> subprocess.Popen[bytes]:
        """A git call that runs beside us; `options` are Popen's own."""
        return subprocess.Popen(self.command(*args), cwd=self.cwd(), env=self.environ(), **options)

    def _run(self, *args: str, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        done = subprocess.run(
            self.command(*args),
            cwd=self._directory,
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

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether a commit is another one or is reached from it; False where this clone does not have it."""
        return self._run("merge-base", "--is-ancestor", one, other)[0] == 0

    def branch(self, name: str) -> str | None:
        """The tip of a branch as `origin` has it, which no pull request can move; else of a local one of that name."""
        return self.commit(f"refs/remotes/origin/{name}") or self.commit(f"refs/heads/{name}")

    def apart(self, one: str, other: str) -> tuple[int, int]:
        """How many commits each of two has that the other lacks."""
        told = self._listed("rev-list", "--left-right", "--count", f"{one}...{other}").split()
        return int(told[0]), int(told[1])

    def first_parents(self, tip: str, paths: Iterable[str], *, most: int) -> list[tuple[str, int]]:
        """The newest commits of a branch itself that change one of `paths` (any, where there are none), newest first.

        Each with its committer's date in seconds since the epoch, which everybody can write as they like.
        """
        inside = f"{self.prefix}/" if self.prefix else ""
        only = [f":(top,literal){inside}{path}" for path in paths]
        if self.prefix and not only:
            only = [f":(top,literal){self.prefix}"]
        asked = ("log", "--first-parent", "-z", f"--max-count={most}", "--format=%H %ct", tip, "--", *only)
        told = (line.split(" ") for line in self._listed(*asked).split("\0") if line)
        return [(commit, int(date)) for commit, date in told]

    def default_base(self, head: str) -> str | None:
        """Merge base of `head` with the default branch; None where no such branch is known."""
        for name in _DEFAULT_BRANCHES:
            tip = self.commit(name)
            if tip is not None:
                return self.merge_base(tip, head)
        return None

    def at(self, commit: str, *, near: Snapshot | None = None) -> Snapshot:
        """The snapshot of a commit; `near` is one of this repository that it differs little from."""
        return self._snapshot(commit, self._root_of(commit), near)

    def begin_work_tree(self, *, exclude: Path | None = None) -> None:
        """Begins to read the work tree for the next `work_tree_snapshot`, which then waits less or not at all."""
        if self.bare:
            raise UsageError("a bare repository has no work tree", hint="give --head REV")
        index = self._scratch / "index"
        if self._index.exists():
            shutil.copyfile(self._index, index)
            os.utime(index, ns=(self._index.stat().st_atime_ns, self._index.stat().st_mtime_ns))
        self._write_apart()
        env = {**self._environ, "GIT_INDEX_FILE": str(index)}
        self._work_tree = Begun(partial(self._written, env, [".", *self._excluding(exclude)]))

    def _write_apart(self) -> None:
        """From now on git writes objects into the private directory, and reads them from there as well."""
        objects = self._scratch / "objects"
        if str(objects) == self._environ.get("GIT_OBJECT_DIRECTORY"):
            return
        objects.mkdir(exist_ok=True)
        known = (str(self._objects.resolve()), self._environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", ""))
        self._environ = {
            **self._environ,
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(filter(None, known)),
        }

    def merge(self, base: str, head: str) -> str:
        """A commit that merges `head` into `base`, as GitHub makes one to be tested; the work tree is not touched.

        It is written into the private directory. Raises ToolError where the two conflict or git is too old.
        """
        self._write_apart()
        code, out, err = self._run("merge-tree", "--write-tree", "--no-messages", base, head)
        if code == 1:
            raise ToolError("it conflicts with the branch it goes to", hint="rebase it, or merge that branch into it")
        if code == 0:
            identity = {
                f"GIT_{who}_{what}": "gitops-ci" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
            }
            asked = ("commit-tree", "-p", base, "-p", head, "-m", "merge", out.strip())
            code, out, err = self._run(*asked, env={**self._environ, **identity})
        if code:
            raise ToolError(f"git cannot merge {head[:12]}: {err.strip()[:200]}", hint="git 2.38 or later is needed")
        return out.strip()

    def _written(self, env: Mapping[str, str], paths: list[str]) -> tuple[str | None, str]:
        """HEAD where the work tree does not differ from it, and the work tree as a tree."""
        add = ("-C", str(self.work_tree), "-c", "core.safecrlf=false", "add", "--all", "--", *paths)
        code, _, err = self._run(*add, env=env)
        if code:
            raise ToolError(f"git cannot read the work tree: {err.strip().splitlines()[-1] if err.strip() else code}")
        code, out, err = self._run("write-tree", env=env)
        if code:
            raise ToolError(f"git cannot write a tree of the work tree: {err.strip()}")
        tree = out.strip()
        _, out, _ = self._run("rev-parse", "--quiet", "HEAD", "HEAD^{tree}")
        head, head_tree = [*out.split("\n"), "", ""][:2]
        return (head if head and head_tree == tree else None), tree

    def work_tree_snapshot(self, *, exclude: Path | None = None, near: Snapshot | None = None) -> Snapshot:
        """The snapshot of the work tree, untracked files included; ignored ones and `exclude` are not.

        Its `commit` is HEAD where nothing differs from HEAD. Written through a temporary index and object
        directory, so the repository is not touched. `near` as for `at`.
        """
        if self._work_tree is None:
            self.begin_work_tree(exclude=exclude)
        assert self._work_tree is not None
        commit, tree = self._work_tree.result()
        self._work_tree = None
        return self._snapshot(commit, self._root_of(tree) if self.prefix else tree, near)

    def _excluding(self, path: Path | None) -> list[str]:
        """What is not read of the work tree, as pathspecs: what is tracked there stays as the index has it."""
        resolved = (Path.cwd() / path).resolve() if path is not None else None
        if resolved is None or not resolved.is_relative_to(self.root) or resolved == self.root:
            return [_LEFT_BY_LOGIN]
        return [_LEFT_BY_LOGIN, f":(top,exclude,literal){resolved.relative_to(self.root).as_posix()}"]

    def _root_of(self, treeish: str) -> str:
        """The tree that stands for the root; an empty one where there is no such directory."""
        code, out, _ = self._run("rev-parse", "--verify", "--quiet", f"{treeish}:{self.prefix}")
        return out.strip() if code == 0 else EMPTY_TREE

    def _snapshot(self, commit: str | None, tree: str, near: Snapshot | None) -> Snapshot:
        if tree == EMPTY_TREE:
            return Snapshot(commit=commit, tree=tree, entries={}, blobs=self._reader)
        if near is None or near.tree == EMPTY_TREE:
            entries = listing.entries(self._listed(*listing.FILES, tree))
            return Snapshot(commit=commit, tree=tree, entries=entries, blobs=self._reader)
        changes = listing.changes(self._listed(*listing.DIFFERENCES, near.tree, tree)) if tree != near.tree else {}
        return near.changed(commit=commit, tree=tree, changes=changes)

    def _listed(self, *args: str) -> str:
        code, out, err = self._run(*args)
        if code:
            hint = "fetch the whole history: `fetch-depth: 0`"
            raise ToolError(f"git cannot list {args[-1]}: {err.strip()}", hint=hint)
        return out

    def close(self) -> None:
        """Ends the reading processes."""
        if self._work_tree is not None:
            self._work_tree.wait()
        self._reader.close()
