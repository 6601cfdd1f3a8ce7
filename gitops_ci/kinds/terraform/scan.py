"""One pass over a `.tf` file: its module sources, the paths it reads, whether it configures a backend.

A full HCL parser reads 50 to 100 files a second, this reads thousands: a repository is scanned on every run, and only
a few facts of each file decide what is affected. The scanner knows comments, strings with interpolation, heredocs and
braces (`native_syntax`) and nothing of expressions. What it cannot resolve it reports as unresolved, and the root
becomes conservatively affected. A file in which nothing could be such a fact is not looked at further, so its syntax
is not judged: the engine does that where it is planned.
"""

from __future__ import annotations

import re

from msgspec import Struct

from gitops_ci.kinds.terraform import json_syntax, native_syntax, path_reads
from gitops_ci.kinds.terraform.native_syntax import EVENT, Unbalanced
from gitops_ci.kinds.terraform.path_reads import PathRead

__all__ = ["Module", "PathRead", "Scan", "scan"]

_RELEVANT = (
    re.compile(rb"module(?![\w.-])"),
    re.compile(rb"path\s*\.\s*[mrc]"),
    re.compile(rb"file\w*\s*\("),
    re.compile(rb"backend(?![\w.-])"),
    re.compile(rb"cloud(?![\w.-])"),
    re.compile(rb"terraform_remote_state"),
    re.compile(rb"filename|source_(?:dir|file)"),
    re.compile(rb'"\.\.?/'),
)
"""Where none of these occurs there is nothing to find. Each begins with a literal, which makes the search fast."""
_MAX_EVENTS = 500_000  # a second's work: a larger file is hostile, or no configuration
_REMOTE_STATE = ("data", "terraform_remote_state")


class Module(Struct, frozen=True):
    """A `module` block; `source` is None where it is not a plain string."""

    name: str
    source: str | None
    line: int


class Scan(Struct, frozen=True):
    """What one file says; `states` are the paths of local state files, its own and others'."""

    modules: tuple[Module, ...] = ()
    reads: tuple[PathRead, ...] = ()
    has_backend: bool = False
    states: tuple[PathRead, ...] = ()
    problem: str | None = None
    problem_line: int | None = None


