"""Casbin's files: a model (sections of definitions) and policies (a row a permission or a membership), with lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

SECTIONS = {
    "request_definition": "r",
    "policy_definition": "p",
    "role_definition": "g",
    "policy_effect": "e",
    "matchers": "m",
    "constraint_definition": "c",
}
"""The sections of a model, with what the names of their definitions begin with."""
_SECTION = re.compile(r"^\s*\[(\w+)\]\s*$")
_MODEL = re.compile(
    r"(?:[ \t]*(?:[#;][^\n]*)?\n)*[ \t]*\[(?:request_definition|policy_definition|policy_effect|matchers)\]"
)
_PTYPE = re.compile(r"[pg]\d*")
_ROW = re.compile(r"^[ \t]*[pg]\d*[ \t]*,", re.MULTILINE)


class Definition(Struct, frozen=True):
    """One definition of a model, `m = …` in `[matchers]`, without its comment."""

    section: str
    name: str
    value: str
    line: int

    @property
    def fields(self) -> tuple[str, ...]:
        """The parts of a definition that is a list."""
        return tuple(each.strip() for each in self.value.split(","))


class Model(Struct, frozen=True):
    """All definitions in order, and the line of each section."""

    definitions: tuple[Definition, ...]
    sections: Mapping[str, int]

    def named(self, name: str) -> Definition | None:
        """The definition of a type of rows (`p`, `g2`); None where the model has none."""
        section = {"p": "policy_definition", "g": "role_definition"}.get(name[:1])
        return next((each for each in self.definitions if each.section == section and each.name == name), None)

    def of(self, section: str) -> tuple[Definition, ...]:
        """The definitions of one section."""
        return tuple(each for each in self.definitions if each.section == section)


class Row(Struct, frozen=True):
    """A row of a policy: its type (`p`, `g`, or whatever stands there), its values, its line."""

    type: str
    values: tuple[str, ...]
    line: int

    @property
    def text(self) -> str:
        """The row as it is written in one way only."""
        return ", ".join((self.type, *self.values))


def is_model(text: str) -> bool:
    """Whether a text is a Casbin model: a section of one comes first."""
    return _MODEL.match(text) is not None


def is_policy(text: str) -> bool:
    """Whether a text has rows of a Casbin policy."""
    return _ROW.search(text) is not None


def is_type(name: str) -> bool:
    """Whether a row's first word is one that a policy may have."""
    return _PTYPE.fullmatch(name) is not None


def model(text: str) -> Model:
    """The definitions of a model, as Casbin reads them: `#` and `;` begin comments, a backslash goes on."""
    sections: dict[str, int] = {}
    definitions: list[Definition] = []
    section = ""
    for line, written in _joined(text):
        if match := _SECTION.match(written):
            section = match[1]
            sections.setdefault(section, line)
        elif "=" in written:
            name, _, value = written.partition("=")
            definitions.append(Definition(section, name.strip(), _without_comment(value), line))
    return Model(tuple(definitions), sections)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines that say something, each with those that it goes on in."""
    began, current = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";")):
            continue
        began = began if current else number
        current += f" {stripped}" if current else stripped
        if current.endswith("\\"):
            current = current[:-1].rstrip()
            continue
        yield began, current
        current = ""
    if current:
        yield began, current


def _without_comment(value: str) -> str:
    return value.partition("#")[0].strip()


def rows(text: str) -> tuple[Row, ...]:
    """The rows of a policy; empty lines and those that begin with `#` are none."""
    found: list[Row] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            cells = next(csv.reader([line], skipinitialspace=True), [])
        except csv.Error:
            cells = line.split(",")
        values = [cell.strip() for cell in cells]
        if values:
            found.append(Row(values[0], tuple(values[1:]), number))
    return tuple(found)
