"""What each root of a tree depends on, found by Terraform itself."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.replaying import configuration, engine, stripped
from benchmarks.replaying.configuration import Block
from benchmarks.replaying.history import Checkout
from benchmarks.replaying.stripped import Rewritten

_ATTEMPTS = 8
_WORLDS = 8  # so many sets of values at most, of each origin
_SYNTAX = (".tf", ".tf.json")
_OF_A_ROOT = (".auto.tfvars", ".auto.tfvars.json")
_NAMES_OF_A_ROOT = frozenset(
    {"terraform.tfvars", "terraform.tfvars.json", ".terraform.lock.hcl", ".terraform-version", ".opentofu-version"}
)


@dataclass(frozen=True)
class Seen:
    """What the oracle knows about one root at one commit.

    `files` are what it depends on; `watched` and `listed` what a new answer would have to differ in: paths that were
    asked for, there or not, and folders whose entries were read. `offline`: `terraform get` resolves every module
    with no network. `blind` says what could not be evaluated, so that a file that is read there is not seen.
    """

    files: frozenset[str]
    watched: frozenset[str]
    listed: frozenset[str]
    offline: bool
    blind: tuple[str, ...]

    def is_stale(self, different: frozenset[str]) -> bool:
        """Whether a change of these paths (folders that came or went among them) can alter the answer."""
        return not self.watched.isdisjoint(different) or any(
            posixpath.dirname(each) in self.listed for each in different
        )


@dataclass(frozen=True)
class Directory:
    """The Terraform files of a folder: name → parsed, None where it cannot be."""

    path: str
    files: Mapping[str, Block | None]

    @property
    def blocks(self) -> Iterator[Block]:
        """The top-level blocks of every file."""
        return (block for file in self.files.values() if file is not None for block in file.blocks)

    @property
    def sources(self) -> list[str]:
        """The local sources of its module calls."""
        return [block.local_source for block in self.blocks if block.type == "module" and block.local_source]

    @property
    def has_backend(self) -> bool:
        """Whether it says where its state is kept."""
        settings = (inner.type for block in self.blocks if block.type == "terraform" for inner in block.blocks)
        return not {"backend", "cloud"}.isdisjoint(settings)


class Oracle:
    """Answers for the trees that one checkout is moved to."""

    def __init__(self, checkout: Checkout, scratch: Path) -> None:
        self.checkout = checkout
        self.scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)

    def directories(self) -> dict[str, Directory]:
        """Every folder with Terraform files that Terraform would load."""
        grouped: dict[str, dict[str, Block | None]] = {}
        for path in self.checkout.entries:
            folder, _, name = path.rpartition("/")
            if _is_loaded(name) and ".terraform" not in folder.split("/"):
                grouped.setdefault(folder, {})[name] = self._parsed(path)
        return {folder: Directory(folder, files) for folder, files in grouped.items()}

    def _parsed(self, path: str) -> Block | None:
        target, _ = self.checkout.followed(path)
        entry = self.checkout.entries.get(target or "")
        if entry is None:
            return None
        return configuration.parsed(self.checkout.history.read(entry.oid), is_json=path.endswith(".json"))

    def roots(self, directories: Mapping[str, Directory]) -> frozenset[str]:
        """The root modules, by the rule of docs/kinds/terraform.md."""
        used = {self._target(each.path, source) for each in directories.values() for source in each.sources}
        return frozenset(
            path
            for path, each in directories.items()
            if each.has_backend or (path not in used and "modules" not in path.split("/"))
        )

    def _target(self, folder: str, source: str) -> str | None:
        """The directory of a module call; Terraform cleans the path before it follows links."""
        return self.checkout.followed(_cleaned(folder, source))[0]

    def seen(self, root: str, directories: Mapping[str, Directory]) -> Seen:
        """Asks Terraform about one root."""
        place = self.checkout.directory / root
        modules = engine.get(place, self.scratch)
        below = self._below(root, directories)
        evaluation = _Evaluation(self, root, [directories[path] for path in sorted(below)], directories)
        try:
            cut, trace, blind = evaluation.run()
        finally:
            evaluation.undo()
        if cut is None:  # Terraform refuses the configuration: its calls are followed as they stand
            blind = (*blind, f"{root}: modules cannot be loaded")
            cut = {path: posixpath.relpath(path or ".", root or ".") for path in below}
        closure = set((modules or {}).values()) | set(cut.values())
        files, watched = self._files(root, closure)
        state = f"{place}/terraform.tfstate" if directories[root].has_backend else ""  # looked at for lack of a backend
        for path in trace.named - {state}:
            self._take(path, files, watched)
        for path in below:
            for source in directories[path].sources:  # also those that lead nowhere yet
                self._take(f"{self.checkout.directory}/{_cleaned(path, source)}", files, watched)
        listed = {inside for path in trace.listed if (inside := self._inside(path)) is not None}
        listed |= {target for each in closure if (target := self._target(root, each)) is not None}
        return Seen(frozenset(files), frozenset(watched), frozenset(listed), modules is not None, blind)

    def _below(self, root: str, directories: Mapping[str, Directory]) -> set[str]:
        found: set[str] = set()
        pending = [root]
        while pending:
            path = pending.pop()
            if path in directories and path not in found:
                found.add(path)
                targets = (self._target(path, source) for source in directories[path].sources)
                pending.extend(target for target in targets if target is not None)
        return found

    def _files(self, root: str, closure: set[str]) -> tuple[set[str], set[str]]:
        """The configuration of every directory of the closure (given relative to the root), by its names."""
        files: set[str] = set()
        watched: set[str] = set()
        for relative in closure:
            self._take(str(self.checkout.directory / root / relative), files, watched)
            folder = self.checkout.followed(posixpath.join(root, relative))[0]
            for name in self.checkout.children.get(folder or "", ()) if folder is not None else ():
                if _is_loaded(name) or (relative == "." and _is_of_root(name)):
                    self._take(str(self.checkout.directory / (folder or "") / name), files, watched)
        return files, watched

    def _take(self, path: str, files: set[str], watched: set[str]) -> None:
        """Adds what an absolute path leads to: the links on the way, and the file where it is one."""
        inside = self._inside(path)
        if inside is None:
            return
        target, links = self.checkout.followed(inside)
        files.update(links)
        watched.update((inside, *links))
        if target is not None:
            watched.add(target)
            if target in self.checkout.entries:
                files.add(target)

    def _inside(self, path: str) -> str | None:
        """An absolute path relative to the checkout, `..` left as it is for links to be followed first."""
        prefix = f"{self.checkout.directory}/"
        if path == str(self.checkout.directory):
            return ""
        return path.removeprefix(prefix) if path.startswith(prefix) else None


def _cleaned(folder: str, source: str) -> str:
    return posixpath.normpath(posixpath.join(folder, source))


def _is_of_root(name: str) -> bool:
    return name in _NAMES_OF_A_ROOT or name.endswith(_OF_A_ROOT)


def _spread(values: list[tuple[str, ...]], most: int) -> list[tuple[str, ...]]:
    """At most so many of them, evenly spread; none where there is nothing to choose."""
    values = [each for each in values if each]
    return values[:: -(-len(values) // most)] if values else []


def _is_loaded(name: str) -> bool:
    return name.endswith(_SYNTAX) and not name.startswith((".", "#"))


class _Evaluation:
    """One root's files rewritten in the checkout, planned, mended where Terraform refuses, and put back."""

    def __init__(self, oracle: Oracle, root: str, below: list[Directory], directories: Mapping[str, Directory]) -> None:
        self.oracle = oracle
        self.root = root
        self.place = oracle.checkout.directory
        self.files: dict[str, Rewritten] = {}  # what stands in the checkout while Terraform runs
        self.unread: list[str] = []
        self.reads = any(stripped.reads(block) for each in below for block in each.blocks)
        self.attempts: dict[tuple[str, int], int] = {}
        self.worlds = self._given(directories[root])
        lock = posixpath.join(root, ".terraform.lock.hcl")
        if lock in oracle.checkout.entries:  # names providers that are not here
            self.files[lock] = Rewritten([""])
        for directory in below:
            self._prepare(directory, directories)

    def _prepare(self, directory: Directory, directories: Mapping[str, Directory]) -> None:
        def is_missing(source: str) -> bool:
            return self.oracle._target(directory.path, source) not in directories  # noqa: SLF001 - one module

        known = [file for file in directory.files.values() if file is not None]
        names = stripped.scope(known, is_root=directory.path == self.root, missing=is_missing)
        for name, file in directory.files.items():
            path = posixpath.join(directory.path, name)
            if file is None:
                self.unread.append(f"{path} is not evaluated")
            if path.endswith(".json"):  # as .tf, the same blocks
                self.files[path], path = Rewritten(["{}"]), f"{path}.tf"
            self.files[path] = stripped.rewrite(file, names) if file is not None else Rewritten([""])
        self.files[posixpath.join(directory.path, "gitops_ci_oracle.tf")] = Rewritten([stripped.FRAME])

    def run(self) -> tuple[dict[str, str] | None, engine.Trace, tuple[str, ...]]:
        """The modules (None: refused), what was looked at in all attempts, and what could not be evaluated."""
        root = self.place / self.root
        named: set[str] = set()
        listed: set[str] = set()
        self._write()
        modules = engine.get(root, self.oracle.scratch)
        errors: tuple[engine.Diagnostic, ...] = ()
        blind = set(self.unread)
        for number, world in enumerate(self.worlds if self.reads and modules is not None else ()):
            if number < 2:  # what cannot be evaluated without values may be with some, and those differ little
                self.attempts.clear()
            for _ in range(_ATTEMPTS):
                spans = self._write()
                errors, trace = engine.plan(root, self.oracle.scratch, world)
                named |= trace.named
                listed |= trace.listed
                if not errors or not self._mend(errors, spans):
                    break
            blind |= {f"{error.file}: {error.summary}" for error in errors}
            blind |= {f"{path}: an expression was given up" for (path, _), tries in self.attempts.items() if tries > 1}
        return modules, engine.Trace(frozenset(named), frozenset(listed)), tuple(sorted(blind))

    def _write(self) -> dict[str, list[tuple[int, int, int]]]:
        spans: dict[str, list[tuple[int, int, int]]] = {}
        for path, file in self.files.items():
            attempts = {number: tries for (at, number), tries in self.attempts.items() if at == path}
            content, spans[path] = file.text(attempts)
            place = self.place / path
            place.unlink(missing_ok=True)
            place.write_bytes(content)
        return spans

    def _mend(self, errors: tuple[engine.Diagnostic, ...], spans: Mapping[str, list[tuple[int, int, int]]]) -> bool:
        """Marks the slots that errors lie in; whether there was any that can still be tried otherwise."""
        marked: set[tuple[str, int]] = set()
        for error in errors:
            path = self._path(error.file)
            marked |= {(path, number) for start, end, number in spans.get(path, ()) if start <= error.start <= end}
        again = {each for each in marked if self.attempts.get(each, 0) < 3}
        for each in again:
            self.attempts[each] = self.attempts.get(each, 0) + 1
        return bool(again)

    def _given(self, root: Directory) -> list[tuple[str, ...]]:
        """The values to plan with: none, each var file below the root, and what variables say they may be."""
        below = f"{self.root}/" if self.root else ""
        inside = [path.removeprefix(below) for path in self.oracle.checkout.entries if path.startswith(below)]
        files = [
            (f"-var-file={path}",) for path in sorted(inside) if path.endswith(".tfvars") and not _is_of_root(path)
        ]
        return [(), *files[:_WORLDS], *_spread(list(itertools.product(*stripped.choices(root.blocks))), _WORLDS)]

    def _path(self, file: str | None) -> str:
        """The path that a diagnostic's file, relative to the root, is in the repository."""
        folder = self.oracle.checkout.followed(posixpath.join(self.root, posixpath.dirname(file or "")))[0]
        return posixpath.join(folder or "", posixpath.basename(file or ""))

    def undo(self) -> None:
        """Writes the files as they are in git."""
        for path in self.files:
            if path in self.oracle.checkout.entries:
                self.oracle.checkout.restore(path)
            else:
                (self.place / path).unlink()
