"""Lines of styled text for a terminal, and the one writer that prints them; `rich` is loaded for colour only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TextIO

from msgspec import Struct

from gitops_ci.render.untrusted import log_line, visible

Style = Literal[
    "plain",
    "dim",
    "title",
    "create",
    "update",
    "replace",
    "delete",
    "removed",
    "error",
    "warning",
    "notice",
    "pass",
    "blocked",
    "undecided",
]


class Span(Struct, frozen=True):
    """A piece of a line; made by `span`, so that it holds nothing a terminal would obey."""

    text: str
    style: Style = "plain"


class Line(Struct, frozen=True):
    """One line, without its newline."""

    spans: tuple[Span, ...] = ()

    @property
    def plain(self) -> str:
        """The line without colour, harmless in a CI log."""
        return log_line("".join(span.text for span in self.spans))


EMPTY = Line()


def span(text: str, style: Style = "plain") -> Span:
    """A piece of untrusted text on one line; control characters are shown, not sent."""
    return Span(visible(text), style)


def line(*parts: str | Span) -> Line:
    """A line of plain text and spans."""
    return Line(tuple(part if isinstance(part, Span) else span(part) for part in parts if part != ""))


def tree(children: Sequence[tuple[Line, Iterable[Line]]]) -> list[Line]:
    """Lines under guides; each child is its own line and what hangs below it."""
    drawn: list[Line] = []
    for index, (head, below) in enumerate(children):
        last = index == len(children) - 1
        drawn.append(_guided("└─ " if last else "├─ ", head))
        drawn += (_guided("   " if last else "│  ", each) for each in below)
    return drawn


def _guided(guide: str, head: Line) -> Line:
    return Line((Span(guide, "dim"), *head.spans))


def plain(lines: Iterable[Line]) -> str:
    """Lines as text without colour, each with its newline."""
    return "".join(f"{each.plain.rstrip()}\n" for each in lines)


def write(lines: Iterable[Line], stream: TextIO, *, colour: bool) -> None:
    """Prints lines; characters the stream cannot encode become `?`."""
    if colour:
        from gitops_ci.render import painting  # rich loads slower than most commands run

        painting.paint(lines, stream)
        return
    stream.writelines(encodable(each.plain.rstrip(), stream) + "\n" for each in lines)


def encodable(text: str, stream: TextIO) -> str:
    """The text with `?` for what the stream cannot write."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text if text.isascii() else text.encode(encoding, "replace").decode(encoding)
