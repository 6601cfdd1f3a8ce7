"""What a kind of infrastructure gives: `find`, `plan`, `check`. A kind is a module that has these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover.inventory import Found, Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ToolError
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Engine, Plan
from gitops_ci.model.stack import Stack

if TYPE_CHECKING:
    from gitops_ci.kinds.database.server import Cluster


class Ended(Struct, frozen=True):
    """How an engine's process ended: `ending` is `exited`, `timeout`, `cancelled` or `flooded` (too much output)."""

    returncode: int
    stdout: bytes
    stderr: bytes
    ending: str


class Installs(Struct, frozen=True):
    """What a call of an engine installs. `root` is the directory that holds the lock file, `data` where it goes.

    `needs` says what is asked for beside the lock file, in words that are equal where the same is needed.
    """

    root: Path
    data: Path
    needs: frozenset[str] = frozenset()


class Workspace(Protocol):
    """A private temporary copy of what one stack needs, and a private place beside it."""

    @property
    def root(self) -> Path:
        """What stands for the repository's root."""

    @property
    def private(self) -> Path:
        """A directory outside `root` for the engine's own files (data directory, plan file)."""


class Tools(Protocol):
    """The outside, as a kind may use it; handed in by the command line."""

    def engines(self, name: str) -> Iterator[Engine | ToolError]:
        """The engines that there are for `name`, the preferred first, each when it is due.

        Names are `terraform`, `terragrunt`, `kustomize`, `helm`.

        A ToolError stands for one that cannot be used and says why; it is raised where that is the one to use.
        """

    def run(
        self,
        engine: Engine,
        args: Sequence[str],
        *,
        workspace: Workspace,
        env: Mapping[str, str],
        timeout: float,
        installs: Installs | None = None,
    ) -> Ended:
        """Runs one of `engines` in its clean room; `env` is added to the allow-listed environment.

        A call that `installs` shares what it downloads with the other stacks of the run. kustomize and Helm, which only
        render, get no network and nothing of the environment at all.
        """

    def program(self, engine: Engine, place: Path) -> Path:
        """One file that starts one of `engines`, for another engine that runs it; `place` takes it if it is made."""

    def keep(self, stack: Stack, document: bytes) -> None:
        """Keeps the engine's own plan document (JSON) of a stack for policies until the run ends, privately.

        It may hold secrets in clear: it is no part of a report or an artifact.
        """

    def postgres(self, kept: str, timeout: float) -> AbstractContextManager[Cluster]:
        """A PostgreSQL server of one's own, removed at the end; what was kept under that name, or an empty one.

        Raises ToolError where there is none, or where what the pull request holds must not run; `timeout` in seconds.
        """

    def workspace(self, inventory: Inventory, *stacks: Stack) -> AbstractContextManager[Workspace]:
        """The closures of a stack, and of those whose files it needs beside, in a private place; removed at the end."""


class KindModule(Protocol):
    """A kind. Modules satisfy this; `catalog.ALL` names them."""

    RUNS_CODE: bool
    """Whether there is no plan without running what the pull request holds: a fork's has to wait for a maintainer.

    A kind that can also plan by reading alone says no: of a fork it is given no engine that would run anything.
    """

    def find(self, snapshot: Snapshot, config: Config) -> Found:
        """The stacks of this kind. Bad content becomes findings, never an exception."""

    def plan(self, stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
        """What the change does to one stack; `head` is None (or lacks it) for a removed stack."""

    def inspect(self, stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
        """What this kind's static rules say of one stack at one end of a change; nothing where that end lacks it."""

    def check(self, stack: Stack, plan: Plan, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
        """What this kind's own rules say about a plan and about what lies between base and head."""
