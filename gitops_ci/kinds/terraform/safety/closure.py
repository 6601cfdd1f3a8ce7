"""What planning one root would load: the configurations of its directory and of the local modules, with their calls.

Found by the exact reader (`blocks`), not by the fast `scan`: what a hostile file could hide from the one, it cannot
hide from the other.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.engine import calls
from gitops_ci.kinds.terraform.language import blocks, values
from gitops_ci.kinds.terraform.language.blocks import Attribute, Block, Body, Unreadable
from gitops_ci.kinds.terraform.reading import configuration
from gitops_ci.kinds.terraform.reading.configuration import Configuration, Problem
from gitops_ci.kinds.terraform.safety.possible import Possible
from gitops_ci.model.stack import Stack

LOCAL = ("./", "../", ".\\", "..\\")
READ_AS_DATA = (*configuration.SOURCES, ".tfvars", ".tfvars.json", ".md", ".lock.hcl")
_AUTOMATIC = (".auto.tfvars", ".auto.tfvars.json")
_DEFAULT = ("terraform.tfvars", "terraform.tfvars.json")


class Placed(Struct, frozen=True):
    """A block with the directory and the file that it stands in."""

    directory: str
    path: str
    block: Block

    @property
    def body(self) -> Body:
        """What it holds."""
        return self.block.body


class Closure(Struct, frozen=True, dict=True):
    """A root and its local modules at one end of a change; `variables` are what var files give to the root, last wins.

    `is_exact`: of several values that a variable of the root may have, the one that counts for this stack.
    """

    stack: Stack
    inventory: Inventory
    modules: Mapping[str, Configuration]
    variables: Mapping[str, tuple[Attribute, ...]]
    problems: tuple[Problem, ...]
    given: tuple[Placed, ...] = ()
    is_exact: bool = False

    @property
    def root(self) -> str:
        """The root's directory, without links: where the engine runs."""
        return _start(self.stack, self.inventory)

    @property
    def snapshot(self) -> Snapshot:
        """The end of the change."""
        return self.inventory.snapshot

    def all(self, type: str, *labels: str) -> Iterator[Placed]:
        """The top-level blocks of that type in all directories."""
        for directory, module in self.modules.items():
            for located in module.all(type, *labels):
                yield Placed(directory, located.path, located.block)

    def top(self) -> Iterator[Placed]:
        """Every top-level block, and what `init` is given for the backend as one."""
        yield from self.given
        for directory, module in self.modules.items():
            for path, body in module.files:
                yield from (Placed(directory, path, block) for block in body.blocks)

    @cached_property
    def evaluated(self) -> dict[tuple[str, str], Possible]:
        """What locals and variables may be, as far as somebody asked (`evaluation`)."""
        return {}

    @cached_property
    def callers(self) -> Mapping[str, tuple[Placed, ...]]:
        """Directory → the module blocks that use it."""
        found: dict[str, list[Placed]] = {}
        for call in self.all("module"):
            for target in _targets(call, self.snapshot):
                found.setdefault(target, []).append(call)
        return {directory: tuple(calls) for directory, calls in found.items()}

    @cached_property
    def named(self) -> Mapping[tuple[str, str], tuple[Placed, ...]]:
        """Directory and address (`var.x`, `data.aws_region.here`, `aws_vpc.main`, `module.m`) → its blocks."""
        found: dict[tuple[str, str], list[Placed]] = {}
        for each in self.top():
            labels = ".".join(each.block.labels)
            prefix = _PREFIXES.get(each.block.type)
            if prefix is not None:
                found.setdefault((each.directory, prefix + labels), []).append(each)
        return {key: tuple(several) for key, several in found.items()}

    @cached_property
    def locals(self) -> Mapping[tuple[str, str], tuple[Attribute, ...]]:
        """Directory and name → what `locals` blocks say of it."""
        found: dict[tuple[str, str], list[Attribute]] = {}
        for each in self.all("locals"):
            for attribute in each.body.attributes:
                found.setdefault((each.directory, attribute.name), []).append(attribute)
        return {key: tuple(several) for key, several in found.items()}

    @cached_property
    def others(self) -> frozenset[tuple[str, str]]:
        """The files beside Terraform's own that are there when the root is planned, with the ids of their contents."""
        paths = set(self.inventory.graph.closure(self.stack.id, self.snapshot))
        pending = list(self.modules)
        while pending:
            directory = pending.pop()
            at = f"{directory}/" if directory else ""
            paths.update(at + name for name in self.snapshot.children.get(directory, ()))
            pending.extend(at + name for name in self.snapshot.directories.get(directory, ()))
        return frozenset((path, self.snapshot.entries[path].oid) for path in paths if not path.endswith(READ_AS_DATA))


