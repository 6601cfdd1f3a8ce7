"""Terraform's native syntax as far as finding one's way through a file needs it: strings, heredocs, comments, braces.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md. Every expression here is possessive (`*+`), and every
loop moves on: time is linear in the size of the file, whatever is in it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gitops_ci.kinds.terraform.path_reads import FUNCTIONS

MAX_DEPTH = 500
"""Braces nested deeper are a problem: no configuration needs them, Terraform's own parser is recursive."""

COMMENT = r"\#[^\n]*+|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)"
_PLAIN_STRING = r"""
    "(?!\.\.?/)[^"\\\n$%]*+
    (?: (?: \\. | [$%](?!\{) | [$%]\{(?![^{}"\n]*(?:path|file))[^{}"\n]*+\} ) [^"\\\n$%]*+ )*+
    "
"""
"""A string that names no path; one with a deeper interpolation, or with a path, is looked at more closely."""

_OTHER = r"""[^\w"#/<{}]*+"""
EVENT = re.compile(
    rf"""
    {_OTHER}
    (?: (?: [^\Wfpst][\w-]*+(?:\.[\w*-]++)*+
          | (?! (?:source|source_dir|source_file|filename|path)\s*+=(?![=>])
              | path\s*+\.\s*+(?:module|root|cwd)\b
              | {FUNCTIONS}\s*+\( )
            [fpst][\w-]*+(?:\.[\w*-]++)*+
          | {_PLAIN_STRING}
          | {COMMENT}
          | /(?![/*])
          | <(?!<-?[^\W\d])
        )
        {_OTHER}
    )*+
    (?: (?P<brace>[{{}}])
      | (?P<string>")
      | (?P<attribute>[a-z_]++)\s*+=(?![=>])
      | path\s*+\.\s*+(?P<anchor>module|root|cwd)\b
      | (?P<call>{FUNCTIONS})\s*+\(
      | <<-?(?P<heredoc>[^\W\d][\w-]*+)[ \t\r]*+(?P<line>\n?)
      | \Z
    )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
"""Passes over everything that decides nothing, up to a brace, a path, or a string that may name one."""

_BLANK = re.compile(rf"(?:\s++|{COMMENT})*+", re.DOTALL | re.VERBOSE)
_HEADER = re.compile(rf'(?P<comment>{COMMENT})|(?P<label>"(?:[^"\\\n]|\\.)*+")|(?P<line>\n)|[\w-]++|\S', re.VERBOSE)
_LABELS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\w-]++|\S')
_ENDS = r"[ \t\r]*+(?:\n|\}|\#|//|\Z|/\*(?:[^*\n]++|\*(?!/))*+(?:\n|\*/[ \t\r]*+(?:\n|\})))"
_END = re.compile(_ENDS, re.VERBOSE)
_TEMPLATE_PART = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|"|\n', re.DOTALL)
_EXPRESSION_PART = re.compile(rf'["{{}}]|{COMMENT}', re.DOTALL | re.VERBOSE)

_STEP = rf"{_PLAIN_STRING} | {COMMENT} | /(?![/*]) | <(?!<-?[^\W\d])"


def _rest(levels: int) -> str:
    inner = rf"| \{{ {_rest(levels - 1)}" if levels else ""
    return rf"""[^"#/<{{}}]*+ (?: (?: {_STEP} {inner} ) [^"#/<{{}}]*+ )*+ \}}"""


_NO_SOURCE = rf"""
    {_OTHER} (?: (?: (?!source\s*+=(?![=>])) \w[\w-]*+(?:\.[\w*-]++)*+ | {_STEP} | \{{ {_rest(2)} ) {_OTHER} )*+
"""
_HEAD = r"""^(?!(?:module|terraform)\b)\w[\w-]*+ (?: [ \t]++ "(?!\.\.?/)[^"\\\n$%]*+" )*+ [ \t]*+ \{"""
_PLAIN_BLOCKS = re.compile(
    rf"(?: \s++ | {COMMENT} | {_HEAD} {_rest(3)} )*+", re.VERBOSE | re.DOTALL | re.ASCII | re.MULTILINE
)
"""Blocks of a file, one after the other, in which no word can matter, as most are written; REST_OF_BLOCK for others."""
REST_OF_BLOCK = re.compile(_rest(3), re.VERBOSE | re.DOTALL | re.ASCII)
"""From after a brace to after the one that closes it: most blocks in one step, where no word in them can matter."""
REST_OF_MODULE = re.compile(
    rf'{_NO_SOURCE} source\s*+= {_BLANK.pattern} "(?P<source>[^"\\\n{{]*+)" (?={_ENDS}) {_NO_SOURCE} \}}',
    re.VERBOSE | re.DOTALL | re.ASCII,
)
"""The same of a module with one plain source."""


class Unbalanced(Exception):
    """Something that was opened at `position` is not closed, or the other way round."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def end_of_string(text: str, start: int) -> int:
    """Index of the quote that closes the string whose content begins at `start`; interpolations may hold strings."""
    position = start
    depth = 0
    opened = [0]  # brace depth at which each enclosing string was opened
    while True:
        in_template = depth == opened[-1]
        match = (_TEMPLATE_PART if in_template else _EXPRESSION_PART).search(text, position)
        if match is None or (in_template and match[0] == "\n"):
            raise Unbalanced("holds a string that is not closed", start)
        position = match.end()
        part = match[0]
        if in_template:
            if part == '"':
                opened.pop()
                if not opened:
                    return match.start()
            elif part in ("${", "%{"):
                depth += 1
        elif part == '"':
            opened.append(depth)
        elif part in ("{", "}"):
            depth += 1 if part == "{" else -1


def heredoc(text: str, start: int, tag: str) -> tuple[int, int]:
    """Where the content of a heredoc that begins at `start` ends, and where its closing tag does.

    A tag inside of an interpolation closes nothing.
    """
    ending = re.compile(rf"(?m:^)[ \t]*+{re.escape(tag)}[ \t]*+\r?(?=\n|\Z)|\$\$\{{|%%\{{|[$%]\{{")
    position = start
    while (found := ending.search(text, position)) is not None:
        if found[0] in ("${", "%{"):
            position = _end_of_interpolation(text, found.end())
        elif found[0] in ("$${", "%%{"):
            position = found.end()
        else:
            return found.start(), found.end()
    raise Unbalanced(f"holds a heredoc <<{tag} that is not closed", start - 1)


def _end_of_interpolation(text: str, start: int) -> int:
    """Where the brace that closes an interpolation whose expression begins at `start` has ended."""
    position, depth = start, 1
    while (match := _EXPRESSION_PART.search(text, position)) is not None:
        position = match.end()
        if match[0] == '"':
            position = end_of_string(text, position) + 1
        elif match[0] in ("{", "}"):
            depth += 1 if match[0] == "{" else -1
            if not depth:
                return position
    raise Unbalanced("holds an interpolation that is not closed", start)


def header(text: str, since: int, position: int) -> tuple[str, ...]:
    """What a `{` at `position` opens: the words and labels (without quotes) that stand on its line, after `since`."""
    if text.find("*/", since, position) == -1:
        return _labels(text[max(since, text.rfind("\n", since, position) + 1) : position])
    found: list[str] = []
    for match in _HEADER.finditer(text, since, position):
        if match["line"]:
            found.clear()
        elif not match["comment"]:
            found.append(match[0])
    return tuple(map(_unquoted, found))


@lru_cache(maxsize=4096)  # most lines stand in many files
def _labels(line: str) -> tuple[str, ...]:
    return tuple(map(_unquoted, _LABELS.findall(line)))


def _unquoted(part: str) -> str:
    return part[1:-1] if part[0] == '"' and len(part) > 1 else part


def after_plain_blocks(text: str, position: int) -> int:
    """Where something other than plain blocks, spaces and comments follows `position`, which is between two blocks."""
    match = _PLAIN_BLOCKS.match(text, position)
    return match.end() if match is not None else position


def after_blanks(text: str, position: int) -> int:
    """Where something other than spaces, line ends and comments follows `position`."""
    match = _BLANK.match(text, position)
    return match.end() if match is not None else position


def ends(text: str, position: int) -> bool:
    """Whether no more of an expression follows at `position`: a line end, a brace or a comment does."""
    return _END.match(text, position) is not None


class Lines:
    """Line numbers of positions asked for in ascending order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._line = 1

    def at(self, position: int) -> int:
        """The line of `position`, from one."""
        if position > self._position:
            self._line += self._text.count("\n", self._position, position)
            self._position = position
        return self._line
