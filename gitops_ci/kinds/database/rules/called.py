"""What functions of base do that a change calls: their bodies count as if they stood where they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from gitops_ci.kinds.database.migrations import versions
from gitops_ci.kinds.database.rules import calls, file, statements
from gitops_ci.kinds.database.rules.entering import Earlier
from gitops_ci.kinds.database.rules.file import File
from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.sql import addresses, routines
from gitops_ci.kinds.database.sql.identifiers import qualified
from gitops_ci.kinds.database.sql.postgres import SqlError, TooDeepError
from gitops_ci.kinds.database.sql.tree import strings

_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_GAP = r"(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)"
_MAKES = re.compile(
    rf"\bcreate{_GAP}+(?:or{_GAP}+replace{_GAP}+)?(?:function|procedure){_GAP}+"
    rf"(?:{_NAME}{_GAP}*\.{_GAP}*)*({_NAME})",
    re.IGNORECASE,
)
_RENAMES = re.compile(
    rf"\balter{_GAP}+(?:function|procedure|routine){_GAP}+(?:{_NAME}{_GAP}*\.{_GAP}*)*({_NAME})"
    rf"{_GAP}*(?:\([^()]*\))?{_GAP}*rename{_GAP}+to{_GAP}+({_NAME})",
    re.IGNORECASE,
)


class Definition(Struct, frozen=True):
    """A function or procedure that base has: its statements, and what is found in them as they run."""

    name: str
    path: str
    reads: tuple[Read, ...]
    found: tuple[Found, ...]


class Called:
    """The functions that the files of one change may run, and what those of base do at the line of the call."""

    def __init__(self, files: Sequence[File], earlier: Earlier) -> None:
        self._files = files
        reads = [read for one in files for read in one.reads if not read.nested or read.tag == "CreateFunctionStmt"]
        self._definitions = _definitions(reads, earlier)
        self._functions = [read for each in self._definitions for read in each.reads]
        made = [read for read in reads if read.tag == "CreateFunctionStmt"]
        self._used = {read.function for read in made if earlier.uses(read.function)}
        self.names = calls.of([*self._functions, *reads], lambda name: name in self._used)
        """Of both: one that the change makes may be called by one of base."""
        self._functions += made

    def found(self) -> Iterator[tuple[str, Found]]:
        """What base's functions do, by path."""
        mentions = calls.Mentions(self._functions)
        left = [each for each in self._definitions if each.name in self.names and each.found]
        by = {each.name: mentions.back(each.name) for each in left}
        for one in self._files:
            for read in one.reads:
                if not left or read.nested:
                    continue
                here = mentions.by_what_runs(calls.running([read], fires=False))
                if read.tag == "CreateTrigStmt" or (read.tag == "CreateFunctionStmt" and read.function in self._used):
                    here |= mentions.by([read]) - {
                        read.function
                    }  # what only a trigger runs is told where that names it
                there = [each for each in left if not by[each.name].isdisjoint(here)]
                yield from ((one.path, found) for each in there for found in _at(each, read))
                left = [each for each in left if each not in there] if there else left


def _at(definition: Definition, read: Read) -> Iterator[Found]:
    place = versions.shown(definition.path)
    for each in definition.found:
        says = f"calls {definition.name} of {place}, which {each.says}"
        yield msgspec.structs.replace(each, says=says, line=read.line, column=None, statement=read.line)


def _definitions(reads: Iterable[Read], earlier: Earlier) -> tuple[Definition, ...]:
    """The functions of base whose name is a word of what runs, and those that these name."""
    places: dict[str, set[int]] = {}
    renamed: dict[tuple[str, str], None] = {}
    for number, (_, text) in enumerate(earlier.texts):
        for name in _MAKES.findall(text):
            places.setdefault(_plain(name), set()).add(number)
        for old, new in _RENAMES.findall(text):
            renamed[_plain(old), _plain(new)] = None
            places.setdefault(_plain(new), set()).update(places.get(_plain(old), ()))
    if not places:
        return ()
    known: dict[str, tuple[int, Definition]] = {}
    waiting, parsed = list(reads), set[int]()
    while waiting:
        numbers = {number for name in calls.named(waiting, places.keys()) for number in places[name]} - parsed
        parsed |= numbers
        waiting = []
        for number in sorted(numbers):
            for signature, each in _of(*earlier.texts[number]):
                waiting.append(each.reads[0])
                if signature not in known or known[signature][0] <= number:
                    known[signature] = number, each
    found = [each for _, (_, each) in sorted(known.items(), key=lambda found: (found[1][0], found[0]))]
    for old, new in renamed:
        found += [_as(each, new) for each in found if each.name.lower() == old]
    return tuple(found)


def _as(definition: Definition, name: str) -> Definition:
    """A function by the name that base gave it later."""
    reads = tuple(msgspec.structs.replace(read, function=name) for read in definition.reads)
    return msgspec.structs.replace(definition, name=name, reads=reads)


def _plain(name: str) -> str:
    return name.strip('"').replace('""', '"').lower()


def _of(path: str, text: str) -> Iterator[tuple[str, Definition]]:
    """The functions that one migration makes, by what tells them apart; a later one takes the place of an earlier."""
    try:
        one = file.parsed(path, text)
    except (SqlError, TooDeepError):  # a plan that tries it says so
        return
    for index, read in enumerate(one.reads):
        if read.tag != "CreateFunctionStmt" or read.nested:
            continue
        end = next((at for at in range(index + 1, len(one.reads)) if not one.reads[at].nested), len(one.reads))
        inner = [each for at in range(index + 1, end) for each in one.found[at]]
        found = (*statements.called(read), *inner)
        yield _signature(read), Definition(read.function, path, one.reads[index:end], found)


def _signature(read: Read) -> str:
    node = read.statement.read(routines.CreateFunctionStmt)
    taken = (each.parameter.argType for each in node.parameters if each.parameter is not None)
    return addresses.signature(qualified(strings(node.funcname)), taken)
