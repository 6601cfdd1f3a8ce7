"""Files that hold the way up and the way down: only the part that is applied is kept, line for line."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARKERS = {
    "goose": re.compile(r"\s*--\s*\+goose\s+(?P<direction>Up|Down)\b", re.IGNORECASE),
    "sql-migrate": re.compile(r"\s*--\s*\+migrate\s+(?P<direction>Up|Down)\b", re.IGNORECASE),
    "dbmate": re.compile(r"\s*--\s*migrate:(?P<direction>up|down)\b", re.IGNORECASE),
    "rambler": re.compile(r"\s*--\s*rambler\s+(?P<direction>up|down)\b", re.IGNORECASE),
}

_EXACT = {
    "goose": re.compile(r"--[ \t]*\+goose (?:Up|Down)[ \t]*"),
    "sql-migrate": re.compile(r"-- \+migrate [ \t]*(?:Up|Down)(?:[ \t].*)?"),
    "dbmate": re.compile(r"--[ \t]*migrate:(?:up(?:[ \t].*)?|down(?:[ \t]*|[ \t]+\S+))"),
    "rambler": re.compile(r"-- rambler[ \t]*(?:up|down)[ \t]*"),
}
"""What every version of a tool takes for a marker; the rest may be a comment to it."""

UP = {"goose": "-- +goose Up", "sql-migrate": "-- +migrate Up", "dbmate": "-- migrate:up"}
"""Markers without which their tool refuses a file; rambler runs nothing of one."""
DOWN = {
    "goose": "-- +goose Down",
    "sql-migrate": "-- +migrate Down",
    "dbmate": "-- migrate:down",
    "rambler": "-- rambler down",
}
_ANY = re.compile(r"\+goose|\+migrate|migrate:|rambler", re.IGNORECASE)


def tool(text: str) -> str | None:
    """The tool whose "up" marker a migration has."""
    return next((name for name, direction, _ in _marked(text) if direction == "up"), None)


def down_line(text: str) -> int | None:
    """The line of the first "down" marker."""
    return next((line for _, direction, line in _marked(text) if direction == "down"), None)


def doubtful(text: str) -> tuple[str, int] | None:
    """The tool and the line of the first marker that is written otherwise than that tool surely takes it."""
    lines = text.split("\n")
    found = ((name, line) for name, _, line in _marked(text))
    return next((each for each in found if _EXACT[each[0]].fullmatch(lines[each[1] - 1].rstrip("\r")) is None), None)


def up(text: str, tool_: str) -> str:
    """The text with every "down" section of that tool emptied; lines keep their numbers."""
    return _only("up", text, tool_)


def down(text: str, tool_: str) -> str:
    """The text with all but the "down" sections of that tool emptied; lines keep their numbers."""
    return _only("down", text, tool_)


def _only(direction: str, text: str, tool_: str) -> str:
    keep, lines = direction == "up", []
    for line in text.split("\n"):
        match = _MARKERS[tool_].match(line)
        if match is not None:
            keep = match["direction"].lower() == direction
        lines.append(line if keep else "")
    return "\n".join(lines)


def _marked(text: str) -> Iterator[tuple[str, str, int]]:
    if "--" not in text or _ANY.search(text) is None:
        return
    for number, line in enumerate(text.split("\n"), 1):
        if "--" not in line:
            continue
        for name, pattern in _MARKERS.items():
            match = pattern.match(line)
            if match is not None:
                yield name, match["direction"].lower(), number
