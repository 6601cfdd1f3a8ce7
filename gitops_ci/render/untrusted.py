r"""The one place where text that a repository controls is made harmless, for Markdown, Mermaid, terminals and CI logs.

`visible` comes first everywhere: what cannot be seen is shown (`\n`, `\x1b`, `\u202e`), so no text reorders, hides or
ends a line. What follows depends on where the text goes; each function says where its result may stand.
"""

from __future__ import annotations

import re

ZERO_WIDTH_SPACE = "\u200b"

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Controls, bidirectional overrides, invisible characters (tags among them), and halves of surrogate pairs."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_MARKDOWN = re.compile(
    r"""
    [*\[\]<>&|\\~`$]                             # emphasis, links, HTML, entities, cells, escapes, code, maths
    | (?<![0-9A-Za-z])_ | _(?![0-9A-Za-z])       # emphasis, but not aws_db_instance
    | @                                          # mentions and e-mail addresses
    | \#(?=[0-9A-Za-z\#]) | \bGH-(?=[0-9])       # issues
    | :(?=//) | \bwww(?=\.)                      # bare links
    | ^[ ] | ^[-+=\#](?=[\s=-]|\Z)               # what would open indented code, a list, a heading, a rule
    | ^[0-9]{1,9}[.)](?=\s|\Z)                  # a numbered list
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CODE_NEEDS_HTML = re.compile(r"[`|\\$]|<!|##\[|^\s|\s\Z|^\Z")
_BACKTICKS = re.compile("`{3,}")
_NOT_IN_LABEL = re.compile(r"[^\w ./@=+,-]")
_LIST = re.compile(r"(?<=^[-+=]) +|(?<=[.,]) +")
"""Spaces that make a list of a label's beginning, which Mermaid does not draw (`1. one`, `- one`)."""
_COMMAND_START = re.compile(r"^(\s*):(?=:)")


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # an undecodable byte (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def visible(value: str) -> str:
    """One line in which every control, bidirectional, invisible or undecodable character is an escape."""
    return value if value.isprintable() else _INVISIBLE.sub(_escape, value)


def encodable(value: str) -> str:
    """The text with undecodable bytes as escapes, everything else as it is."""
    return _SURROGATE.sub(_escape, value)


def _markdown(match: re.Match[str]) -> str:
    found = match.group()
    if found in "@#:" or found.lower() in {"gh-", "www"}:
        return found + ZERO_WIDTH_SPACE
    if found == "$":
        return "<span>$</span>"  # GitHub's own way to say: not mathematics
    return found[:-1] + f"&#{ord(found[-1])};"


def text(value: str) -> str:
    """Plain text in Markdown: a paragraph, heading, list item, table cell or link label, or within our own HTML tags.

    Character references are used, not backslashes, because they mean the same in Markdown and in HTML.
    """
    return _MARKDOWN.sub(_markdown, visible(value))


def code(value: str) -> str:
    """Inline code, in the same places as `text`, table cells and link labels among them."""
    shown = visible(value)
    return code_html(value) if _CODE_NEEDS_HTML.search(shown) else f"`{shown}`"


def code_html(value: str) -> str:
    """Inline code where Markdown is not read: on a line that begins with one of our HTML tags."""
    return f"<code>{text(value)}</code>"


def block(value: str) -> str:
    """Lines for a fence or a terminal: newlines stay, tabs become two spaces, everything else is `visible`."""
    unified = value.replace("\r\n", "\n").replace("\t", "  ")
    if unified.isprintable():
        return unified
    return "\n".join(visible(line) for line in unified.split("\n"))


def fence(content: str, language: str = "") -> str:
    """A fenced block that its content cannot close; `language` is ours."""
    safe = "\n".join(log_line(line) for line in block(content).replace("<!--", f"<!{ZERO_WIDTH_SPACE}--").split("\n"))
    longest = max((len(run) for run in _BACKTICKS.findall(safe)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{language}\n{safe}\n{ticks}"


def mermaid_label(value: str, width: int = 44) -> str:
    """A quoted Mermaid label: all but letters, digits, spaces, `./@=+,-_` becomes `_`; of a long one both ends stay."""
    label = _LIST.sub("_", _NOT_IN_LABEL.sub("_", visible(value)).strip())
    if len(label) <= width:
        return f'"{label or "_"}"'
    return f'"{label[: width // 3]}…{label[width // 3 + 1 - width :]}"'


def log_line(line: str) -> str:
    """A line that a GitHub runner never takes for a workflow command.

    The runner trims a line before it looks for `::`, compares by culture (a zero-width space is ignored) and finds
    `##[` anywhere (actions/runner, ActionCommand.cs), so both are broken visibly.
    """
    if ":" not in line and "#" not in line:
        return line
    return _COMMAND_START.sub(r"\1: ", line).replace("##[", "# #[")


def cut(value: str, width: int) -> str:
    """At most `width` characters, the last one `…` where something was cut; before any escaping."""
    return value if len(value) <= width else value[: width - 1] + "…"
