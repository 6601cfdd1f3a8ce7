"""Reads a comment as GitHub would and refuses whatever a repository's text should never become."""

from __future__ import annotations

import html
import re
from itertools import groupby

from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark").enable("table")

OWN_TAGS = {"details", "summary", "sub", "b", "code", "span"}
BLOCKS = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "table_open", "table_close", "thead_open",
    "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close", "fence",
    "html_block", "blockquote_open", "blockquote_close", "bullet_list_open", "bullet_list_close", "list_item_open",
    "list_item_close",
}  # fmt: skip
INLINE = {"text", "code_inline", "html_inline", "link_open", "link_close", "strong_open", "strong_close", "softbreak"}
FORBIDDEN_TEXT = re.compile(
    r"@[0-9A-Za-z_-]|#[0-9]|\bGH-[0-9]|://|\bwww\.|[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]",
    re.IGNORECASE,
)
_OF_ER = re.compile(
    r'erDiagram|  t\d+\["[^"\[\]{}]+"\] \{|    [A-Za-z]\w* [A-Za-z]\w*(?: PK)?(?:,? FK)?|  \}'
    r'|  t\d+ (?:\|\||\|o)--(?:o\{|o\|) t\d+ : "[^"]+"'
)
"""The lines of Mermaid's entity relationship diagrams that we write."""
FOLD_START = re.compile(r"<details(?: open)?><summary>(?P<summary>.*)</summary>\n")
TAG = re.compile(r"</?([a-z]+)(?: open)?>")


def check(comment: str, destinations: tuple[str, ...]) -> None:
    """Raises AssertionError where `comment` holds more than our own structure."""
    first, rest = comment.split("\n", 1)
    assert first == "<!-- gitops-ci:comment v1 config=default -->"
    assert "<!--" not in rest
    assert all(not line.strip().startswith("::") and "##[" not in line for line in comment.splitlines())
    depth = 0
    for token in PARSER.parse(rest):
        assert token.type in BLOCKS, token
        if token.type == "html_block":
            depth += _fold(token.content)
            assert depth in {0, 1}
        elif token.type == "fence":
            assert token.info in {"", "diff", "mermaid", "hcl", "sql"}, token.info
            if token.content.startswith("erDiagram"):
                assert all(_OF_ER.fullmatch(line) for line in token.content.splitlines()), token.content
            assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", token.content)
        elif token.type == "heading_open":
            assert token.tag == "h3"
        elif token.type == "inline":
            _inline(token, destinations)
    assert depth == 0
    _tables(rest)


def _fold(content: str) -> int:
    if content == "</details>\n":
        return -1
    start = FOLD_START.fullmatch(content)
    assert start, content
    _plain(_untagged(start["summary"]))
    return 1


def _untagged(text: str) -> str:
    """Text without our tags; any other `<` fails."""
    opened: list[str] = []
    for tag in TAG.finditer(text):
        assert tag[1] in OWN_TAGS, tag
        if tag[0].startswith("</"):
            assert opened.pop() == tag[1]
        else:
            opened.append(tag[1])
    assert not opened, opened
    bare = TAG.sub("", text)
    assert "<" not in bare, bare
    return html.unescape(bare)


def _inline(token: Token, destinations: tuple[str, ...]) -> None:
    texts = [""]
    tags = ""
    for child in token.children or []:
        assert child.type in INLINE, child
        match child.type:
            case "text":
                texts[-1] += child.content
            case "html_inline":
                tags += child.content
            case "link_open":
                assert str(child.attrs["href"]).startswith(destinations), child.attrs
                texts.append("")
            case _:
                texts.append("")
    assert not _untagged(tags)
    for text in texts:
        _plain(text)


def _plain(text: str) -> None:
    found = FORBIDDEN_TEXT.search(text)
    assert not found, (found, text)


def _tables(comment: str) -> None:
    """Rows of one table have one count of cells; escaped text holds no pipes, so they can be counted."""
    fence = ""
    outside = []
    for line in comment.split("\n"):
        ticks = re.match("`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
            outside.append("")
        elif ticks:
            fence = ticks[0]
            outside.append("")
        else:
            outside.append(line)
    for is_row, table in groupby(outside, key=lambda line: line.startswith("|")):
        if is_row:
            assert len({line.count("|") for line in table}) == 1
