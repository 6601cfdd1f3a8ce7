"""The pieces of a template (a quoted string, a heredoc, a file of `templatefile`): text, interpolations, directives."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from gitops_ci.kinds.terraform.language import blocks, native_syntax
from gitops_ci.kinds.terraform.language.native_syntax import Unbalanced

_PART = re.compile(r"(?P<escaped>\\.)|(?P<literal>\$\$\{|%%\{)|(?P<opens>[$%]\{~?)", re.DOTALL)
_BARE_PART = re.compile(r"(?P<literal>\$\$\{|%%\{)|(?P<opens>[$%]\{~?)")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Piece(Struct, frozen=True):
    """`text` with its value, or the span of an expression; `trims` where a `~` takes white space off around it.

    The expression of a directive is its condition or collection; those of `else`, `endif` and `endfor` are empty.
    """

    kind: Literal["text", "interpolation", "directive"]
    start: int
    end: int
    text: str = ""
    trims: bool = False


def pieces(text: str, start: int, end: int, *, quoted: bool) -> Iterator[Piece]:
    """The pieces between two positions; `quoted` text has escapes. Raises Unbalanced."""
    part = _PART if quoted else _BARE_PART
    position = begin = start
    while (match := part.search(text, position, end)) is not None:
        position = match.end()
        if match["opens"] is None:
            continue
        if match.start() > begin:
            yield _text(text, begin, match.start(), quoted=quoted)
        closed = native_syntax.end_of_interpolation(text, position)
        if closed > end:
            raise Unbalanced("holds an interpolation that is not closed", match.start())
        trims_behind = text[closed - 2] == "~" and closed - 2 >= position
        trims = trims_behind or match["opens"].endswith("~")
        last = closed - 1 - trims_behind
        if match["opens"].startswith("%"):
            yield Piece("directive", _directive(text, position, last), last, trims=trims)
        else:
            yield Piece("interpolation", position, last, trims=trims)
        position = begin = closed
    if end > begin:
        yield _text(text, begin, end, quoted=quoted)


def _directive(text: str, start: int, end: int) -> int:
    """Where the expression of a directive begins."""
    tokens = [each for each in blocks.tokens(text, start, end) if each.kind != "newline"]
    match [each.text for each in tokens]:
        case ["else" | "endif" | "endfor"]:
            return end
        case ["if", _, *_]:
            return tokens[0].end
        case ["for", _, "in", _, *_]:
            return tokens[2].end
        case ["for", _, ",", _, "in", _, *_]:
            return tokens[4].end
        case _:
            raise Unbalanced("has a directive that is not known", start)


def _text(text: str, start: int, end: int, *, quoted: bool) -> Piece:
    """Text as Terraform has it: in the normal form C, in which some letters become ASCII."""
    value = text[start:end].replace("$${", "${").replace("%%{", "%{")
    if quoted and "\\" in value:
        value = _ESCAPE.sub(lambda match: _character(match, start), value)
    return Piece("text", start, end, unicodedata.normalize("NFC", value))


def _character(match: re.Match[str], position: int) -> str:
    code = match[1] or match[2]
    if code is None:
        if match[3] not in _ESCAPES:
            raise Unbalanced("holds an escape that is not known", position)
        return _ESCAPES[match[3]]
    number = int(code, 16)
    if number > 0x10FFFF:
        raise Unbalanced("holds an escape that is not known", position)
    return "\ufffd" if 0xD800 <= number < 0xE000 else chr(number)
