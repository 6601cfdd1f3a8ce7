"""Which stacks read what others left in their states: `terraform_remote_state` and `tfe_outputs`, as Dependencies.

A place of a state that takes more to work out than the variables, locals and workspace of the stack is unknown, and
what reads it depends on nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice

from msgspec import Struct

from gitops_ci.discover.inventory import Dependency
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform import backends
from gitops_ci.kinds.terraform.language import blocks, evaluation
from gitops_ci.kinds.terraform.language.blocks import Block, Body, Unreadable
from gitops_ci.kinds.terraform.language.values import COMPUTED, Value
from gitops_ci.kinds.terraform.reading import module_tree
from gitops_ci.kinds.terraform.reading.configuration import JSON, Configuration, is_override
from gitops_ci.kinds.terraform.reading.directories import Directory
from gitops_ci.kinds.terraform.reading.module_tree import Instance
from gitops_ci.kinds.terraform.reading.referring import Root, users_of
from gitops_ci.model.stack import Stack

_MOST_READ = 5_000
"""Places that are followed for one root; keys of `for_each` and calls of modules multiply."""
_CONTAINERS = ("bucket", "storage_account_name", "container_name")
"""Settings that are often given to `init` from outside; the key in it tells states apart just as well."""


class _Place(Struct, frozen=True):
    """Where a state lies: `known` is None where the container is not, `key` is the place in any container."""

    known: str | None
    key: str


def dependencies(roots: Iterable[Root], there: Mapping[str, Directory], snapshot: Snapshot) -> Iterator[Dependency]:
    """Each stack that reads another's state, with the first place that says so."""
    readers = [path for path, directory in there.items() if directory.reads_state]
    if not readers:
        return
    leading = frozenset(readers).union(*users_of(readers, there).values())
    states = _States(roots, there, snapshot)
    for root in roots:
        if root.directory not in leading:
            continue
        told: set[str] = set()
        for path, line, place in islice(_reads(root, there, leading), _MOST_READ):
            for on in states.at(place, root.stack):
                if on not in told:
                    told.add(on)
                    yield Dependency(root.stack.id, on, path, line)


def _reads(root: Root, there: Mapping[str, Directory], leading: frozenset[str]) -> Iterator[tuple[str, int, _Place]]:
    """The places that a root and its modules read, with where they say so."""
    for instance in module_tree.instances(root, there, leading):
        for path, block in _data(instance.directory):
            yield from ((path, block.line, place) for place in _read(block, instance, root))


class _States:
    """The places of all states; where only the key is known, a stack of the reader's environment is meant."""

    def __init__(self, roots: Iterable[Root], there: Mapping[str, Directory], snapshot: Snapshot) -> None:
        self._known: dict[str, list[Stack]] = {}
        self._by_key: dict[str, list[tuple[Stack, bool]]] = {}
        for root in roots:
            place = _kept(root, there[root.directory], snapshot) if root.directory in there else None
            if place is not None:
                self._by_key.setdefault(place.key, []).append((root.stack, place.known is not None))
                if place.known is not None:
                    self._known.setdefault(place.known, []).append(root.stack)

    def at(self, place: _Place, reader: Stack) -> list[str]:
        """Ids of the stacks that keep their state there, the reader left out."""
        found = self._known.get(place.known, []) if place.known is not None else []
        if not found:
            found = [stack for stack, known in self._by_key.get(place.key, ()) if place.known is None or not known]
            if len(found) > 1:
                found = [stack for stack in found if stack.environment == reader.environment]
        return [stack.id for stack in found if stack.id != reader.id]


def _kept(root: Root, directory: Directory, snapshot: Snapshot) -> _Place | None:
    """Where a stack keeps its state."""
    files = sorted(directory.files, key=lambda name: (is_override(name), name))
    bodies = tuple((name, _body(name, directory.files[name].excerpt)) for name in files)
    given = root.given.backend_config if root.given is not None else ()
    backend = backends.given(Configuration(bodies, ()), root.directory, snapshot, given)
    if backend.unread or (not backend.settings and backend.type != "local"):
        return None
    return _place(backend.type, backend.settings, root.directory, _workspace(root))


def _workspace(root: Root) -> str:
    return (root.given.workspace if root.given is not None else None) or backends.DEFAULT_WORKSPACE


def _place(type: str, settings: Mapping[str, Value], directory: str, workspace: str) -> _Place | None:
    known = backends.location(type, settings, directory=directory, workspace=workspace)
    anywhere = {**settings, **dict.fromkeys(_CONTAINERS, "*")}
    key = backends.location(type, anywhere, directory=directory, workspace=workspace)
    return _Place(known, key) if key is not None else None


def _data(directory: Directory) -> Iterator[tuple[str, Block]]:
    """The blocks of a directory that read states, each with its file."""
    at = f"{directory.path}/" if directory.path else ""
    for name, found in directory.files.items():
        if found.reads_state:
            body = _body(name, found.excerpt)
            for type in ("terraform_remote_state", "tfe_outputs"):
                yield from ((at + name, block) for block in body.all("data", type))


@lru_cache(maxsize=65_536)
def _body(name: str, excerpt: str) -> Body:
    try:
        return Body() if not excerpt else blocks.read(excerpt.encode(), is_json=name.endswith(JSON))
    except Unreadable:
        return Body()


def _read(block: Block, instance: Instance, root: Root) -> Iterator[_Place]:
    """The places that a data source reads, once for each key of its `for_each`."""
    each = block.body.attribute("for_each")
    for scope in instance.scope.each(evaluation.text(each.expression, instance.scope)) if each else (instance.scope,):
        settings = {one.name: evaluation.text(one.expression, scope) for one in block.body.attributes}
        if block.labels[0] == "tfe_outputs":
            settings = _as_remote(settings)
        type, given, workspace = (settings.get(name) for name in ("backend", "config", "workspace"))
        if isinstance(type, str) and isinstance(given, Mapping) and isinstance(workspace, str | None):
            place = _place(type, given, root.directory, workspace or backends.DEFAULT_WORKSPACE)
            if place is not None:
                yield place


def _as_remote(settings: Mapping[str, Value]) -> dict[str, Value]:
    """What `tfe_outputs` names, as `terraform_remote_state` would."""
    workspaces = {"name": settings.get("workspace", COMPUTED)}
    config = {"organization": settings.get("organization", COMPUTED), "workspaces": workspaces}
    return {"backend": "remote", "config": config}
