"""Lines in colour, with `rich`; loaded only where there is colour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.text import Text

from gitops_ci.render.lines import Line, Span, Style, encodable

COLOURS: dict[Style, str] = {
    "plain": "",
    "dim": "dim",
    "title": "bold",
    "create": "green",
    "update": "yellow",
    "replace": "bold magenta",
    "delete": "bold red",
    "removed": "red",
    "error": "bold red",
    "warning": "yellow",
    "notice": "cyan",
    "pass": "bold green",
    "blocked": "bold red",
    "undecided": "bold yellow",
}


def console(stream: TextIO) -> Console:
    """A console that prints what it is given: no markup, no emoji names, no guessed colours."""
    return Console(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def paint(lines: Iterable[Line], stream: TextIO) -> None:
    """Prints lines in colour."""
    output = console(stream)
    for each in lines:
        output.print(painted(each, stream))


def painted(each: Line, stream: TextIO) -> Text:
    """The line in colour; without, where its text had to be changed to be no workflow command."""
    joined = "".join(part.text for part in each.spans)
    spans = each.spans if each.plain == joined else (Span(each.plain),)
    return Text.assemble(*((encodable(part.text, stream), COLOURS[part.style]) for part in spans))
