"""Markdown of our own pages as lines for a terminal: paragraphs wrapped, code as it is, marks as colour."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from gitops_ci.render.lines import EMPTY, Line, Span, line, span
from gitops_ci.render.rule_texts import plain

_INDENT = "  "
_FENCE = re.compile(r"(`{3,})[^`]*")
_MARK = re.compile(r"(`)")
_ITEM = re.compile(r"\s*[-*] +")
_ROW = re.compile(r"\| *(.+?) *\| *(.+?) *\|")
_UNDER_HEADER = re.compile(r"\|[-:| ]+\|")
LEAST = 40
"""Columns below which nothing is wrapped any more."""


def lines(text: str, width: int) -> Iterator[Line]:
    """The text, indented, in at most `width` columns (but for code and long words); the rows of a table as a list."""
    paragraph: list[str] = []
    fence = ""
    for each in text.split("\n"):
        opening = _FENCE.fullmatch(each.strip())
        if fence:
            if each.strip() == fence:
                fence = ""
            else:
                yield line(_INDENT, _INDENT, each)
        elif opening:
            yield from _wrapped(paragraph, width)
            paragraph, fence = [], opening[1]
        elif not each.strip():
            yield from _wrapped(paragraph, width)
            paragraph = []
            yield EMPTY
        elif _UNDER_HEADER.fullmatch(each):
            paragraph = []
        else:
            told = _ROW.sub(r"- \1: \2", each) if _ROW.fullmatch(each) else each
            if _ITEM.match(told):
                yield from _wrapped(paragraph, width)
                paragraph = []
            paragraph.append(told)
    yield from _wrapped(paragraph, width)


def _wrapped(paragraph: list[str], width: int) -> Iterator[Line]:
    if not paragraph:
        return
    item = _ITEM.match(paragraph[0])
    words = plain(" ".join(each.strip() for each in paragraph))
    below = f"{_INDENT}  " if item else _INDENT
    told = textwrap.wrap(
        words,
        max(LEAST, width),
        initial_indent=_INDENT,
        subsequent_indent=below,
        break_long_words=False,
        break_on_hyphens=False,
    )
    in_code = False
    for each in told:
        spans: list[Span] = []
        for part in _MARK.split(each):
            spans.append(span(part, "notice" if in_code or part == "`" else "plain"))
            in_code = in_code != (part == "`")
        yield Line(tuple(spans))
