"""One pass over a `.tf` file: its module sources, the paths it reads, whether it configures a backend.

A full HCL parser reads 50 to 100 files a second, this reads thousands: a repository is scanned on every run, and only
a few facts of each file decide what is affected. The scanner knows comments, strings with interpolation and
heredocs (Terraform's native syntax, https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md) and nothing of
expressions. What it cannot resolve it reports as unresolved, and the root becomes conservatively affected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<heredoc><<-?[ \t]*(?P<tag>[A-Za-z_][\w-]*)[^\n]*\n)
    | (?P<quote>")
    | (?P<open>[{(\[])
    | (?P<close>[})\]])
    | (?P<word>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)
    | (?P<equals>=(?![=>]))
    | (?P<line>\n)
    | (?P<other>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_STRING_PART = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|"|\n', re.DOTALL)
_PATH_READ = re.compile(r'\$\{\s*path\.(module|root)\s*\}/?([^"]*)')
_NESTED_FILE = re.compile(r'\b(?:file|templatefile|fileset)\w*\(\s*"([^"$]+)"')
_INTERPOLATION = re.compile(r"[$%]\{")
FILE_FUNCTIONS = frozenset(
    [
        "file",
        "filebase64",
        "filebase64sha256",
        "filebase64sha512",
        "fileexists",
        "filemd5",
        "filesha1",
        "filesha256",
        "filesha512",
        "templatefile",
        "fileset",
    ]
)


class Module(Struct, frozen=True):
    """A `module` block; `source` is None where it is not a plain string."""

    name: str
    source: str | None
    line: int


class PathRead(Struct, frozen=True):
    """A path that an expression reads; `anchor` is what it is relative to, `complete` False where it goes on unknown."""

    path: str
    anchor: str  # "module" | "root"
    complete: bool
    line: int


class Scan(Struct, frozen=True):
    """What one file says; `states` are the paths of local state files, its own and others'."""

    modules: tuple[Module, ...] = ()
    reads: tuple[PathRead, ...] = ()
    has_backend: bool = False
    states: tuple[PathRead, ...] = ()
    problem: str | None = None
    problem_line: int | None = None


class Token(Struct, frozen=True):
    """`kind` is the name of a group of the token expression, or `string`."""

    kind: str
    text: str
    line: int


def scan(content: bytes, *, is_json: bool = False) -> Scan:
    """The facts of one file. Never raises: what cannot be read is `problem`."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return Scan(problem="is not UTF-8", problem_line=content[: error.start].count(b"\n") + 1)
    if is_json:
        return _scan_json(text)
    try:
        return _Reader(list(tokens(text))).scan()
    except _Unbalanced as error:
        return Scan(problem=str(error), problem_line=error.line)


class _Unbalanced(Exception):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a file; comments are left out, a string is one token without its quotes, newlines stay."""
    position, line = 0, 1
    while (match := _TOKEN.search(text, position)) is not None:
        kind = match.lastgroup or "other"
        if kind == "tag":
            kind = "heredoc"
        position = match.end()
        if kind == "quote":
            end = _end_of_string(text, position, line)
            body = text[position:end]
            yield Token("string", body, line)
            line += body.count("\n")
            position = end + 1
        elif kind == "heredoc":
            end, body = _heredoc(text, position, match["tag"])
            yield Token("heredoc", body, line)
            line += text.count("\n", match.start(), end)
            position = end
        elif kind == "comment":
            line += match[0].count("\n")
        else:
            yield Token(kind, match[0], line)
            line += kind == "line"


def _end_of_string(text: str, position: int, line: int) -> int:
    """Index of the closing quote; interpolations may hold strings of their own."""
    depth = 0
    stack = [0]  # brace depth at which each enclosing string was opened
    while True:
        if depth == stack[-1]:
            match = _STRING_PART.search(text, position)
            if match is None or match[0] == "\n":
                raise _Unbalanced("a string is not closed", line)
            position = match.end()
            if match[0] in ("${", "%{"):
                depth += 1
            elif match[0] == '"':
                if len(stack) == 1:
                    return match.start()
                stack.pop()
        else:
            inner = re.compile(r'["{}]').search(text, position)
            if inner is None:
                raise _Unbalanced("an interpolation is not closed", line)
            position = inner.end()
            if inner[0] == '"':
                stack.append(depth)
            else:
                depth += 1 if inner[0] == "{" else -1


def _heredoc(text: str, position: int, tag: str) -> tuple[int, str]:
    match = re.compile(rf"^[ \t]*{re.escape(tag)}[ \t]*\r?$", re.MULTILINE).search(text, position)
    if match is None:
        return len(text), text[position:]
    return match.end(), text[position : match.start()]


