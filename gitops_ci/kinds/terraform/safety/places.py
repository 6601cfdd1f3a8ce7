"""Where a path leads to that an expression gives: into the repository, out of it, or nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

from gitops_ci.kinds.terraform.safety import closure as closures
from gitops_ci.kinds.terraform.safety import possible
from gitops_ci.kinds.terraform.safety.closure import Closure
from gitops_ci.kinds.terraform.safety.possible import ANCHOR, GIVEN, Possible


def of(value: Possible, closure: Closure) -> tuple[str, ...] | None:
    """The paths in the repository that a value names; None where it may name anything else."""
    found = possible.texts(value)
    if found is None:
        return None
    paths = [place(text, closure) for text in sorted(found)]
    return None if None in paths else tuple(path for path in paths if path is not None)


def outside(value: Possible, closure: Closure) -> str | None:
    """The first path of a value that leads out of the repository, as it is written."""
    texts: Iterable[str] = sorted(possible.texts(value) or ())
    return next((text.replace(ANCHOR, "").replace(GIVEN, "…") for text in texts if place(text, closure) is None), None)


def place(text: str, closure: Closure) -> str | None:
    """The path in the repository; relative ones begin in the root's directory, where the engine runs."""
    directory, path = closure.root, text
    if text.startswith(ANCHOR):
        directory, _, path = text[1:].partition(ANCHOR)
        if directory not in closure.modules or (path and not path.startswith("/")):
            return None
        path = path.lstrip("/")
    elif path.startswith(("/", "~", "\\", GIVEN)) or path[1:2] == ":":
        return None
    if ANCHOR in path:
        return None
    return closures.inside(closure.snapshot, directory, path.replace(GIVEN, "given"))
