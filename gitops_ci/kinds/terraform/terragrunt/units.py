"""Finds Terragrunt's units: the directories that deploy something, with what each reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from msgspec import Struct

from gitops_ci.discover.snapshot import MAX_FILE_BYTES, Snapshot
from gitops_ci.kinds.terraform.reading.directories import Directory
from gitops_ci.kinds.terraform.terragrunt import FILES, STACK_FILE, facts
from gitops_ci.kinds.terraform.terragrunt.facts import Facts
from gitops_ci.kinds.terraform.terragrunt.scope import Files
from gitops_ci.kinds.terraform.terragrunt.unit import Reading, Unit
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding

_read_json = partial(facts.read, is_json=True)


class Units(Struct, frozen=True):
    """Every unit by its path, and what is wrong with the files of Terragrunt."""

    units: Mapping[str, Unit] = {}
    findings: tuple[Finding, ...] = ()


def find(snapshot: Snapshot, there: Mapping[str, Directory]) -> Units:
    """The units of a snapshot. What is only included by others is none, nor what deploys nothing."""
    paths = [path for path in snapshot.entries if path.endswith(FILES) and _is_config(path)]
    stacks = [path for path in snapshot.entries if path.endswith(STACK_FILE) and path.rpartition("/")[2] == STACK_FILE]
    if not paths and not stacks:
        return Units()
    reader = _Reader(snapshot)
    reader.load(paths)
    files = Files(snapshot, reader)
    read = [Reading(files, path).unit() for path in paths]
    included = {file for unit in read for file in unit.includes}
    units = {unit.path: unit for unit in read if unit.file not in included and (unit.has_source or unit.path in there)}
    findings = [*_unreadable(reader), *map(_of_stack, stacks)]
    findings += [each for unit in units.values() for each in (*unit.findings, *_without_files(unit, files, there))]
    return Units(units, tuple(findings))


def readings(snapshot: Snapshot, paths: Iterable[str] | None = None) -> Iterator[tuple[Reading, Unit]]:
    """What Terragrunt files at some paths (all, where none are given) and those that they read say, as for a unit."""
    reader = _Reader(snapshot)
    if paths is None:
        paths = [path for path in snapshot.entries if path.endswith(FILES) and _is_config(path)]
        reader.load(paths)
    files = Files(snapshot, reader)
    for path in paths:
        reading = Reading(files, path)
        yield reading, reading.unit()


def at(directory: str, snapshot: Snapshot) -> Iterator[tuple[Reading, Unit]]:
    """The unit of a directory; two where it has both forms of Terragrunt's file."""
    paths = (f"{directory}/{name}".lstrip("/") for name in FILES)
    return readings(snapshot, [path for path in paths if path in snapshot])


def _is_config(path: str) -> bool:
    return path.rpartition("/")[2] in FILES and "/.terragrunt-cache/" not in f"/{path}"


class _Reader:
    """Gives the facts of a file of the snapshot; None where there is no such file."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.read: dict[str, Facts | None] = {}
        self._facts: dict[str, Facts] = {}

    def load(self, paths: list[str]) -> None:
        """Reads many at once."""
        self._facts.update(self._snapshot.facts((path for path in paths if not path.endswith(".json")), facts.read))
        self._facts.update(self._snapshot.facts((path for path in paths if path.endswith(".json")), _read_json))

    def __call__(self, path: str) -> Facts | None:
        if path not in self.read:
            self.read[path] = self._of(path)
        return self.read[path]

    def _of(self, path: str) -> Facts | None:
        real = self._snapshot.resolve(path) or ""
        if real not in self._snapshot:
            return None
        if real not in self._facts:
            self.load([real])
        return self._facts.get(real) or Facts(problem=f"is larger than {MAX_FILE_BYTES >> 20} MiB")


def _unreadable(reader: _Reader) -> Iterator[Finding]:
    for path, found in sorted(reader.read.items()):
        if found is not None and found.problem is not None:
            yield finding.make(
                "terraform/unreadable",
                "warning",
                f"{path.rpartition('/')[2]} {found.problem}",
                help="Mend the file; until then every change below its directory counts as a change of its units.",
                path=path,
                line=found.problem_line,
            )


def _of_stack(path: str) -> Finding:
    return finding.make(
        "terraform/terragrunt-stack",
        "warning",
        "its units are made when Terragrunt runs, so they are not known here: what they deploy is not planned",
        help="Generate the units and commit them, or plan this stack by hand.",
        path=path,
    )


def _without_files(unit: Unit, files: Files, there: Mapping[str, Directory]) -> Iterator[Finding]:
    """A source in this repository that is no module."""
    if unit.module is None or unit.module in there or files.snapshot.in_submodule(unit.module):
        return
    yield finding.make(
        "terraform/terragrunt-missing",
        "warning",
        f"source leads to {unit.module or 'the root of the repository'}, which has no Terraform files",
        help="Give the path of a module, seen from the unit's directory.",
        path=unit.file,
        line=unit.source_line,
    )
