"""Other revisions of a repository that its files name: tags, commits, other branches, as far as this clone has them."""

from __future__ import annotations

import re

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ToolError
from gitops_ci.system.git import Repository

_NAME = re.compile(r"[0-9a-f]{40}|refs/(?:tags|remotes/origin)/(?!.*(?:\.\.|//|/\.|@\{))[\w][\w.+/@-]*", re.ASCII)
"""What a file of the repository may ask git for: no option, and no expression that leads on from somewhere."""
_MOST = 20  # that are listed in one run, each of which costs a listing of all its files


class Revisions:
    """`discover.snapshot.Revisions` of a repository."""

    def __init__(self, repository: Repository) -> None:
        """Nothing is listed before somebody asks."""
        self._repository = repository
        self._known: dict[str, Snapshot | None] = {}

    def __call__(self, name: str, near: Snapshot) -> Snapshot | None:
        """The snapshot of a whole commit id, or of `refs/tags/…` or `refs/remotes/origin/…`.

        None where this clone has none of that name, or not all of it, and after many others.
        """
        commit = self._repository.commit(name) if _NAME.fullmatch(name) is not None else None
        if commit is None:
            return None
        if commit not in self._known and len(self._known) < _MOST:
            try:
                self._known[commit] = self._repository.at(commit, near=near)
            except ToolError:
                self._known[commit] = None
        return self._known.get(commit)
