"""A stack of a dict of files, and Tools whose engines answer what a test says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from msgspec import Struct

from gitops_ci.config import DEFAULT, Config
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.errors import ToolError
from gitops_ci.kinds.database.server import Cluster
from gitops_ci.kinds.protocol import Ended, Installs
from gitops_ci.kinds.protocol import Workspace as AnyWorkspace
from gitops_ci.model import stack as stacks
from gitops_ci.model.plan import Engine
from gitops_ci.model.stack import Stack

STACK = stacks.make(environment="production", kind="kubernetes", name="web", path="web")
HELM = Engine(name="helm", version="4.0.0", source="path")
KUSTOMIZE = Engine(name="kustomize", version="5.0.0", source="path")

Files = Mapping[str, str | bytes]


def inventory(files: Files, *, config: Config = DEFAULT, links: Mapping[str, str] | None = None) -> Inventory:
    """The stack `web` reads all of the repository."""
    reference = Reference(STACK.id, "", "tree", "direct")
    snapshot = snapshots.of(files, links=links)
    return Inventory(snapshot=snapshot, config=config, stacks={STACK.id: STACK}, graph=Graph([reference]))


class Workspace(Struct, frozen=True):
    """A private copy below a test's own directory."""

    root: Path
    private: Path


class Tools:
    """`answers` gets the arguments of each call; what it gives is stdout, or the whole end."""

    def __init__(
        self,
        place: Path,
        answers: Callable[[Sequence[str]], str | Ended],
        engines: Sequence[Engine] = (KUSTOMIZE, HELM),
    ) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._place = place
        self._answers = answers
        self._engines = engines

    def postgres(self, kept: str, timeout: float) -> AbstractContextManager[Cluster]:
        raise AssertionError("no server is needed")

    def engines(self, name: str) -> Iterator[Engine | ToolError]:
        found = [each for each in self._engines if each.name == name]
        if not found:
            raise ToolError(f"{name} is not there", hint=f"install {name}")
        yield from found

    def run(
        self,
        engine: Engine,
        args: Sequence[str],
        *,
        workspace: AnyWorkspace,
        env: Mapping[str, str],
        timeout: float,
        installs: Installs | None = None,
    ) -> Ended:
        self.calls.append((engine.name, *(each.replace(f"{workspace.root}/", "") for each in args)))
        answer = self._answers(args)
        return answer if isinstance(answer, Ended) else Ended(0, answer.encode(), b"", "exited")

    def program(self, engine: Engine, place: Path) -> Path:
        raise NotImplementedError

    def keep(self, stack: Stack, document: bytes) -> None:
        raise NotImplementedError

    @contextmanager
    def workspace(self, inventory: Inventory, *stacks: Stack) -> Iterator[AnyWorkspace]:
        place = Path(tempfile.mkdtemp(dir=self._place))
        copy = Workspace(place / "root", place / "private")
        copy.private.mkdir(parents=True)
        for path, content in inventory.snapshot.read_many(inventory.snapshot.entries).items():
            target = copy.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        yield copy