_PREFIXES = {"variable": "var.", "data": "data.", "resource": "", "ephemeral": "ephemeral.", "module": "module."}


def of(stack: Stack, inventory: Inventory) -> Closure:
    """The closure of one stack at one end."""
    snapshot = inventory.snapshot
    modules: dict[str, Configuration] = {}
    start = _start(stack, inventory)
    pending = [start]
    while pending:
        directory = pending.pop()
        if directory in modules:
            continue
        modules[directory] = configuration.of(directory, snapshot)
        for call in modules[directory].all("module"):
            pending.extend(_targets(Placed(directory, call.path, call.block), snapshot))
    problems = [problem for module in modules.values() for problem in module.problems]
    variables = _variables(stack, inventory, problems)
    given = tuple(_given(stack, inventory, modules[start], problems))
    return Closure(stack, inventory, modules, variables, tuple(problems), given)


def source(call: Placed) -> str | None:
    """The source of a module block; None where it is not plain text."""
    attribute = call.body.attribute("source")
    return values.text(attribute.expression) if attribute is not None else None


def _targets(call: Placed, snapshot: Snapshot) -> Iterator[str]:
    """The directory that a local source leads to, if that is in the repository."""
    found = source(call)
    if found is not None and found.startswith(LOCAL):
        target = inside(snapshot, call.directory, found)
        if target is not None:
            yield target


def inside(snapshot: Snapshot, directory: str, path: str) -> str | None:
    """Where a relative path leads to in the repository, through its links; None where it leads out.

    Some programs take `a/..` for nothing before they follow links, others follow `a` first: both have to stay inside.
    """
    at = posixpath.join(directory, path)
    cleaned = posixpath.normpath(at)
    ways = (snapshot.resolve(at), snapshot.resolve(cleaned) if not cleaned.startswith(("/", "../")) else None)
    return None if None in ways or cleaned == ".." else ways[1]


def _variables(stack: Stack, inventory: Inventory, problems: list[Problem]) -> Mapping[str, tuple[Attribute, ...]]:
    """What the var files of a root give, in the order in which they are read: the last one counts."""
    found: dict[str, list[Attribute]] = {}
    for path in _var_files(stack, inventory):
        for attribute in _body(path, inventory.snapshot, problems).attributes:
            found.setdefault(attribute.name, []).append(attribute)
    return {name: tuple(several) for name, several in found.items()}


def _given(stack: Stack, inventory: Inventory, root: Configuration, problems: list[Problem]) -> Iterator[Placed]:
    """The files that `init` is given for the backend, each as the block that it adds to."""
    start = _start(stack, inventory)
    labels = [located.block.labels for located in root.inside("terraform", "backend")] or [("",)]
    files = (name for name in calls.given(stack, inventory).backend_config if "=" not in name)
    for name in files:  # `key=value` is base's own word
        path = inside(inventory.snapshot, start, name)
        if path is not None:
            block = Block("backend", labels[-1], 1, _body(path, inventory.snapshot, problems))
            yield Placed(start, path, Block("terraform", (), 1, Body(blocks=(block,))))


def _body(path: str, snapshot: Snapshot, problems: list[Problem]) -> Body:
    """What a file of values says; nothing where it is not there, and a problem where it cannot be read."""
    real = snapshot.resolve(path)
    content = snapshot.read(real) if real is not None else None
    try:
        return blocks.read(content, is_json=path.endswith(".json")) if content is not None else Body()
    except Unreadable as error:
        problems.append(Problem(path, str(error), error.line))
        return Body()


def _var_files(stack: Stack, inventory: Inventory) -> Iterable[str]:
    start = _start(stack, inventory)
    at = f"{start}/" if start else ""
    names = inventory.snapshot.children.get(start, ())
    yield from (at + name for name in _DEFAULT if name in names)
    yield from (at + name for name in sorted(names) if name.endswith(_AUTOMATIC))
    for name in calls.given(stack, inventory).var_files:
        path = inside(inventory.snapshot, start, name)
        if path is not None:
            yield path


def _start(stack: Stack, inventory: Inventory) -> str:
    """The directory in which the engine runs: the root's, without links."""
    found = inventory.snapshot.resolve(stack.path)
    return stack.path if found is None else found
