"""What each root of a tree depends on, found by Terraform itself."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.replaying import configuration, engine
from benchmarks.replaying.configuration import Block, Directory
from benchmarks.replaying.evaluation import Evaluation
from benchmarks.replaying.history import Checkout


@dataclass(frozen=True)
class Seen:
    """What the oracle knows about one root at one commit.

    `files` are what it depends on; `watched` and `listed` what a new answer would have to differ in: paths that were
    asked for, there or not, and folders whose entries were read. `offline`: `terraform get` resolves every module
    with no network, of the files as they are or without what has nothing to do with modules (`required_version`).
    `is_known`: its modules are known, from Terraform or at least from the parser. `blind` says what could not be
    evaluated: a file that is read there is not seen.
    """

    files: frozenset[str]
    watched: frozenset[str]
    listed: frozenset[str]
    offline: bool
    is_known: bool
    blind: tuple[str, ...]

    def is_stale(self, different: frozenset[str]) -> bool:
        """Whether a change of these paths (folders that came or went among them) can alter the answer."""
        return not self.watched.isdisjoint(different) or any(
            posixpath.dirname(each) in self.listed for each in different
        )


class Oracle:
    """Answers for the trees that one checkout is moved to."""

    def __init__(self, checkout: Checkout, scratch: Path) -> None:
        self.checkout = checkout
        self.scratch = scratch
        self._known: dict[tuple[str, bool], Block | None] = {}  # by content's id, whether it is JSON
        scratch.mkdir(parents=True, exist_ok=True)

    def directories(self) -> dict[str, Directory]:
        """Every folder with Terraform files that Terraform would load."""
        grouped: dict[str, dict[str, Block | None]] = {}
        for path in self.checkout.entries:
            folder, _, name = path.rpartition("/")
            if configuration.is_loaded(name) and ".terraform" not in folder.split("/"):
                grouped.setdefault(folder, {})[name] = self._parsed(path)
        return {folder: Directory(folder, files) for folder, files in grouped.items()}

    def _parsed(self, path: str) -> Block | None:
        target, _ = self.checkout.followed(path)
        entry = self.checkout.entries.get(target or "")
        if entry is None:
            return None
        key = entry.oid, path.endswith(".json")
        if key not in self._known:
            self._known[key] = configuration.parsed(self.checkout.history.read(entry.oid), is_json=key[1])
        return self._known[key]

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
        return self.checkout.followed(configuration.cleaned(folder, source))[0]

    def seen(self, root: str, directories: Mapping[str, Directory]) -> Seen:
        """Asks Terraform about one root."""
        place = self.checkout.directory / root
        modules = engine.get(place, self.scratch)
        below = self._below(root, directories)
        evaluation = Evaluation(self.checkout, self.scratch, root, [directories[path] for path in sorted(below)])
        try:
            cut, trace, blind = evaluation.run()
        finally:
            evaluation.undo()
        is_known = modules is not None or None not in evaluation.parsed
        offline = modules is not None or (is_known and cut is not None and evaluation.is_whole)
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
                self._take(f"{self.checkout.directory}/{configuration.cleaned(path, source)}", files, watched)
        listed = {inside for path in trace.listed if (inside := self._inside(path)) is not None}
        listed |= {target for each in closure if (target := self._target(root, each)) is not None}
        return Seen(frozenset(files), frozenset(watched), frozenset(listed), offline, is_known, blind)

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
                if configuration.is_loaded(name) or (relative == "." and configuration.is_of_root(name)):
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
