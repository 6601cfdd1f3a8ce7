"""What a change may not add to a unit before Terragrunt runs (trust.md, rules 1 and 2): its files can run programs.

Each Terragrunt file that is read holds what some file of base holds, or only what is harmless. Where base's files run
programs or write Terraform, what the change adds may not flow into those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform.language import blocks, expressions, nodes
from gitops_ci.kinds.terraform.language.blocks import Attribute, Unreadable
from gitops_ci.kinds.terraform.language.nodes import Call, Literal, Node
from gitops_ci.kinds.terraform.reading.configuration import SOURCES
from gitops_ci.kinds.terraform.terragrunt import harmless, is_unit, sources, units
from gitops_ci.kinds.terraform.terragrunt.harmless import Fault
from gitops_ci.kinds.terraform.terragrunt.scope import Scope
from gitops_ci.kinds.terraform.terragrunt.unit import Reading, Unit
from gitops_ci.model.plan import Problem
from gitops_ci.model.stack import Stack

_REMEDY = "Terragrunt is not run. To permit it, merge it first in a change that its owners review"
_OF_TERRAFORM = (*SOURCES, ".tfvars", ".tfvars.json", ".terraform.lock.hcl")
_CONFIGURATION = (".hcl", ".hcl.json")
_VERSIONS = (".terraform-version", ".opentofu-version", ".terragrunt-version")
_DEEPEST = 9  # files that are read by files that are read: below that nobody looked
_PLAIN = re.compile(r"[\w .,:/@+=*-]*")
"""Texts that stay one text wherever base's files put them: into a command, between quotes in a generated file."""
_NAMES = re.compile(r"\b(?:local|include|dependency|values|feature|read_\w+)\b")
_MAKES_QUOTES = re.compile(r"encode|decode|^file")


def breach(stack: Stack, base: Inventory | None, judged: Inventory) -> Problem | None:
    """Why a unit is not planned; None for what is none. `judged` is the end that would be planned.

    What base has is not judged. Without a base only what is harmless is planned.
    """
    if base is judged or not is_unit(stack.path, judged.snapshot):
        return None
    check = _Check(stack, base, judged)
    return next(check.problems(), None)


