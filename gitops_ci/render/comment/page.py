"""What a section is made from and what it is: a Page in, a Section out, within a room that is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from gitops_ci.model.report import Report
from gitops_ci.render.links import Links
from gitops_ci.render.outline import Row
from gitops_ci.render.told import Told


class Page(Struct, frozen=True):
    """Everything that sections read: the report and its outline."""

    report: Report
    links: Links
    rows: tuple[Row, ...]
    told: tuple[Told, ...]
    detail: Literal["full", "summary"]


class Section(Struct, frozen=True):
    """Markdown, and what was left out of it to fit: how many of what (a noun in the singular)."""

    text: str = ""
    left_out: tuple[tuple[str, int], ...] = ()


class Fitted(Struct, frozen=True):
    """The first pieces that fit, and how many did not."""

    pieces: tuple[str, ...]
    left_out: int


def units(text: str) -> int:
    """A text's length as GitHub may count it at most: in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(pieces: Iterable[str], total: int, room: int, most: int) -> Fitted:
    """The first of `total` pieces that fit into `room` with a newline each, at most `most`; no more are made."""
    taken: list[str] = []
    for piece in pieces:
        room -= units(piece) + 1
        if room < 0 or len(taken) == most:
            break
        taken.append(piece)
    return Fitted(tuple(taken), total - len(taken))


def table(columns: tuple[str, ...], alignment: str, body: Iterable[str]) -> str:
    """A table; `alignment` holds `l` or `r` for each column."""
    rules = {"l": "---", "r": "--:"}
    return "\n".join([row(*columns), row(*(rules[letter] for letter in alignment)), *body])


def row(*cells: str) -> str:
    """One line of a table; cells are escaped already."""
    return f"| {' | '.join(cells)} |"


def folded(summary: str, content: str, *, opened: bool = False) -> str:
    """A part that opens on a click; `summary` is HTML, `content` Markdown."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>\n\n{content}\n\n</details>"
