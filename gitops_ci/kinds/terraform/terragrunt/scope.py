"""What Terragrunt's functions and names come to in one file of one unit, as far as the repository's files tell it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.terraform.language import evaluation
from gitops_ci.kinds.terraform.language.evaluation import Names
from gitops_ci.kinds.terraform.language.values import COMPUTED, Value
from gitops_ci.kinds.terraform.terragrunt import FILES
from gitops_ci.kinds.terraform.terragrunt.facts import Facts

TOP = "\0"
"""Stands for where the repository lies: an absolute path inside of it begins so. No file can spell it."""
_DEEPEST = 10
"""Files that are read from a file that is read …; more is a circle."""


class Files:
    """The facts of Terragrunt files, and where paths lead to in one snapshot."""

    def __init__(self, snapshot: Snapshot, facts: Callable[[str], Facts | None]) -> None:
        self.snapshot = snapshot
        self.facts = facts

    def place(self, path: Value, base: str) -> str | None:
        """The place in the repository that a path means, seen from the directory `base`; None outside of it."""
        if not isinstance(path, str):
            return None
        if path == TOP or path.startswith(f"{TOP}/"):
            return join("", path[2:] or ".")
        return None if path.startswith("/") else join(base, path)

    def exists(self, path: str) -> bool:
        """Whether there is such a file or directory."""
        return path in self.snapshot or self.snapshot.is_directory(path)


class Scope:
    """The names and functions of one file.

    `base` is the directory that relative paths and `find_in_parent_folders` start from: that of the unit also for
    what it includes, the file's own for what is read with `read_terragrunt_config`. `missed` are looked-for files that
    are nowhere: that is no value that could not be worked out.
    """

    def __init__(self, files: Files, file: str, *, unit: str, base: str, depth: int = 0) -> None:
        self.files = files
        self.file = file
        self.unit = unit
        self.base = base
        self.depth = depth
        self.includes: dict[str, Scope] = {}
        self.missed = 0
        self.opened: set[tuple[int, str]] = set()

    @property
    def facts(self) -> Facts:
        """What the file says."""
        return self.files.facts(self.file) or Facts()

    @cached_property
    def locals(self) -> Mapping[str, Value]:
        """Its local values."""
        return Names(self.facts.locals, self, self.opened)

    @cached_property
    def exposed(self) -> Mapping[str, Value]:
        """What another file sees of it."""
        inputs = {"inputs": self.facts.inputs} if self.facts.inputs is not None else {}
        return evaluation.Either({"locals": self.locals}, Names(inputs, self, self.opened))

    def name(self, name: str) -> Value:
        """`local` and `include`; what comes from other units is not known before they are applied."""
        if name == "local":
            return self.locals
        if name == "include":
            exposed = {label: scope.exposed for label, scope in self.includes.items()}
            return exposed.get("", exposed)
        return COMPUTED

    def call(self, function: str, arguments: Sequence[Value]) -> Value:
        """Terragrunt's functions about paths and files, and Terraform's."""
        own = getattr(self, f"_{function}", None) if function in _OWN else None
        if own is None:
            return evaluation.call(function, arguments)
        if any(each is COMPUTED for each in arguments):
            return COMPUTED
        try:
            found: Value = own(*arguments)
        except (TypeError, AttributeError, ValueError):
            return COMPUTED
        return found

    def read(self, path: str) -> Scope | None:
        """The scope of a file that this one reads with `read_terragrunt_config`."""
        if self.depth >= _DEEPEST or self.files.facts(path) is None:
            return None
        scope = Scope(self.files, path, unit=self.unit, base=posixpath.dirname(path), depth=self.depth + 1)
        scope.opened = self.opened
        return scope

    def _find_in_parent_folders(self, name: str | None = None, fallback: Value = COMPUTED) -> Value:
        directory = self.base
        while directory:
            directory = posixpath.dirname(directory)
            for each in FILES if name is None else (name,):
                found = join(directory, each)
                if found and self.files.exists(found):
                    return f"{TOP}/{found}"
        self.missed += fallback is COMPUTED
        return fallback

    def _read_terragrunt_config(self, path: str, fallback: Value = COMPUTED) -> Value:
        place = self.files.place(path, self.base)
        scope = self.read(place) if place is not None else None
        return scope.exposed if scope is not None else fallback

    def _get_terragrunt_dir(self) -> str:
        return _absolute(self.base)

    def _get_original_terragrunt_dir(self) -> str:
        return _absolute(self.unit)

    def _get_parent_terragrunt_dir(self, label: str = "") -> str:
        return _absolute(self._included(label))

    def _get_repo_root(self) -> str:
        return TOP

    def _get_path_from_repo_root(self) -> str:
        return self.base or "."

    def _get_path_to_repo_root(self) -> str:
        return _relative("", self.base)

    def _path_relative_to_include(self, label: str = "") -> str:
        return _relative(self.base, self._included(label))

    def _path_relative_from_include(self, label: str = "") -> str:
        return _relative(self._included(label), self.base)

    def _abspath(self, path: str) -> Value:
        place = self.files.place(path, self.base)
        return _absolute(place) if place is not None else COMPUTED

    def _included(self, label: str) -> str:
        """The directory of the file that is included under a label, or of this one where it is itself included."""
        if self.file not in {f"{self.unit}/{name}".lstrip("/") for name in FILES}:
            return posixpath.dirname(self.file)
        scope = self.includes.get(label) or next(iter(self.includes.values()), None)
        return posixpath.dirname(scope.file) if scope is not None else self.unit


_OWN = frozenset(name[1:] for name in vars(Scope) if name.startswith("_") and not name.startswith("__")) - {"included"}


def _absolute(path: str) -> str:
    return f"{TOP}/{path}" if path else TOP


def _relative(path: str, start: str) -> str:
    return posixpath.relpath(f"/{path}", f"/{start}")
