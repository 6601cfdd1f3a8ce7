"""One root evaluated: its files rewritten in the checkout, planned, mended where Terraform refuses, and put back."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Mapping
from pathlib import Path

from benchmarks.replaying import configuration, engine, stripped
from benchmarks.replaying.configuration import Directory
from benchmarks.replaying.history import Checkout
from benchmarks.replaying.stripped import Rewritten

_ATTEMPTS = 8
_WORLDS = 8  # so many sets of values at most, of each origin
_Spans = Mapping[str, list[tuple[int, int, int]]]


class Evaluation:
    """One root's files rewritten in the checkout, planned, mended where Terraform refuses, and put back."""

    def __init__(self, checkout: Checkout, scratch: Path, root: str, below: list[Directory]) -> None:
        self.checkout = checkout
        self.scratch = scratch
        self.root = root
        self.files: dict[str, Rewritten] = {}  # what stands in the checkout while Terraform runs
        self.unread: list[str] = []
        self.is_whole = True  # no call of a module was cut out
        self.reads = any(stripped.reads(block) for each in below for block in each.blocks)
        self.attempts: dict[tuple[str, int], int] = {}
        self.parsed = [file for each in below for file in each.files.values()]
        self.directories = {each.path: each for each in below}
        self.worlds = self._given(self.directories[root])
        lock = posixpath.join(root, ".terraform.lock.hcl")
        if lock in self.checkout.entries:  # names providers that are not here
            self.files[lock] = Rewritten([""])
        for directory in below:
            self._prepare(directory)

    def _prepare(self, directory: Directory) -> None:
        def is_missing(source: str) -> bool:
            target, _ = self.checkout.followed(configuration.cleaned(directory.path, source))
            return target not in self.directories

        known = [file for file in directory.files.values() if file is not None]
        names = stripped.scope(known, is_root=directory.path == self.root, missing=is_missing)
        self.is_whole = self.is_whole and not names.cut
        for name, file in directory.files.items():
            path = posixpath.join(directory.path, name)
            if file is None:
                self.unread.append(f"{path} is not evaluated")
            if path.endswith(".json"):  # as .tf, the same blocks
                self.files[path], path = Rewritten(["{}"]), f"{path}.tf"
            self.files[path] = stripped.rewrite(file, names, name) if file is not None else Rewritten([""])
        self.files[posixpath.join(directory.path, "gitops_ci_oracle.tf")] = Rewritten([stripped.FRAME])

    def run(self) -> tuple[dict[str, str] | None, engine.Trace, tuple[str, ...]]:
        """The modules (None: refused), what was looked at in all attempts, and what could not be evaluated."""
        root = self.checkout.directory / self.root
        named: set[str] = set()
        listed: set[str] = set()
        self._write()
        modules = engine.get(root, self.scratch)
        errors: tuple[engine.Diagnostic, ...] = ()
        blind = set(self.unread)
        for number, world in enumerate(self.worlds if self.reads and modules is not None else ()):
            if number < 2:  # what cannot be evaluated without values may be with some, and those differ little
                self.attempts.clear()
            for _ in range(_ATTEMPTS):
                spans = self._write()
                errors, trace = engine.plan(root, self.scratch, world)
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
            place = self.checkout.directory / path
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
        inside = [path.removeprefix(below) for path in self.checkout.entries if path.startswith(below)]
        files = [
            (f"-var-file={path}",)
            for path in sorted(inside)
            if path.endswith(".tfvars") and not configuration.is_of_root(path)
        ]
        return [(), *files[:_WORLDS], *_spread(list(itertools.product(*stripped.choices(root.blocks))), _WORLDS)]

    def _path(self, file: str | None) -> str:
        """The path that a diagnostic's file, relative to the root, is in the repository."""
        folder = self.checkout.followed(posixpath.join(self.root, posixpath.dirname(file or "")))[0]
        return posixpath.join(folder or "", posixpath.basename(file or ""))

    def undo(self) -> None:
        """Writes the files as they are in git."""
        for path in self.files:
            if path in self.checkout.entries:
                self.checkout.restore(path)
            else:
                (self.checkout.directory / path).unlink()


def _spread(values: list[tuple[str, ...]], most: int) -> list[tuple[str, ...]]:
    """At most so many of them, evenly spread; none where there is nothing to choose."""
    values = [each for each in values if each]
    return values[:: -(-len(values) // most)] if values else []
