from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.render import untrusted
from tests.unit.render import hostile, oracle


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain é 日本", "plain é 日本"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("abc\u202edef\u2066", r"abc\u202edef\u2066"),
        ("caf\udcc3\udca9", r"caf\xc3\xa9"),
        ("\ud800", r"\ud800"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_shown(value: str, shown: str) -> None:
    assert untrusted.visible(value) == shown


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("aws_db_instance.main", "aws_db_instance.main"),
        ("@acme/dba", "@\u200bacme/dba"),
        ("see #12, GH-7", "see #\u200b12, GH-\u200b7"),
        ("https://evil.example", "https:\u200b//evil.example"),
        ("www.evil.example", "www\u200b.evil.example"),
        ("<b>", "&#60;b&#62;"),
        ("a|b", "a&#124;b"),
        ("_a_ *b*", "&#95;a&#95; &#42;b&#42;"),
        ("costs $5", "costs <span>$</span>5"),
        ("# title", "#\u200b title"),
        ("- item", "&#45; item"),
        ("1. item", "1&#46; item"),
        ("1.11.4", "1.11.4"),
        ("    indented", "&#32;   indented"),
    ],
)
def test_text_is_nothing_but_text(value: str, escaped: str) -> None:
    assert untrusted.text(value) == escaped


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("main.tf:3", "`main.tf:3`"),
        ("a`b", "<code>a&#96;b</code>"),
        ("a|b", "<code>a&#124;b</code>"),
        (" padded", "<code>&#32;padded</code>"),
        ("", "<code></code>"),
        ("two\nlines", r"<code>two&#92;nlines</code>"),
    ],
)
def test_inline_code_survives_backticks_pipes_and_newlines(value: str, escaped: str) -> None:
    assert untrusted.code(value) == escaped


@given(hostile.texts, st.sampled_from(("", "diff")))
def test_a_fence_cannot_be_closed_by_its_content(value: str, language: str) -> None:
    tokens = oracle.PARSER.parse(untrusted.fence(value, language) + "\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].info == language


@given(hostile.texts, st.sampled_from(("", "- ", "> - ", "### ")))
def test_text_opens_no_block_wherever_a_line_begins(value: str, start: str) -> None:
    types = {token.type for token in oracle.PARSER.parse(f"{start}{untrusted.text(value)}\n")}
    lists = {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"} if "-" in start else set()
    quotes = {"blockquote_open", "blockquote_close"} if ">" in start else set()
    headings = {"heading_open", "heading_close"} if "#" in start else set()
    assert types <= {"paragraph_open", "inline", "paragraph_close"} | lists | quotes | headings


@given(hostile.texts)
def test_code_in_a_table_cell_is_one_cell_with_the_same_words(value: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {untrusted.code(value)} | {untrusted.text(value)} |"
    oracle.check(f"<!-- gitops-ci:comment v1 config=default -->\n{table}\n", ())


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ("::error::x", ": :error::x"),
        ("  ::add-mask::x", "  : :add-mask::x"),
        ("\u00a0::error::x", "\u00a0: :error::x"),
        ("a ##[error]x", "a # #[error]x"),
        ("a::b", "a::b"),
        ("# a comment", "# a comment"),
    ],
)
def test_no_line_is_a_workflow_command(line: str, safe: str) -> None:
    assert untrusted.log_line(line) == safe


@given(hostile.texts)
def test_a_mermaid_label_cannot_leave_its_quotes(value: str) -> None:
    label = untrusted.mermaid_label(value)
    assert label[0] == label[-1] == '"'
    assert not set('"`<>&#;%{}[]()|\n\\') & set(label[1:-1])


def test_a_long_mermaid_label_keeps_both_ends() -> None:
    label = untrusted.mermaid_label("shared/kubernetes/" + "very/" * 20 + "modules/vpc")
    assert label.startswith('"shared/kuberne…')
    assert label.endswith('/modules/vpc"')
    assert len(label) == 46


def test_a_mermaid_label_keeps_spaces_and_is_no_list() -> None:
    assert untrusted.mermaid_label("16 in shared/kubernetes") == '"16 in shared/kubernetes"'
    assert untrusted.mermaid_label("1. one") == '"1._one"'
    assert untrusted.mermaid_label("- one") == '"-_one"'
