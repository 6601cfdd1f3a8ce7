"""What roots and modules read, as References: their files, modules, links, and what expressions name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from gitops_ci.config import StackPattern
from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.language import native_syntax
from gitops_ci.kinds.terraform.reading.configuration import SOURCES
from gitops_ci.kinds.terraform.reading.directories import Directory, links, real, target
from gitops_ci.kinds.terraform.reading.path_reads import FUNCTIONS
from gitops_ci.kinds.terraform.reading.scan import PathRead
from gitops_ci.model.stack import Certainty, Stack

VERSIONS = (".terraform-version", ".opentofu-version")
"""Files that say which engine runs, for the directory that they lie in and all below."""
ROOT_ONLY = (
    "terraform.tfvars",
    "terraform.tfvars.json",
    ".auto.tfvars",
    ".auto.tfvars.json",
    ".terraform.lock.hcl",
    *VERSIONS,
    ".tfstate",
)
_VAR_FILES = (".tfvars", ".tfvars.json")

_ENDING = re.compile(r"\*+\.(?:([\w.-]+)|\{([\w.,-]+)\})")
"""What a pattern such as `*.json` or `*.{yaml,yml}` says of names."""

_TEMPLATE = re.compile(r"[$%]\{")
_CALLED = re.compile(rf"\b{FUNCTIONS}\s*+(?:\(|/[/*]|\#)")  # a comment may stand before the parenthesis
_READING = re.compile(_CALLED.pattern.encode())


class Root(Struct, frozen=True):
    """A stack, the directory that its files really lie in, and what it is deployed with (None: nobody says)."""

    stack: Stack
    directory: str
    given: StackPattern | None = None


def of_root(root: Root, snapshot: Snapshot) -> Iterator[Reference]:
    """What a root reads because it is one: variables, versions, the lock file, what it is given on the command line."""
    id, path = root.stack.id, root.directory
    yield Reference(id, path, "directory", "direct", (*SOURCES, *ROOT_ONLY), visible=True)
    yield from of_links(id, path, snapshot)
    if root.stack.path != path:
        yield from (Reference(id, link, "file", "direct") for link in snapshot.links_on(root.stack.path))
    for at in {path, root.stack.path}:
        yield from (Reference(id, found, "file", "file") for found in versions_above(at, snapshot))
    if root.given is None or not root.given.var_files:
        yield Reference(id, path, "tree", "conservative", _VAR_FILES)
    if root.given is not None:
        settings = [each for each in root.given.backend_config if "=" not in each]  # the others are `key=value`
        for name in (*root.given.var_files, *settings):
            yield from named(id, path, name, snapshot, "direct")


def of_links(reader: str, directory: str, snapshot: Snapshot) -> Iterator[Reference]:
    """What links beside a root's configuration lead to: variables, versions, the lock file that lie elsewhere."""
    at = f"{directory}/" if directory else ""
    for name in snapshot.children.get(directory, ()) if snapshot.symlinks else ():
        if name.endswith((*ROOT_ONLY, *_VAR_FILES)) and (found := snapshot.resolve(at + name)) not in (at + name, None):
            certainty: Certainty = "file" if name.endswith(ROOT_ONLY) else "conservative"
            yield Reference(reader, found or "", "file", certainty)


def versions_above(directory: str, snapshot: Snapshot, names: Iterable[str] = VERSIONS) -> Iterator[str]:
    """The files above a directory that say which engine runs in it, as tfenv and tenv look for them."""
    for name in names:
        above = directory
        while above:
            above = above.rpartition("/")[0]
            path = f"{above}/{name}" if above else name
            if path in snapshot:
                yield path
                break


def named(reader: str, directory: str, name: str, snapshot: Snapshot, certainty: Certainty) -> Iterator[Reference]:
    """The file that somebody names relative to a directory, and the links on the way."""
    for link in links(snapshot, directory, name):
        yield Reference(reader, link, "file", certainty)
    found = target(snapshot, directory, name)
    if found:
        yield Reference(reader, found, "file", certainty)


def of_directory(directory: Directory, *, is_root: bool) -> Iterator[Reference]:
    """What a directory reads: modules, links, files; paths relative to the root only where it is itself a root."""
    reader = directory.path
    for local in directory.local_modules:
        if local.target is not None:
            yield Reference(reader, local.target, "directory", "module", SOURCES, visible=True)
        for link in local.links:
            yield Reference(reader, link, "file", "module")
    for name in directory.files if directory.snapshot.symlinks else ():
        path = f"{directory.path}/{name}" if directory.path else name
        found = real(directory.snapshot, path)
        if found not in (path, None):
            yield Reference(reader, found or "", "file", "file")
    if directory.unresolved or directory.unread:
        yield Reference(reader, directory.path, "tree", "conservative")
    if directory.lies_anywhere:
        yield Reference(reader, "", "tree", "conservative")
    for read in directory.reads:
        if read.anchor == "module" or is_root:
            yield from of_path(directory.snapshot, reader, directory.path, read)