class _Check:
    """Goes through a unit and the units that it needs."""

    def __init__(self, stack: Stack, base: Inventory | None, judged: Inventory) -> None:
        self._stack = stack
        self._base = base
        self._inventory = judged
        self._snapshot = judged.snapshot
        there = base.snapshot.entries.values() if base is not None else ()
        self._known = frozenset(entry.oid for entry in there)
        self._new: list[tuple[str, bool]] = []  # changed files, and whether each is read as the unit's own
        self._flaws: list[tuple[str, Fault]] = []  # what base's files do

    @cached_property
    def _read(self) -> tuple[tuple[Reading, Unit], ...]:
        """The unit and, transitively, the units that it needs."""
        found: dict[str, tuple[Reading, Unit]] = {}
        pending = [self._stack.path]
        while pending:
            path = pending.pop()
            for reading, unit in units.at(path, self._snapshot) if path not in found else ():
                found[path] = (reading, unit)
                pending.extend(place for place, _, _ in unit.needs)
        return tuple(found.values())

    def problems(self) -> Iterator[Problem]:
        """Every reason, the plainest first."""
        for reading, unit in self._read:
            for index, scope in enumerate(reading.scopes):
                yield from self._file(scope, unit, is_own=index == 0)
        for reading, unit in self._read:
            yield from self._beside(reading, unit)
            yield from self._unseen(reading, unit)
            yield from self._source(reading, unit)
        if self._flaws:
            yield from self._flows()

    def _is_known(self, path: str) -> bool:
        real = self._snapshot.resolve(path) or path
        entry = self._snapshot.entries.get(real)
        return entry is not None and entry.oid in self._known

    def _refused(self, path: str, message: str, line: int | None = None) -> Problem:
        return Problem(code="not-allowed", message=f"{path} {message}. {_REMEDY}", path=path, line=line)

    def _beside(self, reading: Reading, unit: Unit) -> Iterator[Problem]:
        """Terragrunt's files in a unit's directory that it may read by itself, or although we do not see why."""
        others = tuple(f"{each.path}/" for each in self._inventory.stacks.values() if each.path != unit.path)
        for path in sorted(self._below((unit.path,))):
            name = path.rpartition("/")[2]
            is_terragrunts = name.startswith("terragrunt.") or name.endswith(_CONFIGURATION)
            if is_terragrunts and not path.startswith(others) and not self._is_seen(path, reading):
                yield self._refused(path, "is a file that Terragrunt may read as well, and is new")

    def _is_seen(self, path: str, reading: Reading) -> bool:
        judged = {self._snapshot.resolve(scope.file) for scope in reading.scopes}
        return path.endswith(_OF_TERRAFORM) or path in judged or self._is_known(path)

    def _file(self, scope: Scope, unit: Unit, *, is_own: bool) -> Iterator[Problem]:
        path = self._snapshot.resolve(scope.file) or scope.file
        is_known = self._is_known(path)
        try:
            found = list(harmless.faults(self._content(path), scope, is_own=is_own))
        except Unreadable as error:
            if not is_known:
                message = f"{path} {error}: what it holds is not known, so Terragrunt is not run"
                yield Problem(code="invalid", message=message, path=path, line=error.line)
            self._flaws.append((path, Fault(str(error), error.line or 1, is_program=True)))
            return
        if is_known:
            self._flaws.extend((path, each) for each in found)
        else:
            self._new.append((path, is_own))
            there = self._texts_of_base(path, scope, is_own=is_own)
            self._flaws.extend((path, each) for each in found if each.text in there)
            for each in found:
                if each.text not in there:
                    yield self._refused(path, f"(line {each.line}) {each.message}", each.line)

    def _texts_of_base(self, path: str, scope: Scope, *, is_own: bool) -> frozenset[str]:
        """The blocks and attributes that do the same in base's file of that path: what else changed is judged alone."""
        content = self._base.snapshot.read(path) if self._base is not None else None
        try:
            return frozenset(each.text for each in harmless.faults(content or b"", scope, is_own=is_own))
        except Unreadable:
            return frozenset()

    def _content(self, path: str) -> bytes:
        content = None if path.endswith(".json") else self._snapshot.read(path)
        if content is None:
            raise Unreadable("is in JSON syntax or too large, so it is not looked into", None)
        return content

    def _unseen(self, reading: Reading, unit: Unit) -> Iterator[Problem]:
        """What Terragrunt may read without that we can tell; then all of the repository is in the private copy."""
        is_nested = any(scope.facts.includes or scope.depth >= _DEEPEST for scope in reading.scopes[1:])
        is_unknown = unit.is_unresolved or is_nested
        paths = self._snapshot.entries if is_unknown else [each for each in unit.files if each.endswith(_CONFIGURATION)]
        why = "it cannot be told what this unit reads" if is_unknown else "it was not looked into"
        for path in sorted(paths):
            if not self._is_seen(path, reading):
                yield self._refused(path, f"is new, and {why}")

    def _source(self, reading: Reading, unit: Unit) -> Iterator[Problem]:
        if reading.source is None:
            return
        scope, said = reading.source
        is_plain = harmless.is_plain(said.node, scope)
        if not is_plain and (self._new or not all(map(self._is_known, unit.files))):
            yield self._refused(scope.file, f"(line {said.line}) has a source that cannot be told", said.line)
        elif unit.source is not None and unit.module is None:
            found = sources.address(unit.source)
            patterns = self._inventory.config.kinds.terraform.modules.allow
            if found is None or not (found in self._addresses or sources.allowed(found, patterns)):
                what = unit.source.replace("\0", "").partition("?")[0]
                message = (
                    f"{scope.file} takes its module from {what}, where base gets none from. Terragrunt is not run. "
                    "To permit it, name it under kinds.terraform.modules.allow in gitops-ci.yml on the base branch"
                )
                yield Problem(code="not-allowed", message=message, path=scope.file, line=said.line)

    @cached_property
    def _addresses(self) -> frozenset[str | None]:
        """Where base's units get modules from."""
        if self._base is None:
            return frozenset()
        found = [unit.source for _, unit in units.readings(self._base.snapshot) if unit.source is not None]
        return frozenset(map(sources.address, found)) - {None}

    def _flows(self) -> Iterator[Problem]:
        """What is new and could become part of what base's files run or write."""
        place, fault = next(((path, each) for path, each in self._flaws if each.is_program), self._flaws[0])
        why = f"{place} (line {fault.line}) {fault.message}, which this could change"
        for _, unit in self._read:
            if not _PLAIN.fullmatch(unit.path):
                yield self._refused(unit.file, f"has an unusual character in its path: {why}")
        is_chosen = any(each.is_program and _chooses(each.text) for _, each in self._flaws)
        for path, is_own in self._new:
            before = self._base.snapshot.read(path) if self._base is not None else None
            for line in _flowing(self._snapshot.read(path) or b"", before or b"", is_own=is_own, any_text=is_chosen):
                yield self._refused(path, f"(line {line}) has a value that may become part of more: {why}", line)
        judged = {scope.file for reading, _ in self._read for scope in reading.scopes}
        read = {each for _, unit in self._read for each in (*unit.files, *self._below(unit.trees))}
        if fault.is_program:
            read |= self._inventory.graph.closure(self._stack.id, self._snapshot)
            read |= {each for _, unit in self._read for each in self._below((unit.path,))}
        for each in sorted(read - judged):
            is_terraforms = each.endswith(_OF_TERRAFORM) or each.rpartition("/")[2] in _VERSIONS
            if not is_terraforms and not self._is_known(each):
                yield self._refused(each, f"is new: {why}")

    def _below(self, directories: tuple[str, ...]) -> Iterator[str]:
        for directory in directories:
            at = f"{directory}/" if directory else ""
            yield from (path for path in self._snapshot.entries if path.startswith(at))


def _chooses(text: str) -> bool:
    """Whether what is run depends on values that other files or lines give."""
    return not text or _NAMES.search(text) is not None


def _visible(content: bytes, *, is_own: bool) -> list[Attribute]:
    """The values that another file may see: locals, and the inputs of what is read by others."""
    try:
        body = blocks.read(content)
    except Unreadable:
        return []
    inputs = [each for each in body.attributes if each.name == "inputs" and not is_own]
    return [*inputs, *(each for block in body.all("locals") for each in block.body.attributes)]


def _flowing(content: bytes, before: bytes, *, is_own: bool, any_text: bool) -> Iterator[int]:
    """Lines of new values that other files may see and that are more than plain words (`any_text`: or not)."""
    known = {harmless.text_of(each) for each in _visible(before, is_own=is_own)}
    for attribute in _visible(content, is_own=is_own):
        if harmless.text_of(attribute) in known:
            continue
        if any_text or any(map(_is_unusual, nodes.walk(expressions.parse(attribute.expression)))):
            yield attribute.line


def _is_unusual(node: Node) -> bool:
    match node:
        case Literal(value=str(text)):
            return _PLAIN.fullmatch(text) is None
        case Call(name=name, arguments=arguments) if _MAKES_QUOTES.search(name):
            return not (arguments and isinstance(arguments[0], Call) and name.endswith("decode"))
        case _:
            return False
