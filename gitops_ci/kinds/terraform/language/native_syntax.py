"""Terraform's native syntax as far as finding one's way through a file needs it: strings, heredocs, comments, braces.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md. Every expression here is possessive (`*+`), and every
loop moves on: time is linear in the size of the file, whatever is in it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gitops_ci.kinds.terraform.reading.path_reads import FUNCTIONS
from gitops_ci.patterns import later

MAX_DEPTH = 500
"""Braces nested deeper are a problem: no configuration needs them, Terraform's own parser is recursive."""

COMMENT = r"\#[^\n]*+|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)"
_PLAIN_STRING = r"""
    "(?!\.\.?[/"])[^"\\\n$%]*+
    (?: (?: \\. | [$%](?!\{) | [$%]\{(?![^{}"\n]*(?:path|file))[^{}"\n\#/<]*+\} ) [^"\\\n$%]*+ )*+
    "
"""
"""A string that names no path; one with a deeper interpolation, or with a path, is looked at more closely."""

_STEP = rf"{_PLAIN_STRING} | {COMMENT} | /(?![/*]) | <(?!<-?(?:[^\W\d]|[^\x00-\x7f]))"
_OTHER = r"""[^\w"#/<{}]*+"""
EVENT = later(
    rf"""
    {_OTHER}
    (?: (?: [^\Wcfpstw][\w-]*+(?:\.[\w*-]++)*+
          | (?! (?:source(?:_dir|_file|_path)?|filename|path|chart|command|program|scripts?|working_dir)\s*+=(?![=>])
              | path\s*+\.\s*+(?:module|root|cwd)\b
              | {FUNCTIONS}\s*+\( )
            [cfpstw][\w-]*+(?:\.[\w*-]++)*+
          | {_STEP}
        )
        {_OTHER}
    )*+
    (?: (?P<brace>[{{}}])
      | (?P<string>")
      | (?P<attribute>[a-z_]++)\s*+=(?![=>])
      | path\s*+\.\s*+(?P<anchor>module|root|cwd)\b
      | (?P<call>{FUNCTIONS})\s*+\(
      | <<-?(?P<heredoc>(?:[^\W\d]|[^\x00-\x7f])(?:[\w-]|[^\x00-\x7f])*+)[ \t\r]*+(?P<line>\n?)
      | \Z
    )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
"""Passes over everything that decides nothing, up to a brace, a path, or a string that may name one.

A string with a comment or a heredoc inside of an interpolation is one that is looked at more closely.
"""

_BLANK = later(rf"(?:\s++|{COMMENT})*+", re.DOTALL | re.VERBOSE)
_HEADER = later(rf'(?P<comment>{COMMENT})|(?P<label>"(?:[^"\\\n]|\\.)*+")|(?P<line>\n)|[\w-]++|\S', re.VERBOSE)
_LABELS = later(r'"(?:[^"\\]|\\.)*+"|[\w-]++|\S')
_ENDS = r"[ \t\r]*+(?:\n|\}|\#|//|\Z|/\*(?:[^*\n]++|\*(?!/))*+(?:\n|\*/[ \t\r]*+(?:\n|\})))"
_END = later(_ENDS, re.VERBOSE)
_SPACE = r"[\t\v\f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
"""What Go's unicode.IsSpace holds for a space: the closing tag of a heredoc may stand between any of them."""

_HEREDOC = r"<<-?(?P<heredoc>[^\W\d][\w-]*+)\r?\n"
_ESCAPED = r"\$\$\{|%%\{"
_QUOTED_PART = later(rf'\\.|{_ESCAPED}|(?P<opens>[$%]\{{)|(?P<closes>")|(?P<bad>\n)', re.DOTALL)
_EXPRESSION_PART = later(rf'(?P<quote>")|{_HEREDOC}|(?P<brace>\{{)|(?P<closes>\}})|{COMMENT}', re.DOTALL | re.VERBOSE)


def _rest(levels: int) -> str:
    """What follows an opening brace, up to and with the one that closes it; `levels` may be nested in it."""
    inner = rf"| \{{ {_rest(levels - 1)}" if levels else ""
    return rf"""[^"#/<{{}}]*+ (?: (?: {_STEP} {inner} ) [^"#/<{{}}]*+ )*+ \}}"""


_FLAGS = re.VERBOSE | re.DOTALL | re.ASCII
_OF_STATES = r'data[ \t]++"(?:terraform_remote_state|tfe_outputs)"'
_HEAD = rf"""
    ^(?!(?:module|terraform)\b | {_OF_STATES}) \w[\w-]*+ (?: [ \t]++ "(?!\.\.?[/"])[^"\\\n$%]*+" )*+ [ \t]*+ \{{
"""
PLAIN_BLOCKS = later(rf"(?: (?:\s++|{COMMENT})*+ {_HEAD} {_rest(3)} )*+", _FLAGS | re.MULTILINE)
"""Top-level blocks, one after the other, in which only a word that names a path could matter, as most are written."""
REST_OF_BLOCK = later(_rest(3), _FLAGS)
"""From after a brace to after the one that closes it, on the same condition."""
SOURCE_FIRST = later(rf'{_BLANK.pattern} source\s*+= {_BLANK.pattern} "(?P<source>[^"\\\n{{]*+)" (?={_ENDS})', _FLAGS)
"""A plain source that a module begins with."""
_PATH_WORDS = (
    ("path", r"path\s*[.=]"),
    ("file", r"file\w{0,12}\s*[(=]"),
    ("source_dir", r"source_dir\s*="),
    ("provider::", r"provider::"),
    ("chart", r"chart\s*="),
    ("command", r"command\s*="),
    ("program", r"program\s*="),
    ("script", r"scripts?\s*="),
    ("working_dir", r"working_dir\s*="),
)
_ANY_PATH_WORD = later("|".join(word for _, word in _PATH_WORDS), re.ASCII)
_EACH_PATH_WORD = tuple((literal, re.compile(word, re.ASCII)) for literal, word in _PATH_WORDS)
_SOURCE = later(r"source\s*=", re.ASCII)


class Unbalanced(Exception):
    """Something that was opened at `position` is not closed, or the other way round."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def end_of_string(text: str, start: int) -> int:
    """Index of the quote that closes the string whose content begins at `start`; interpolations may hold strings."""
    return _end(text, start, _QUOTED_PART, "holds a string that is not closed") - 1


def heredoc(text: str, start: int, tag: str) -> tuple[int, int]:
    """Where the content of a heredoc that begins at `start` ends, and where its closing tag does.

    A tag inside of an interpolation closes nothing.
    """
    try:
        end = _end(text, start, _heredoc_part(tag), f"holds a heredoc <<{tag} that is not closed")
    except Unbalanced as error:
        raise Unbalanced(str(error), start - 1) from None  # the line that opens it
    return max(text.rfind("\n", start, end) + 1, start), end


def end_of_interpolation(text: str, start: int) -> int:
    """Where the brace that closes an interpolation whose expression begins at `start` has ended."""
    return _end(text, start, _EXPRESSION_PART, "holds an interpolation that is not closed")


@lru_cache(maxsize=64)
def _heredoc_part(tag: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?m:^){_SPACE}*+(?P<closes>{re.escape(tag)}{_SPACE}*+(?=\r?(?:\n|\Z)))|{_ESCAPED}|(?P<opens>[$%]\{{)"
    )


def _end(text: str, start: int, part: re.Pattern[str], unclosed: str) -> int:
    """Where a template or an expression has ended that begins at `start`, with everything that is nested in it."""
    position = start
    pending = [part]
    while (match := pending[-1].search(text, position)) is not None:
        position = match.end()
        match match.lastgroup:
            case "closes":
                pending.pop()
                if not pending:
                    return position
            case "opens" | "brace":
                pending.append(_EXPRESSION_PART)
            case "quote":
                pending.append(_QUOTED_PART)
            case "heredoc":
                pending.append(_heredoc_part(match["heredoc"]))
            case "bad":
                break
            case _:
                pass  # an escape or a comment
        if len(pending) > MAX_DEPTH:
            raise Unbalanced("holds strings and braces that are nested too deeply", start)
    raise Unbalanced(unclosed, start)


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


def after_blanks(text: str, position: int) -> int:
    """Where something other than spaces, line ends and comments follows `position`."""
    match = _BLANK.match(text, position)
    return match.end() if match is not None else position


def ends(text: str, position: int) -> bool:
    """Whether no more of an expression follows at `position`: a line end, a brace or a comment does."""
    return _END.match(text, position) is not None


class PathWords:
    """Where a word stands that may name a path, for positions asked for in ascending order.

    A block that ends before the next one can be passed over. `source` is such a word in resources, not in modules.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = len(text)
        self._next = self._next_source = -1
        for literal, word in _EACH_PATH_WORD:
            if literal in text and word.search(text):
                break
        else:
            self._next = self._end  # nearly always, and found out faster than by a search for any of them

    def after(self, position: int) -> int:
        """Where the next one begins, `source` aside; the end of the text where there is none."""
        if self._next < position:
            found = _ANY_PATH_WORD.search(self._text, position)
            self._next = found.start() if found is not None else self._end
        return self._next

    def or_source_after(self, position: int) -> int:
        """Where the next one begins, or a `source`."""
        if self._next_source < position:
            found = _SOURCE.search(self._text, position)
            self._next_source = found.start() if found is not None else self._end
        return min(self.after(position), self._next_source)


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
