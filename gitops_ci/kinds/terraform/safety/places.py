"""Where a path leads to that an expression gives: into the repository, out of it, or nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gitops_ci.kinds.terraform.safety import closure as closures
from gitops_ci.kinds.terraform.safety import possible
from gitops_ci.kinds.terraform.safety.closure import Closure
from gitops_ci.kinds.terraform.safety.possible import ANCHOR, DEFAULTED, GIVEN, HERE, JUDGED, Possible

_BESIDE = re.compile(r"(?:^|/)\.\.[^/]")
"""Text right behind a directory above, which makes the name of one beside it."""


def of(value: Possible, closure: Closure) -> tuple[str, ...] | None:
    """The paths in the repository that a value names; None where it may name anything else."""
    found = possible.texts(value)
    if found is None:
        return None
    paths = [place(text, closure) for text in sorted(found)]
    return None if None in paths else tuple(path for path in paths if path is not None)


def files(value: Possible, closure: Closure) -> tuple[str, ...]:
    """The files of the repository that a value may name: whichever fit around what is not known of a path."""
    found: dict[str, None] = {}
    entries = closure.snapshot.entries
    for path in of(value, closure) or ():
        if path == DEFAULTED:
            continue
        begin, *rest = possible.between_marks(path)
        if rest:
            fitting = (each for each in entries if each.startswith(begin) and each.endswith(rest[-1]))
            found.update(dict.fromkeys(fitting))
        elif path in entries:
            found[path] = None
    return tuple(found)


def outside(value: Possible, closure: Closure) -> str | None:
    """The first path of a value that leads out of the repository, as it is written."""
    texts: Iterable[str] = sorted(possible.texts(value) or ())
    return next((_shown(text) for text in texts if place(text, closure) is None), None)


def _shown(text: str) -> str:
    path = text.replace(HERE, ".").replace(ANCHOR, "")
    return "…".join(possible.between_marks(path))


def place(text: str, closure: Closure) -> str | None:
    """The path in the repository; relative ones begin in the root's directory, where the engine runs."""
    directory, path = closure.root, text
    if text in (JUDGED, DEFAULTED):
        return text
    if JUDGED in text:
        return None
    if text.startswith(ANCHOR):
        directory, _, path = text.replace(HERE, f"{ANCHOR}{closure.root}{ANCHOR}", 1)[1:].partition(ANCHOR)
        if directory not in closure.modules or (path and not path.startswith("/")):
            return None
        path = path.lstrip("/")
    elif path.startswith(("/", "~", "\\", GIVEN, DEFAULTED)) or path[1:2] == ":":
        return None
    if ANCHOR in path or _climbs(path) or _BESIDE.search(path):
        return None
    return closures.inside(closure.snapshot, directory, path)


def _climbs(path: str) -> bool:
    """Whether `..` may follow what is not known: it can be empty, deep, or a link."""
    known, *unknown = possible.between_marks(path)
    return bool(unknown) and ".." in "…".join((known.rpartition("/")[2], *unknown))
