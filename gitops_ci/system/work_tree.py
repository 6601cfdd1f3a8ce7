"""The work tree written as a tree of git's, beside us: the repository itself is not touched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from gitops_ci.errors import GitopsError, ToolError

Run = Callable[..., tuple[int, str, str]]
"""Runs a git call with these arguments, `env` and `cwd`: exit code, output, messages."""


class WorkTree(threading.Thread):
    """Git writes the tree through an index of its own while something else is done; `written` waits for it."""

    def __init__(self, add: tuple[str, ...], run: Run, env: Mapping[str, str]) -> None:
        """`add` are the arguments of the call that reads the work tree, `env` names the index to read it into."""
        super().__init__(daemon=True)
        self._add = add
        self._git = run
        self._env = env
        self._result: tuple[str | None, str] | GitopsError = ToolError("git did not read the work tree")
        self.start()

    def written(self) -> tuple[str | None, str]:
        """HEAD where nothing differs from it, and the tree. Raises ToolError."""
        self.join()
        if isinstance(self._result, GitopsError):
            raise self._result
        return self._result

    def run(self) -> None:
        """What the thread does: an error is kept for who asks."""
        try:
            self._result = self._write()
        except GitopsError as error:
            self._result = error

    def _write(self) -> tuple[str | None, str]:
        code, _, err = self._git(*self._add, env=self._env)
        if code:
            raise ToolError(f"git cannot read the work tree: {err.strip().splitlines()[-1] if err.strip() else code}")
        code, tree, err = self._git("write-tree", env=self._env)
        if code:
            raise ToolError(f"git cannot write a tree of the work tree: {err.strip()}")
        _, out, _ = self._git("rev-parse", "--quiet", "HEAD", "HEAD^{tree}")
        head, head_tree = [*out.split("\n"), "", ""][:2]
        return (head if head and head_tree == tree.strip() else None), tree.strip()
