"""The configuration of one directory: its files in the order in which Terraform merges them, as blocks."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.discover.snapshot import SYMLINK, Snapshot
from gitops_ci.kinds.terraform import blocks
from gitops_ci.kinds.terraform.blocks import Block, Body, Unreadable

JSON = (".tf.json", ".tofu.json")
SOURCES = (".tf", ".tofu", *JSON)
TOFU = (".tofu", ".tofu.json")

_bodies: dict[tuple[str, bool], Body | Unreadable] = {}  # by object id: content decides, base and head share it


class Located(Struct, frozen=True):
    """A block and the file that it stands in."""

    path: str
    block: Block

    @property
    def line(self) -> int:
        """Where its header is."""
        return self.block.line


class Problem(Struct, frozen=True):
    """A file that cannot be told apart with certainty."""

    path: str
    message: str
    line: int | None


class Configuration(Struct, frozen=True):
    """What the files of a directory say; override files come last, as Terraform has it."""

    files: tuple[tuple[str, Body], ...]
    problems: tuple[Problem, ...]

    def all(self, type: str, *labels: str) -> Iterator[Located]:
        """The top-level blocks of that type whose labels begin so."""
        for path, body in self.files:
            yield from (Located(path, block) for block in body.all(type, *labels))

    def inside(self, outer: str, type: str, *labels: str) -> Iterator[Located]:
        """The blocks of that type inside top-level blocks of the type `outer`, such as `terraform`."""
        for located in self.all(outer):
            yield from (Located(located.path, block) for block in located.block.body.all(type, *labels))


def of(directory: str, snapshot: Snapshot) -> Configuration:
    """The configuration in a directory, or in what a link there leads to; empty where it has no files.

    What cannot be read is a problem, no error.
    """
    directory = directory if directory in snapshot.children else snapshot.resolve(directory) or directory
    at = f"{directory}/" if directory else ""
    paths = [at + name for name in _ordered(snapshot.children.get(directory, ()))]
    real = {path: snapshot.resolve(path) if snapshot.entries[path].mode == SYMLINK else path for path in paths}
    contents = snapshot.read_many(target for path in paths if (target := real[path]) and not _known(target, snapshot))
    files: list[tuple[str, Body]] = []
    problems: list[Problem] = []
    for path in paths:
        found = _read(real[path], snapshot, contents)
        if isinstance(found, Unreadable):
            problems.append(Problem(path, str(found), found.line))
        else:
            files.append((path, found))
    return Configuration(tuple(files), tuple(problems))


def _ordered(names: tuple[str, ...]) -> list[str]:
    """Terraform's files in its order: by name, the override files behind all others, hidden ones left out."""
    found = [name for name in names if name.endswith(SOURCES) and not name.startswith(".")]
    return sorted(found, key=lambda name: (is_override(name), name))


def is_override(name: str) -> bool:
    """Whether a file only overrides what others say (https://developer.hashicorp.com/terraform/language/files/override)."""
    stem = next(name.removesuffix(suffix) for suffix in (*JSON, *SOURCES) if name.endswith(suffix))
    return stem == "override" or stem.endswith("_override")


def _key(path: str, snapshot: Snapshot) -> tuple[str, bool]:
    return snapshot.entries[path].oid, path.endswith(JSON)


def _known(path: str, snapshot: Snapshot) -> bool:
    return path not in snapshot or _key(path, snapshot) in _bodies


def _read(path: str | None, snapshot: Snapshot, contents: dict[str, bytes]) -> Body | Unreadable:
    if path is None or path not in snapshot:
        return Unreadable("is a link that leads nowhere", None)
    key = _key(path, snapshot)
    if key not in _bodies:
        if path not in contents:
            return Unreadable("is too large to be looked at", None)
        try:
            _bodies[key] = blocks.read(contents[path], is_json=key[1])
        except Unreadable as error:
            _bodies[key] = error
    return _bodies[key]
