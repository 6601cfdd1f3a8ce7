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
_FILLS = (
    ("goose", re.compile(r"^\s*--\s*\+goose\s+ENVSUBS?T?\s+ON", re.IGNORECASE | re.MULTILINE)),
    ("dbmate", re.compile(r"^\s*--\s*migrate:up\b.*\benv(?:-var)?:", re.IGNORECASE | re.MULTILINE)),
    ("Liquibase", re.compile(r"\A\s*--\s*liquibase formatted sql\b(?=.*\$\{)", re.IGNORECASE | re.DOTALL)),
)
_FLYWAY_FILE = re.compile(r"(?:[VBU][0-9][0-9._]*|R)__")
_FLYWAY = ("Flyway", re.compile(r"\$\{"))
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


def doubtful(text: str) -> Iterator[tuple[str, int, str]]:
    """The markers that are written otherwise than every version of their tool takes: it, the line, and what stands."""
    lines = text.split("\n")
    for name, _, number in _marked(text):
        line = lines[number - 1].rstrip("\r")
        if _EXACT[name].fullmatch(line) is None:
            yield name, number, line


def filled(text: str, file: str) -> tuple[str, int] | None:
    """The tool that puts other text into a migration before it is run, and the first line that says so."""
    for name, sign in (*_FILLS, *((_FLYWAY,) if _FLYWAY_FILE.match(file) else ())):
        found = sign.search(text)
        if found is not None:
            return name, text.count("\n", 0, found.start()) + 1
    return None


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
