"""Whether a path that is read is put together by a call, so that it may come to anything, `..` as well."""

from __future__ import annotations

import re

from gitops_ci.kinds.terraform.language import native_syntax
from gitops_ci.kinds.terraform.language.native_syntax import COMMENT, Unbalanced
from gitops_ci.kinds.terraform.reading.path_reads import FUNCTIONS

_MAX_LENGTH = 4_000  # characters of an argument; a longer one may hold anything
_HARMLESS = frozenset({
    "abspath", "basename", "can", "chomp", "coalesce", "coalescelist", "compact", "concat", "contains", "csvdecode",
    "dirname", "distinct", "element", "flatten", "index", "jsondecode", "keys", "length", "lookup", "lower", "max",
    "md5", "merge", "min", "nonsensitive", "one", "pathexpand", "range", "reverse", "sensitive", "setintersection",
    "setsubtract", "setunion", "sha1", "sha256", "slice", "sort", "title", "tolist", "tomap", "tonumber", "toset",
    "tostring", "trimspace", "try", "upper", "values", "yamldecode", "zipmap",
    "file", "filebase64", "fileexists", "filemd5", "fileset", "filesha1", "filesha256", "filesha512",
    "filebase64sha256", "filebase64sha512",
    "for", "if", "in",
})  # fmt: skip
"""Functions that only choose among texts, or keep them as they are (and words that may stand before a parenthesis)."""

BETWEEN = r"(?:\s|\#[^\n]{0,400}+\n|//[^\n]{0,400}+\n|/\*(?:[^*]|\*(?!/)){0,400}+\*/)*+"
"""What may stand between two words, in a verbose pattern; bounded, as one that is not closed is looked at often."""
_READ = re.compile(
    rf"(?<![\w-])(?:{FUNCTIONS}{BETWEEN}\(|(?P<attribute>source_dir|source_file|working_dir)\s*+=(?![=>]))",
    re.VERBOSE | re.DOTALL,
)
_COMMENTED = re.compile(rf"\b{FUNCTIONS}\s*+(?=[/\#]){BETWEEN}\(", re.VERBOSE | re.DOTALL)
_NEAR = re.compile(r"file\w{0,12}\s{0,99}[/#]")  # begins with a literal: found out fast for most files
_PARENT = re.compile(r"""\bdirname\(\s*+(?:abspath\(\s*+)?+(?:(?:local|var|module)\s*+\.|"\$\{)""")
_CALL = re.compile(rf"(?<![\w:-])([^\W\d][\w:-]*+){BETWEEN}\(", re.VERBOSE | re.DOTALL)
_PART = re.compile(
    rf'(?P<quote>")|(?P<opens>[(\[{{])|(?P<closes>[)\]}}])|(?P<comma>,)|(?P<line>\n)|{COMMENT}', re.DOTALL
)
_KEEPING = re.compile(
    r"""(?: join\(\s*+"[^".$%\\]++"
          | split\(\s*+"/"
          | trimsuffix\([^()",]*+,\s*+"\.\w++"\s*+\)
          | replace\([^()",]*+,\s*+"[^"$\\]*+"\s*+,\s*+"[\w-]++"\s*+\)
          | format\(\s*+"(?P<format>[^"\\$]*+)"
        )""",
    re.VERBOSE,
)
"""Calls of other functions after which there is a `..` only where there was one before."""
_POINTS = re.compile(r"""(?:\A|["/])(?=[^"/%]*+%)(?:\.|%[^\W\d_]|%[^A-Za-z%/"]++[A-Za-z]){2,}+(?=["/]|\Z)""")
_JOINED_POINTS = re.compile(r"""["/](?=[^"/$]*+\$)(?:\.|\$\{[^{}"/]*+\}){2,}+(?=["/])""")


def is_opaque(text: str) -> bool:
    """Whether some argument that is read may come to a `..` that nobody spells."""
    position = 0
    while (match := _READ.search(text, position)) is not None:
        try:
            position = _end(text, match.end(), is_line=match["attribute"] is not None)
        except Unbalanced:
            return True
        if _may_climb(text[match.end() : position]):
            return True
    return False


def leads_up(text: str) -> bool:
    """Whether it takes the folder above one that is not known here: of an absolute path it may be any."""
    return "dirname" in text and _PARENT.search(text) is not None


def has_commented_call(text: str) -> bool:
    """Whether a comment stands between the name of a function that reads a file and its parenthesis."""
    return _NEAR.search(text) is not None and _COMMENTED.search(text) is not None


def _end(text: str, start: int, *, is_line: bool) -> int:
    """Where the argument that begins at `start` has ended. Raises Unbalanced."""
    position, depth = start, 0
    limit = start + _MAX_LENGTH
    while (match := _PART.search(text, position, limit)) is not None:
        position = match.end()
        kind = match.lastgroup
        if kind == "quote":
            position = native_syntax.end_of_string(text, position) + 1
        elif kind == "opens":
            depth += 1
        elif (kind in ("closes", "comma") or (kind == "line" and is_line)) and depth == 0:
            return match.start()
        elif kind == "closes":
            depth -= 1
        if position > limit:
            break
    if position <= limit and len(text) <= limit:
        return len(text)
    raise Unbalanced("holds an argument that is too long", start)


def _may_climb(argument: str) -> bool:
    return _JOINED_POINTS.search(argument) is not None or any(
        match[1] not in _HARMLESS and not _keeps(argument, match.start()) for match in _CALL.finditer(argument)
    )


def _keeps(argument: str, start: int) -> bool:
    """Whether the call at `start` keeps texts as they are, or separates them by more than points."""
    match = _KEEPING.match(argument, start)
    return match is not None and (match["format"] is None or _POINTS.search(match["format"]) is None)
