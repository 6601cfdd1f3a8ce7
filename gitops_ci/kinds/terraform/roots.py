"""Finds Terraform roots in a snapshot, and what each root and each module reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Found
from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import MAX_FILE_BYTES, SYMLINK, Snapshot, join
from gitops_ci.kinds.terraform.path_reads import FUNCTIONS
from gitops_ci.kinds.terraform.scan import Module, PathRead, Scan, scan
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Kind, Stack

KIND: Kind = "terraform"
_JSON = (".tf.json", ".tofu.json")
SOURCES = (".tf", ".tofu", *_JSON)
_ROOT_ONLY = (
    "terraform.tfvars",
    "terraform.tfvars.json",
    ".auto.tfvars",
    ".auto.tfvars.json",
    ".terraform.lock.hcl",
    ".terraform-version",
    ".opentofu-version",
    ".tfstate",
)
_VAR_FILES = (".tfvars", ".tfvars.json")

_TEMPLATE = re.compile(rb"[$%]\{")
_READING = re.compile(rb"\b" + FUNCTIONS.encode() + rb"\s*\(")
_scan_json = partial(scan, is_json=True)
_ELSEWHERE = ("/", "file:", "git::/", "git::file:")
"""How module sources begin that are read from the machine's disk, where the repository may lie as well."""


def find(snapshot: Snapshot, config: Config) -> Found:
    """Every root of the snapshot; a directory without Terraform files is never one."""
    directories = _directories(snapshot)
    used = {
        module.target
        for directory in directories.values()
        for module in directory.local_modules
        if module.target is not None
    }
    stacks: list[Stack] = []
    references: list[Reference] = []
    for path, directory in directories.items():
        here = list(_stacks(directory, used, config))
        stacks.extend(stack for stack, _ in here)
        for stack, given in here:
            references.extend(_root_references(stack, directory, given))
        references.extend(_references(directory, path, anchor_root=bool(here)))
    references.extend(_rooted_in_others(directories, stacks))
    references.extend(_of_templates(references, snapshot))
    findings = (found for directory in directories.values() for found in _findings(directory, directories))
    return Found(tuple(stacks), tuple(references), findings)


class _LocalModule(Struct, frozen=True):
    module: Module
    file: str
    target: str | None  # None: outside the repository
    links: tuple[str, ...] = ()  # symbolic links on the way there


class _Directory(Struct, frozen=True, dict=True):
    path: str
    files: Mapping[str, Scan]  # by name of the file
    snapshot: Snapshot
    unread: tuple[str, ...]

    @cached_property
    def local_modules(self) -> tuple[_LocalModule, ...]:
        return tuple(
            _LocalModule(
                module,
                name,
                _target(self.snapshot, self.path, module.source),
                _links(self.snapshot, self.path, module.source),
            )
            for name, found in self.files.items()
            for module in found.modules
            if module.source is not None and module.source.startswith(("./", "../"))
        )

    @property
    def unresolved(self) -> bool:
        """Whether some module source cannot be known without evaluating the configuration."""
        return any(module.source is None for found in self.files.values() for module in found.modules) or any(
            found.problem for found in self.files.values()
        )

    @property
    def lies_anywhere(self) -> bool:
        """Whether a module may be any directory of the repository."""
        sources = (module.source for found in self.files.values() for module in found.modules)
        return any(source is None or source.startswith(_ELSEWHERE) for source in sources)

    @property
    def reads(self) -> Iterator[PathRead]:
        for found in self.files.values():
            yield from found.reads
            yield from found.states

    @property
    def has_backend(self) -> bool:
        return any(found.has_backend for found in self.files.values())


def _target(snapshot: Snapshot, directory: str, relative: str) -> str | None:
    joined = join(directory, relative)
    return snapshot.resolve(joined) if joined is not None and snapshot.symlinks else joined


def _links(snapshot: Snapshot, directory: str, relative: str) -> tuple[str, ...]:
    joined = join(directory, relative)
    return snapshot.links_on(joined) if joined is not None and snapshot.symlinks else ()


def _directories(snapshot: Snapshot) -> dict[str, _Directory]:
    sources = {
        path: _real(snapshot, path) for path in snapshot.entries if path.endswith(SOURCES) and not _is_ignored(path)
    }
    real = [path for path in sources.values() if path is not None]
    scans = snapshot.facts((path for path in real if not path.endswith(_JSON)), scan)
    scans |= snapshot.facts((path for path in real if path.endswith(_JSON)), _scan_json)
    grouped: dict[str, dict[str, Scan]] = {}
    unread: dict[str, list[str]] = {}
    for path, target in sources.items():
        directory, _, name = path.rpartition("/")
        found = scans.get(target or "")
        if found is None:
            unread.setdefault(directory, []).append(name)
        grouped.setdefault(directory, {})[name] = found or Scan()
    return {path: _Directory(path, files, snapshot, tuple(unread.get(path, ()))) for path, files in grouped.items()}


def _is_ignored(path: str) -> bool:
    """What Terraform passes over: its own data, and hidden files (`._main.tf`, an editor's `.#main.tf`)."""
    return "/.terraform/" in f"/{path}" or path.rpartition("/")[2].startswith(".")


