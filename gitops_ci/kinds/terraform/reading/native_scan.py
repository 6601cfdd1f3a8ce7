"""Walks a file of native syntax once and collects what it says: the slow and exact part of `scan`."""

from __future__ import annotations

import re

import msgspec

from gitops_ci.kinds.terraform.language import native_syntax
from gitops_ci.kinds.terraform.language.native_syntax import EVENT, Unbalanced
from gitops_ci.kinds.terraform.reading import arguments, path_reads
from gitops_ci.kinds.terraform.reading.path_reads import PathRead
from gitops_ci.kinds.terraform.reading.scanned import Module, Scan

_MAX_EVENTS = 500_000  # a second's work: a larger file is hostile, or no configuration
_REMOTE_STATE = ("data", "terraform_remote_state")
_OF_STATES = (_REMOTE_STATE, ("data", "tfe_outputs"))
_RESOURCES = (("resource",), ("data",), ("ephemeral",), ("check",))  # a check holds a data source
_PROGRAM = re.compile(
    rf'\b(?:data|resource|ephemeral){arguments.BETWEEN}"?(?:{"|".join(sorted(path_reads.PROGRAMS))})\b',
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r'[\s,]*+"([^"$%\\\n]*+)"')


class Reader:
    """Walks a file once. `block` is the header of the top-level block it is in, `depth` counts open braces."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = native_syntax.Lines(text)
        self.words = native_syntax.PathWords(text)
        self.depth = 0
        self.opened = 0  # where the top-level block was opened
        self.began = 0  # where its header begins
        self.since = 0  # where the last brace was
        self.block: tuple[str, ...] = ()
        self.in_backend = False
        self.has_backend = False
        self.has_inner = False  # the same, of the block that is open
        self.reads_state = False
        self.commands = False  # whether a heredoc that comes next is a command line
        self.excerpts: list[tuple[int, str]] = []  # blocks about states, with their lines
        self.modules: list[Module] = []
        self.reads: list[PathRead] = []
        self.states: list[PathRead] = []

    def scan(self) -> Scan:
        """What the file says; where its syntax ends, what it had said by then, with the problem."""
        try:
            self._walk()
        except Unbalanced as error:
            line = self.text.count("\n", 0, error.position) + 1
            return self._found(str(error), line)
        return self._found()

    def _found(self, problem: str | None = None, line: int | None = None) -> Scan:
        """What was found, up to a problem if there is one."""
        is_named = any(program in self.text for program in path_reads.PROGRAMS)
        if is_named and (program := _PROGRAM.search(self.text)) is not None:
            self.reads += path_reads.of_program(self.text.count("\n", 0, program.end()) + 1)
        if arguments.has_commented_call(self.text):
            self.reads.append(path_reads.unknown("root", 1))
        return Scan(
            modules=tuple(self.modules),
            reads=path_reads.distinct(self.reads),
            has_backend=self.has_backend,
            states=tuple(self.states),
            reads_state=self.reads_state,
            climbs=self._climbs(),
            excerpt=_at_their_lines(self.excerpts),
            problem=problem,
            problem_line=line,
        )

    def _climbs(self) -> bool:
        """Whether a `..` is spelled, or may come of a call: where that is read, its path is not complete."""
        if ".." in self.text and path_reads.is_climbing(self.text):
            return True
        is_computed = any(not read.complete for read in self.reads)
        return arguments.leads_up(self.text) or (is_computed and arguments.is_opaque(self.text))

    def _walk(self) -> None:
        text, position = self.text, 0
        for _ in range(_MAX_EVENTS):
            if position == self.since and self.depth == 0:
                position = self._after_plain_blocks(position)
            match = EVENT.match(text, position)
            if match is None or match.end() == len(text) == position:
                break
            position = match.end()
            if match.lastgroup != "brace":
                position = self._event(match, position)
            elif text[position - 1] == "{":
                position = self._open(position - 1)
            else:
                self._close(position - 1)
        else:
            raise Unbalanced("holds more blocks and strings than can be looked through", position)
        if self.depth:
            raise Unbalanced("has a block that is not closed", self.opened)

    def _event(self, match: re.Match[str], position: int) -> int:
        """Reads what `match` has come upon; returns where to go on."""
        match match.lastgroup:
            case "string":
                return self._string(position)
            case "attribute":
                return self._attribute(match["attribute"], match.start("attribute"), position)
            case "call":
                return self._call(match["call"], position)
            case "anchor":
                anchor = path_reads.ANCHORS[match["anchor"]]
                start = self.text.rfind("path", 0, match.start("anchor"))
                read = path_reads.beside(self.text, start, position, anchor, self.lines.at(position))
                self.reads += () if read is None else (read,)
            case "line" if match["line"]:
                return self._heredoc(match["heredoc"], position)
        return position

    def _after_plain_blocks(self, position: int) -> int:
        """Where other blocks follow than those in which nothing can matter."""
        match = native_syntax.PLAIN_BLOCKS.match(self.text, position, self.words.or_source_after(position))
        if match is not None:
            self.since = match.end()
        return self.since

    def _open(self, position: int) -> int:
        """Enters the block that a brace opens, or passes over it; returns where to go on."""
        if self.depth == 0:
            self.block = native_syntax.header(self.text, self.since, position)
            self.opened = position
            self.began = max(self.since, self.text.rfind("\n", 0, position) + 1)
            self.has_inner = False
            if self.block[:1] == ("module",):
                name = self.block[1] if len(self.block) > 1 else ""
                self.modules.append(Module(name, None, self.lines.at(position)))
        elif self.depth == 1 and self.block == ("terraform",):
            inner = native_syntax.header(self.text, self.since, position)
            self.in_backend = inner[:1] in (("backend",), ("cloud",)) and "=" not in inner
            self.has_inner = self.has_inner or self.in_backend
            self.has_backend = self.has_backend or self.in_backend
        self.since = position + 1
        if self._passes_over():
            return self.since
        self.depth += 1
        if self.depth > native_syntax.MAX_DEPTH:
            raise Unbalanced("has braces that are nested too deeply", position)
        return self.since

    def _passes_over(self) -> bool:
        """Takes the block that was just opened in one step, where nothing else in it can matter."""
        begin, source = self.since, None
        if self.depth == 0 and self.block[:1] == ("terraform",):
            return False  # a backend may be in it
        if self.depth == 0 and self.block[:1] == ("module",):
            source = native_syntax.SOURCE_FIRST.match(self.text, begin)
            if source is None:
                return False
            begin = source.end()
        sources_matter = source is not None or self.block[:1] in _RESOURCES
        limit = self.words.or_source_after(begin) if sources_matter else self.words.after(begin)
        match = native_syntax.REST_OF_BLOCK.match(self.text, begin, limit)
        if match is None:
            return False
        if source is not None:
            self._source(source["source"], True)
        self._closed(match.end() - 1)
        return True

    def _close(self, position: int) -> None:
        if self.depth == 0:
            raise Unbalanced("has a '}' that closes nothing", position)
        self.depth -= 1
        self._closed(position)

    def _closed(self, position: int) -> None:
        """Leaves a block; keeps the text of a top-level one that says where state is."""
        self.since = position + 1
        self.in_backend = self.in_backend and self.depth > 1
        if self.depth:
            return
        of_states = self.block[:2] in _OF_STATES
        self.reads_state = self.reads_state or of_states
        if of_states or self.has_inner:
            text = self.text[self.began : position + 1]
            self.excerpts.append((self.lines.at(position) - text.count("\n"), text))
        self.block = ()

    def _string(self, start: int) -> int:
        """Reads a string whose content begins at `start`; returns where it has ended."""
        end = native_syntax.end_of_string(self.text, start)
        body = self.text[start:end]
        line = self.lines.at(start)
        if body.startswith(("./", "../")):
            self.reads.extend(path_reads.words(body, "root", line))
        self._template(body, line)
        self.since = end + 1
        return end + 1

    def _template(self, body: str, line: int) -> None:
        self.reads.extend(path_reads.anchored(body, line))
        self.reads.extend(path_reads.called(body, line))

    def _heredoc(self, tag: str, start: int) -> int:
        content, end = native_syntax.heredoc(self.text, start, tag)
        line = self.lines.at(start)
        if self.commands:
            self.reads.extend(path_reads.commands(self.text[start:content], line))
        self.commands = False
        self._template(self.text[start:content], line)
        self.since = end  # nothing in it belongs to the header of a block that follows
        return end

    def _attribute(self, name: str, begin: int, position: int) -> int:
        """Reads `name =` where it is one that may name a path; returns where to go on."""
        start = native_syntax.after_blanks(self.text, position)
        self.commands = name in path_reads.COMMANDS
        if self.commands and self.text[start : start + 1] == "[":
            return self._list(start + 1)
        if self.text[start : start + 1] != '"':
            if self._is_read_computed(name) and not path_reads.is_anchored(self.text, start):
                self.reads.append(path_reads.unknown("root", self.lines.at(begin)))
            return position
        end = native_syntax.end_of_string(self.text, start + 1)
        body = self.text[start + 1 : end]
        line = self.lines.at(begin)
        if name == "source" and self.depth == 1 and self.block[:1] == ("module",):
            self._source(body, native_syntax.ends(self.text, end + 1))
            return end + 1
        if name == "path":
            if (self.in_backend or self.block[:2] == _REMOTE_STATE) and "path." not in body:
                self.states.append(path_reads.literal(body, "root", line))
        elif self.commands:
            self.reads.extend(path_reads.commands(body, line))
        elif path_reads.is_path(name, in_resource=self.block[:1] in _RESOURCES):
            return self._path(name, body, line, end + 1)
        return position

    def _is_read_computed(self, name: str) -> bool:
        """Whether what an argument names is read for certain, also where it is computed."""
        of_program = self.block[:1] == ("check",) or not path_reads.PROGRAMS.isdisjoint(self.block[1:2])
        return name in path_reads.ARCHIVED or (name == "working_dir" and of_program)

    def _path(self, name: str, body: str, line: int, end: int) -> int:
        """Reads a string that is a path as a whole."""
        if "{" not in body:
            self.reads.append(path_reads.literal(body, "root", line, "**"))
            return end
        reads = path_reads.anchored(body, line)
        self.reads += (msgspec.structs.replace(read, pattern="**") for read in reads if read.complete)
        if self._is_read_computed(name) and not path_reads.is_anchored(self.text, end - len(body) - 2):
            self.reads.append(path_reads.literal(body, "root", line))
        return end - len(body) - 2

    def _list(self, position: int) -> int:
        """Reads the plain strings at the begin of a list of words of a command line; returns where they end."""
        while (match := _WORD.match(self.text, position)) is not None:
            self.reads.extend(path_reads.commands(match[1], self.lines.at(match.start(1))))
            position = match.end()
        return position

    def _source(self, body: str, ends: bool) -> None:
        plain = ends and "{" not in body and "\\" not in body
        self.commands = False
        module = self.modules[-1]
        self.modules[-1] = Module(module.name, body if plain else None, module.line)

    def _call(self, name: str, position: int) -> int:
        """Reads a call of `file` or its like whose parenthesis ends at `position`; returns where to go on."""
        start = native_syntax.after_blanks(self.text, position)
        line = self.lines.at(position)
        if self.text[start : start + 1] == '"':
            end = native_syntax.end_of_string(self.text, start + 1)
            body = self.text[start + 1 : end]
            if name == "fileset" and (read := self._fileset(body, end + 1, line)) is not None:
                self.reads.append(read)
                return end + 1
            self.reads.extend(path_reads.argument(body, line))
        elif not name.startswith("provider") and not path_reads.is_anchored(self.text, start):
            self.reads.append(path_reads.unknown("root", line))
        return position

    def _fileset(self, body: str, end: int, line: int) -> PathRead | None:
        """What `fileset(body, pattern)` reads, where both are plain."""
        reads = list(path_reads.anchored(body, line)) if "{" in body else [path_reads.literal(body, "root", line)]
        pattern = path_reads.FILESET.match(self.text, end)
        return path_reads.fileset(reads[0], pattern[1]) if len(reads) == 1 and pattern is not None else None


def _at_their_lines(excerpts: list[tuple[int, str]]) -> str:
    """The excerpts as one text in which each stands at the line that it has in its file."""
    parts: list[str] = []
    line = 1
    for at, text in excerpts:
        parts += ["\n" * (at - line), text, "\n"]
        line = max(line, at) + text.count("\n") + 1
    return "".join(parts)