def of_path(snapshot: Snapshot, reader: str, anchor: str, read: PathRead) -> Iterator[Reference]:
    """What a path that an expression names leads to from the directory `anchor`.

    A file that is not there is none of this end's business: the end that has it knows who reads it.
    """
    found = target(snapshot, anchor, read.path or ".")
    for link in links(snapshot, anchor, read.path or "."):
        yield Reference(reader, link, "file", "file")
    if found is None:
        if not read.complete and set(read.path.split("/")) == {".."}:
            yield Reference(reader, "", "tree", "conservative")  # a folder that the repository lies in
        return
    if read.complete and read.pattern is not None and snapshot.is_directory(found):
        yield _of_pattern(reader, found, read.pattern)
    elif not read.complete or snapshot.is_directory(found):
        yield Reference(reader, found, "tree", "conservative")
    elif found in snapshot or snapshot.in_submodule(found):
        yield Reference(reader, found, "file", "file")


def _of_pattern(reader: str, directory: str, pattern: str) -> Reference:
    """What a fileset's pattern takes of a directory, or more: of the pattern only the ending of names is looked at."""
    ending = _ENDING.fullmatch(pattern.rpartition("/")[2])
    suffixes = tuple(f".{each}" for each in (ending[1] or ending[2]).split(",")) if ending is not None else ()
    return Reference(reader, directory, "tree" if "/" in pattern or "**" in pattern else "directory", "file", suffixes)


def through_modules(roots: Iterable[Root], directories: Mapping[str, Directory]) -> Iterator[Reference]:
    """Paths relative to the root that a module names are different files for every root that uses it."""
    anchored = _anchored(directories)
    if not anchored:
        return
    at: dict[str, list[Root]] = {}
    for root in roots:
        at.setdefault(root.directory, []).append(root)
    for path, users in users_of(anchored, directories).items():
        for root in (root for user in users for root in at.get(user, ())):
            for read in anchored[path]:
                yield from of_path(directories[path].snapshot, root.stack.id, root.directory, read)


def _anchored(directories: Mapping[str, Directory]) -> dict[str, list[PathRead]]:
    """The directories that name paths relative to the root, with these."""
    found = {path: [read for read in each.reads if read.anchor == "root"] for path, each in directories.items()}
    return {path: reads for path, reads in found.items() if reads}


def rooted(directories: Mapping[str, Directory]) -> frozenset[str]:
    """The directories that read files beside their root, themselves or through their modules."""
    anchored = _anchored(directories)
    return frozenset(anchored).union(*users_of(anchored, directories).values())


def users_of(modules: Collection[str], directories: Mapping[str, Directory]) -> dict[str, frozenset[str]]:
    """For each of some modules the directories that use it, themselves or through others."""
    using: dict[str, list[str]] = {}
    for path, directory in directories.items():
        for local in directory.local_modules:
            if local.target is not None:
                using.setdefault(local.target, []).append(path)
    return {module: _above(module, using) for module in modules}


def _above(module: str, using: Mapping[str, list[str]]) -> frozenset[str]:
    seen: set[str] = set()
    pending = [module]
    while pending:
        for user in using.get(pending.pop(), ()):
            if user not in seen:
                seen.add(user)
                pending.append(user)
    return frozenset(seen - {module})


def of_templates(references: Iterable[Reference], snapshot: Snapshot) -> Iterator[Reference]:
    """A file that is read and that may itself be a template with `file()` in it can read everything there is."""
    read = [each for each in references if each.certainty == "file" and not each.path.endswith(SOURCES)]
    trees = {each.path for each in read if each.scope != "file"}
    below: dict[str, list[str]] = {tree: [] for tree in trees}
    for path in snapshot.entries if trees else ():
        parts = path.split("/")
        for tree in {"/".join(parts[:depth]) for depth in range(len(parts))} & trees:
            below[tree].append(path)
    inside = {each: below[each.path] if each.scope != "file" else [each.path] for each in read}
    reading = snapshot.facts((path for paths in inside.values() for path in paths), _is_reading)
    for each, paths in inside.items():
        if any(reading.get(path, False) for path in paths):
            yield Reference(each.reader, "", "tree", "conservative")


def _is_reading(content: bytes) -> bool:
    """Whether a template calls a function that reads a file: inside of `${…}`, not only somewhere in its text."""
    if _READING.search(content) is None:
        return False
    text, position = content.decode(errors="replace"), 0
    while (opened := _TEMPLATE.search(text, position)) is not None:
        try:
            position = native_syntax.end_of_interpolation(text, opened.end())
        except native_syntax.Unbalanced:
            return True  # who knows
        if _CALLED.search(text, opened.end(), position) is not None:
            return True
    return False
