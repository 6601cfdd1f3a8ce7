"""Finds what a pull request may have planted in the way of git itself."""

from __future__ import annotations

import os
from pathlib import Path


def repository_in(directory: Path) -> Path | None:
    """A folder at or above `directory` that git would open in place of the repository that it lies in.

    Git takes a folder with HEAD, objects and refs for a bare repository, and believes the configuration in it. Whoever
    can commit files can commit such a folder; git's own `safe.bareRepository` is younger than the git we ask for.
    """
    found: Path | None = None
    for folder in (directory, *directory.parents):
        if (folder / ".git").exists():
            return found
        if os.path.lexists(folder / "HEAD") and any((folder / name).exists() for name in ("objects", "commondir")):
            found = folder
    return None


def absolute_folders(path: str) -> str:
    """PATH without relative folders: those lie wherever a job happens to stand, which may be the repository."""
    return os.pathsep.join(folder for folder in path.split(os.pathsep) if Path(folder).is_absolute())
