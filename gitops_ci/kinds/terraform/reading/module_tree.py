"""A root and the local modules below it as they are called: each call with the values that it is given."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.backends import DEFAULT_WORKSPACE
from gitops_ci.kinds.terraform.language import blocks, evaluation
from gitops_ci.kinds.terraform.language.blocks import Block, Unreadable
from gitops_ci.kinds.terraform.language.values import COMPUTED, Value
from gitops_ci.kinds.terraform.reading import configuration, directories
from gitops_ci.kinds.terraform.reading.configuration import Configuration
from gitops_ci.kinds.terraform.reading.directories import Directory
from gitops_ci.kinds.terraform.reading.referring import Root

_MOST_CALLS = 200
"""Calls that are looked at for one root, and keys for one `for_each`: modules of modules multiply."""
_META = frozenset({"source", "version", "count", "for_each", "providers", "depends_on"})


class Variables:
    """The scope of one call of a module, or of the root: its variables, locals, workspace and path."""

    def __init__(self, directory: Directory, root: Root, given: Mapping[str, Value], each: Value = None) -> None:
        self._directory = directory
        self._root = root
        self._given = given
        self._each = each
        self.opened: set[tuple[int, str]] = set()

    @cached_property
    def configuration(self) -> Configuration:
        """The files of the module, read whole: only asked for where a value is no literal."""
        return configuration.of(self._directory.path, self._directory.snapshot)

    @cached_property
    def _variables(self) -> Mapping[str, Value]:
        defaults = {
            located.block.labels[0]: default.expression
            for located in self.configuration.all("variable")
            if located.block.labels and (default := located.block.body.attribute("default")) is not None
        }
        return evaluation.Either(self._given, evaluation.Names(defaults, self, self.opened))

    @cached_property
    def _locals(self) -> Mapping[str, Value]:
        written = evaluation.locals_of([body for _, body in self.configuration.files])
        return evaluation.Names(written, self, self.opened)

    def name(self, name: str) -> Value:
        """Variables, locals, the workspace, and where the module lies seen from its root."""
        match name:
            case "var":
                return self._variables
            case "local":
                return self._locals
            case "terraform":
                return {"workspace": (self._root.given and self._root.given.workspace) or DEFAULT_WORKSPACE}
            case "path":
                here = posixpath.relpath(f"/{self._directory.path}", f"/{self._root.directory}")
                return {"module": here, "root": "."}
            case "each" if self._each is not None:
                return self._each
            case _:
                return COMPUTED

    def call(self, function: str, arguments: Sequence[Value]) -> Value:
        """Terraform's own functions."""
        return evaluation.call(function, arguments)

    def each(self, collection: Value) -> Iterator[Variables]:
        """The scope once for each key of a `for_each`; once with nothing known of it where that is computed."""
        pairs: list[tuple[Value, Value]] = [(COMPUTED, COMPUTED)]
        if isinstance(collection, Mapping):
            pairs = list(collection.items())
        elif isinstance(collection, list):
            pairs = [(item, item) for item in collection]
        for key, value in pairs[:_MOST_CALLS]:
            yield Variables(self._directory, self._root, self._given, {"key": key, "value": value})


class Instance(Struct, frozen=True):
    """A directory as one call of it sees it."""

    directory: Directory
    scope: Variables


def instances(root: Root, there: Mapping[str, Directory], leading: Collection[str]) -> Iterator[Instance]:
    """The root and the calls of modules below it, of directories among `leading` only."""
    directory = there[root.directory]
    scope = Variables(directory, root, _given(root, directory.snapshot))
    pending: list[tuple[Instance, tuple[str, ...]]] = [(Instance(directory, scope), (root.directory,))]
    for _ in range(_MOST_CALLS):
        if not pending:
            return
        instance, above = pending.pop()
        yield instance
        if not any(local.target in leading for local in instance.directory.local_modules):
            continue
        for located in instance.scope.configuration.all("module"):
            for target, inner in _called(located.block, instance):
                if target in leading and target in there and target not in above:
                    pending.append((Instance(there[target], Variables(there[target], root, inner)), (*above, target)))


def _called(block: Block, instance: Instance) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """Where a module block leads to, with what it hands over, once for each key of its `for_each`."""
    source = block.body.attribute("source")
    name = evaluation.text(source.expression, instance.scope) if source is not None else None
    if not isinstance(name, str) or not name.startswith(("./", "../")):
        return
    target = directories.target(instance.directory.snapshot, instance.directory.path, name)
    each = block.body.attribute("for_each")
    for scope in instance.scope.each(evaluation.text(each.expression, instance.scope)) if each else (instance.scope,):
        written = {one.name: one.expression for one in block.body.attributes if one.name not in _META}
        if target is not None:
            yield target, evaluation.Names(written, scope, scope.opened)


def _given(root: Root, snapshot: Snapshot) -> dict[str, Value]:
    """The values of a root's variables in the files that it is given, the last one counts."""
    names = [name for name in snapshot.children.get(root.directory, ()) if _is_loaded(name)]
    paths = [f"{root.directory}/{name}".lstrip("/") for name in sorted(names, key=lambda name: (_is_auto(name), name))]
    given = root.given.var_files if root.given is not None else ()
    paths += [directories.target(snapshot, root.directory, name) or "" for name in given]
    found: dict[str, Value] = {}
    for path in paths:
        content = snapshot.read(snapshot.resolve(path) or "")
        try:
            body = blocks.read(content or b"", is_json=path.endswith(".json") and content is not None)
        except Unreadable:
            continue
        found |= {each.name: evaluation.text(each.expression, _NOTHING) for each in body.attributes}
    return found


def _is_auto(name: str) -> bool:
    return name.endswith((".auto.tfvars", ".auto.tfvars.json"))


def _is_loaded(name: str) -> bool:
    return name in ("terraform.tfvars", "terraform.tfvars.json") or _is_auto(name)


class _Nothing:
    def name(self, name: str) -> Value:
        return COMPUTED

    def call(self, function: str, arguments: Sequence[Value]) -> Value:
        return COMPUTED


_NOTHING = _Nothing()
