"""The configuration of one directory: its files in the order in which Terraform merges them, as blocks."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from msgspec import Struct

from gitops_ci.discover.snapshot import SYMLINK, Snapshot
from gitops_ci.kinds.terraform.language import blocks
from gitops_ci.kinds.terraform.language.blocks import Block, Body, Unreadable

JSON = (".tf.json", ".tofu.json")
SOURCES = (".tf", ".tofu", *JSON)
MAX_BYTES = 1 << 20
"""Files of native syntax that are larger are not read: nobody writes them, and it takes seconds."""
TOFU = (".tofu", ".tofu.json")

_bodies: dict[tuple[str, bool], Body | Unreadable] = {}  # by object id and syntax: base and head share what is alike


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


class Configuration(Struct, frozen=True, eq=False):
    """What the files of a directory say; override files come last, as Terraform has it. One is equal to itself only."""

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


_read_before: WeakKeyDictionary[Snapshot, dict[str, Configuration]] = WeakKeyDictionary()


def of(directory: str, snapshot: Snapshot) -> Configuration:
    """The configuration in a directory, or in what a link there leads to; empty where it has no files.

    What cannot be read is a problem, no error. A directory is read once, however many roots use it.
    """
    known = _read_before.setdefault(snapshot, {})
    if directory not in known:
        there = directory if directory in snapshot.children else snapshot.resolve(directory) or directory
        known[directory] = _in(there, snapshot)
    return known[directory]


def _in(directory: str, snapshot: Snapshot) -> Configuration:
    at = f"{directory}/" if directory else ""
    paths = [at + name for name in _ordered(snapshot.children.get(directory, ()))]
    real = {path: snapshot.resolve(path) if snapshot.entries[path].mode == SYMLINK else path for path in paths}
    contents = snapshot.read_many(real[path] or "" for path in paths if _key(path, real[path], snapshot) not in _bodies)
    files: list[tuple[str, Body]] = []
    problems: list[Problem] = []
    for path in paths:
        found = _read(path, real[path], snapshot, contents)
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


def _key(path: str, real: str | None, snapshot: Snapshot) -> tuple[str, bool] | None:
    """The content and the syntax, which the name says that Terraform finds: of a link that is its own."""
    entry = snapshot.entries.get(real) if real is not None else None
    return (entry.oid, path.endswith(JSON)) if entry is not None else None


def _read(path: str, real: str | None, snapshot: Snapshot, contents: dict[str, bytes]) -> Body | Unreadable:
    key = _key(path, real, snapshot)
    if key is None or real is None:
        return Unreadable("is a link that leads nowhere", None)
    if key not in _bodies:
        if real not in contents:
            return Unreadable("is too large to be looked at", None)
        if len(contents[real]) > MAX_BYTES and not key[1]:
            return Unreadable(f"is larger than {MAX_BYTES >> 20} MiB", None)
        try:
            _bodies[key] = blocks.read(contents[real], is_json=key[1])
        except Unreadable as error:
            _bodies[key] = error
    return _bodies[key]