def _real(snapshot: Snapshot, path: str) -> str | None:
    return snapshot.resolve(path) if snapshot.entries[path].mode == SYMLINK else path


def _stacks(directory: _Directory, used: set[str], config: Config) -> Iterator[tuple[Stack, tuple[str, ...] | None]]:
    """The stacks of a directory with the var and backend files each is given (None: nobody says)."""
    if naming.is_declared(KIND, config):
        for stack, pattern in naming.declared(directory.path, KIND, config):
            given = (*pattern.var_files, *pattern.backend_config)
            yield stack, tuple(each.replace("{environment}", stack.environment) for each in given)
    elif directory.has_backend or (directory.path not in used and "modules" not in directory.path.split("/")):
        yield naming.place(directory.path, KIND, config), None


def _root_references(stack: Stack, directory: _Directory, given: tuple[str, ...] | None) -> Iterator[Reference]:
    path = directory.path
    yield Reference(stack.id, path, "directory", "direct", (*SOURCES, *_ROOT_ONLY))
    if given is None:
        yield Reference(stack.id, path, "tree", "conservative", _VAR_FILES)
    for name in given or ():
        joined = join(path, name)
        if joined is not None:
            yield Reference(stack.id, joined, "file", "direct")


def _references(directory: _Directory, reader: str, *, anchor_root: bool) -> Iterator[Reference]:
    """What a directory reads: modules, links, files; paths relative to the root only where it is itself a root."""
    for local in directory.local_modules:
        if local.target is not None:
            yield Reference(reader, local.target, "directory", "module", SOURCES)
        for link in local.links:
            yield Reference(reader, link, "file", "module")
    for name in directory.files:
        path = f"{directory.path}/{name}" if directory.path else name
        real = _real(directory.snapshot, path)
        if real not in (path, None):
            yield Reference(reader, real or "", "file", "file")
    if directory.unresolved or directory.unread:
        yield Reference(reader, directory.path, "tree", "conservative")
    if directory.lies_anywhere:
        yield Reference(reader, "", "tree", "conservative")
    for read in directory.reads:
        if read.anchor == "module" or anchor_root:
            yield from _path_reference(directory.snapshot, reader, directory.path, read)


def _path_reference(snapshot: Snapshot, reader: str, anchor: str, read: PathRead) -> Iterator[Reference]:
    target = _target(snapshot, anchor, read.path or ".")
    for link in _links(snapshot, anchor, read.path or "."):
        yield Reference(reader, link, "file", "file")
    if target is None:
        return
    if read.complete and read.path:
        yield Reference(reader, target, "tree" if snapshot.is_directory(target) else "file", "file")
    else:
        yield Reference(reader, target, "tree", "conservative")


def _of_templates(references: Iterable[Reference], snapshot: Snapshot) -> Iterator[Reference]:
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


def _is_reading(template: bytes) -> bool:
    return _TEMPLATE.search(template) is not None and _READING.search(template) is not None


def _rooted_in_others(directories: Mapping[str, _Directory], stacks: Iterable[Stack]) -> Iterator[Reference]:
    """Paths relative to the root that a module names are different files for every root that uses it."""
    anchored = {
        path: [read for read in directory.reads if read.anchor == "root"] for path, directory in directories.items()
    }
    if not any(anchored.values()):
        return
    for stack in stacks:
        for path in _modules_below(stack.path, directories):
            for read in anchored.get(path, ()):
                yield from _path_reference(directories[path].snapshot, stack.id, stack.path, read)


def _modules_below(root: str, directories: Mapping[str, _Directory]) -> set[str]:
    seen: set[str] = set()
    pending = [root]
    while pending:
        directory = directories.get(pending.pop())
        for local in directory.local_modules if directory else ():
            if local.target is not None and local.target not in seen:
                seen.add(local.target)
                pending.append(local.target)
    return seen - {root}


def _findings(directory: _Directory, directories: Mapping[str, _Directory]) -> Iterator[Finding]:
    at = f"{directory.path}/" if directory.path else ""
    for name, found in directory.files.items():
        if found.problem:
            yield finding.make(
                "terraform/unreadable",
                "warning",
                f"{name} {found.problem}",
                help="Mend the file; until then every change below its directory counts as a change of this root.",
                path=at + name,
                line=found.problem_line,
            )
    for name in directory.unread:
        yield finding.make(
            "terraform/unreadable",
            "warning",
            f"{name} cannot be read: it is larger than {MAX_FILE_BYTES >> 20} MiB or a link that leads nowhere",
            help="Split the file, or mend the link.",
            path=at + name,
        )
    for local in directory.local_modules:
        if local.target is not None and directory.snapshot.in_submodule(local.target):
            continue  # its files are in another repository
        if local.target is None or local.target not in directories:
            where = "leaves the repository" if local.target is None else "has no Terraform files"
            yield finding.make(
                "terraform/module-missing",
                "error",
                f'module "{local.module.name}": source "{local.module.source}" {where}',
                help="Give the path of a module relative to this directory, or a registry or git source.",
                path=at + local.file,
                line=local.module.line,
            )