class _Reader:
    """Walks the tokens once, with the stack of open blocks."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.blocks: list[tuple[str, ...]] = []  # header of each open brace; () for an expression
        self.modules: list[Module] = []
        self.reads: list[PathRead] = []
        self.states: list[PathRead] = []
        self.has_backend = False

    def scan(self) -> Scan:
        header: list[str] = []  # what stands on the line before a brace
        for index, token in enumerate(self.tokens):
            match token.kind:
                case "line":
                    header = []
                case "open":
                    self._open(token, header)
                    header = []
                case "close":
                    if not self.blocks:
                        raise _Unbalanced(f"{token.text!r} closes nothing", token.line)
                    self.blocks.pop()
                    header = []
                case "word" | "string":
                    header.append(token.text)
                    self._value(index, token)
                case "heredoc":
                    self._template(token)
                case "equals" | "other":
                    header = [""]  # an expression follows: what comes is no block header
        if self.blocks:
            raise _Unbalanced("a block is not closed", self.tokens[-1].line if self.tokens else 1)
        return Scan(tuple(self.modules), tuple(self.reads), self.has_backend, tuple(self.states))

    def _open(self, token: Token, header: list[str]) -> None:
        block = tuple(header) if token.text == "{" and header and header[0] else ()
        self.blocks.append(block)
        if block[:1] == ("module",) and len(self.blocks) == 1:
            self.modules.append(Module(block[1] if len(block) > 1 else "", None, token.line))
        if self._in_backend():
            self.has_backend = True

    def _in_backend(self) -> bool:
        return (
            len(self.blocks) == 2
            and self.blocks[0] == ("terraform",)
            and self.blocks[1][:1] in (("backend",), ("cloud",))
        )

    def _value(self, index: int, token: Token) -> None:
        if token.kind == "word":
            if token.text in FILE_FUNCTIONS:
                self._file_call(index, token)
            return
        if len(self.blocks) == 1 and self.blocks[0][:1] == ("module",) and self._assigned(index) == "source":
            self._source(index, token)
        elif (self._in_remote_state() or self._in_backend()) and self._assigned(index) == "path":
            self.states.append(_read(token, "root"))
        self._template(token)

    def _in_remote_state(self) -> bool:
        return bool(self.blocks) and self.blocks[0][:2] == ("data", "terraform_remote_state")

    def _assigned(self, index: int) -> str | None:
        before = self.tokens[max(0, index - 2) : index]
        if len(before) == 2 and before[1].kind == "equals" and before[0].kind in ("word", "string"):
            return before[0].text
        return None

    def _source(self, index: int, token: Token) -> None:
        following = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        plain = (following is None or following.kind in ("line", "close")) and not _INTERPOLATION.search(token.text)
        module = self.modules[-1]
        self.modules[-1] = Module(module.name, token.text if plain else None, module.line)

    def _file_call(self, index: int, token: Token) -> None:
        arguments = self.tokens[index + 1 : index + 3]
        if len(arguments) < 2 or arguments[0].text != "(":
            return
        first = arguments[1]
        if first.kind != "string":
            known = first.kind == "word" and first.text in ("path.module", "path.root")
            anchor = first.text.removeprefix("path.") if known else "root"
            self.reads.append(PathRead("", anchor, False, token.line))
        elif not first.text.startswith("${"):  # those are seen as templates
            self.reads.append(_read(first, "root"))

    def _template(self, token: Token) -> None:
        """Any string with path.module or path.root in it names something that is read."""
        if "path." in token.text:
            self.reads.extend(_paths(token))
        if "file" in token.text:
            self.reads.extend(
                PathRead(match[1], "root", True, token.line) for match in _NESTED_FILE.finditer(token.text)
            )


def _read(token: Token, anchor: str) -> PathRead:
    cut = _INTERPOLATION.search(token.text)
    if cut is None:
        return PathRead(token.text, anchor, True, token.line)
    return PathRead(token.text[: cut.start()].rpartition("/")[0], anchor, False, token.line)


def _paths(token: Token) -> Iterator[PathRead]:
    for match in _PATH_READ.finditer(token.text):
        yield _read(Token("string", match[2], token.line), match[1])


def _scan_json(text: str) -> Scan:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Scan(problem="is not valid JSON", problem_line=getattr(error, "lineno", None))
    if not isinstance(document, dict):
        return Scan(problem="is not a JSON object", problem_line=1)
    modules = [
        Module(name, source if isinstance(source, str) and not _INTERPOLATION.search(source) else None, 1)
        for name, source in _json_sources(document.get("module"))
    ]
    settings = document.get("terraform")
    blocks = settings if isinstance(settings, list) else [settings]
    has_backend = any(isinstance(block, dict) and ("backend" in block or "cloud" in block) for block in blocks)
    reads = [read for value in _strings(document) for read in _paths(Token("string", value, 1))]
    return Scan(tuple(modules), tuple(reads), has_backend)


def _json_sources(value: Any) -> Iterator[tuple[str, Any]]:
    """(name, source) of every module; a block may be an object or a list of objects."""
    for block in value if isinstance(value, list) else [value]:
        if isinstance(block, dict):
            for name, body in block.items():
                for each in body if isinstance(body, list) else [body]:
                    yield str(name), each.get("source") if isinstance(each, dict) else None


def _strings(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, str):
            yield current
        elif isinstance(current, dict):
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
