"""What every layout rule looks at, and what it says: the Subject and the Fault."""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover.layout import presets
from gitops_ci.discover.layout.presets import CONTAINERS, Chosen
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.finding import Severity
from gitops_ci.model.stack import Stack

_SEPARATORS = "-_.0123456789"


class Fault(NamedTuple):
    """What a rule says about one place; the rule's id is added where the rules are listed."""

    severity: Severity
    message: str
    help: str
    path: str | None = None
    stack: str | None = None


class Subject(Struct, frozen=True, dict=True):
    """One repository under judgement."""

    snapshot: Snapshot
    stacks: tuple[Stack, ...]
    config: Config
    chosen: Chosen

    def severity(self, declared: Severity, guessed: Severity) -> Severity:
        """`declared` where the configuration names the preset; `guessed` where nobody asked for it."""
        return declared if self.chosen.declared else guessed

    @cached_property
    def container(self) -> str | None:
        """The directory that holds the environments' folders; None where the preset has none here."""
        preset = self.chosen.preset
        if preset is None:
            return None
        container = CONTAINERS[preset]
        if preset == "multi-repo" and not (self.chosen.declared and self.snapshot.is_directory(container)):
            return None  # such a repository need not be split by environment at all
        return container

    @cached_property
    def environments(self) -> dict[str, str]:
        """Folder in the container → its environment, for every folder that names one."""
        return presets.environment_folders(self.snapshot, self.config, self.container) if self.container else {}

    @cached_property
    def environment_paths(self) -> dict[str, str]:
        """The same, by the folder's path."""
        return {f"{self.container}/{folder}": environment for folder, environment in self.environments.items()}

    def folders(self, directory: str) -> tuple[str, ...]:
        """Names of the folders directly in `directory`."""
        return presets.folders(self.snapshot, directory)

    def unnamed(self, directory: str, known: Container[str]) -> list[str]:
        """Folders directly in `directory` whose name is not `known`; those that start with . or _ are nobody's."""
        return [name for name in self.folders(directory) if name not in known and name[0] not in "._"]

    @cached_property
    def stack_paths(self) -> frozenset[str]:
        """The directories of all stacks."""
        return frozenset(stack.path for stack in self.stacks)

    def holds_stack(self, directory: str) -> bool:
        """Whether a stack lies at or below `directory`."""
        return directory in self.stack_paths or any(path.startswith(f"{directory}/") for path in self.stack_paths)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` is a misspelling of; `prod-us` or `dev2` is a name of its own, not a mistake."""
    lower = name.lower()
    for match in difflib.get_close_matches(lower, sorted(known), n=3, cutoff=0.8):
        before, found, after = lower.partition(match)
        if not found or not (before + after) or (after[:1] or before[-1:]) not in _SEPARATORS:
            return match
    return None


def shown(name: str) -> str:
    """A name from the repository for a message: characters that do not print are escaped."""
    return name if name.isprintable() else repr(name)[1:-1]


def listed(names: Sequence[str], *, most: int = 5) -> str:
    """`a, b and c` for a message, cut after `most`."""
    words = [shown(name) for name in names[:most]]
    if len(names) > most:
        words.append(f"{len(names) - most} more")
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "none"