def scan(content: bytes, *, is_json: bool = False) -> Scan:
    """The facts of one file. Never raises: what cannot be read is `problem`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Scan(problem="is not UTF-8", problem_line=content[: error.start].count(b"\n") + 1)
    if is_json:
        return _of_json(text)
    if not any(relevant.search(content) for relevant in _RELEVANT):
        return Scan()
    return _Reader(text).scan()


def _of_json(text: str) -> Scan:
    try:
        found = json_syntax.read(text)
    except json_syntax.Unreadable as error:
        return Scan(problem=str(error), problem_line=error.line)
    modules = tuple(Module(name, source, line) for name, source, line in found.modules)
    return Scan(modules, found.reads, found.has_backend, found.states)


class _Reader:
    """Walks a file once. `block` is the header of the top-level block it is in, `depth` counts open braces."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = native_syntax.Lines(text)
        self.depth = 0
        self.opened = 0  # where the top-level block was opened
        self.since = 0  # where the last brace was
        self.block: tuple[str, ...] = ()
        self.in_backend = False
        self.has_backend = False
        self.modules: list[Module] = []
        self.reads: list[PathRead] = []
        self.states: list[PathRead] = []

    def scan(self) -> Scan:
        try:
            self._walk()
        except Unbalanced as error:
            line = self.text.count("\n", 0, error.position) + 1
            return self._found(str(error), line)
        return self._found()

    def _found(self, problem: str | None = None, line: int | None = None) -> Scan:
        """What was found, up to a problem if there is one."""
        reads = path_reads.distinct(self.reads)
        return Scan(tuple(self.modules), reads, self.has_backend, tuple(self.states), problem, line)

    def _walk(self) -> None:
        text, position = self.text, 0
        for _ in range(_MAX_EVENTS):
            match = EVENT.match(text, position)
            if match is None or match.end() == len(text) == position:
                break
            position = match.end()
            if match.lastgroup != "brace":
                position = self._event(match, position)
            elif text[position - 1] == "{":
                self._open(position - 1)
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
                self._call(position)
            case "anchor":
                anchor = path_reads.ANCHORS[match["anchor"]]
                self.reads.append(path_reads.beside(self.text, position, anchor, self.lines.at(position)))
            case "line" if match["line"]:
                return self._heredoc(match["heredoc"], position)
        return position

    def _open(self, position: int) -> None:
        if self.depth == 0:
            self.block = native_syntax.header(self.text, self.since, position)
            self.opened = position
            if self.block[:1] == ("module",):
                name = self.block[1] if len(self.block) > 1 else ""
                self.modules.append(Module(name, None, self.lines.at(position)))
        elif self.depth == 1 and self.block == ("terraform",):
            inner = native_syntax.header(self.text, self.since, position)
            self.in_backend = inner[:1] in (("backend",), ("cloud",)) and "=" not in inner
            self.has_backend = self.has_backend or self.in_backend
        self.depth += 1
        self.since = position + 1
        if self.depth > native_syntax.MAX_DEPTH:
            raise Unbalanced("has braces that are nested too deeply", position)

    def _close(self, position: int) -> None:
        if self.depth == 0:
            raise Unbalanced("has a '}' that closes nothing", position)
        self.depth -= 1
        self.since = position + 1
        self.in_backend = self.in_backend and self.depth > 1

    def _string(self, start: int) -> int:
        """Reads a string whose content begins at `start`; returns where it has ended."""
        end = native_syntax.end_of_string(self.text, start)
        body = self.text[start:end]
        line = self.lines.at(start)
        if body.startswith(("./", "../")) and "{" not in body:
            self.reads.extend(path_reads.words(body, "root", line))
        self._template(body, line)
        self.since = end + 1
        return end + 1

    def _template(self, body: str, line: int) -> None:
        self.reads.extend(path_reads.anchored(body, line))
        self.reads.extend(path_reads.called(body, line))

    def _heredoc(self, tag: str, start: int) -> int:
        content, end = native_syntax.heredoc(self.text, start, tag)
        self._template(self.text[start:content], self.lines.at(start))
        self.since = end  # nothing in it belongs to the header of a block that follows
        return end

    def _attribute(self, name: str, begin: int, position: int) -> int:
        """Reads `name =` where it is one that may name a path; returns where to go on."""
        start = native_syntax.after_blanks(self.text, position)
        if self.text[start : start + 1] != '"':
            return position
        end = native_syntax.end_of_string(self.text, start + 1)
        body = self.text[start + 1 : end]
        line = self.lines.at(begin)
        if name == "source":
            if self.depth == 1 and self.block[:1] == ("module",):
                self._source(body, native_syntax.ends(self.text, end + 1))
                return end + 1
        elif name == "path":
            if (self.in_backend or self.block[:2] == _REMOTE_STATE) and "path." not in body:
                self.states.append(path_reads.literal(body, "root", line))
        elif name in path_reads.ATTRIBUTES and "{" not in body:
            self.reads.append(path_reads.literal(body, "root", line))
            return end + 1
        return position

    def _source(self, body: str, ends: bool) -> None:
        plain = ends and "{" not in body and "\\" not in body
        module = self.modules[-1]
        self.modules[-1] = Module(module.name, body if plain else None, module.line)

    def _call(self, position: int) -> None:
        """Reads a call of `file` or its like whose parenthesis ends at `position`."""
        start = native_syntax.after_blanks(self.text, position)
        line = self.lines.at(position)
        if self.text[start : start + 1] == '"':
            body = self.text[start + 1 : native_syntax.end_of_string(self.text, start + 1)]
            self.reads.extend(path_reads.argument(body, line))
        elif not self.text.startswith("path", start):
            self.reads.append(path_reads.unknown("root", line))
