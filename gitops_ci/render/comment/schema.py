"""The tables that migrations touch as they are afterwards: a picture of how they hang together, and a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_ci.model.schema import Column, Table
from gitops_ci.render import words
from gitops_ci.render.comment.page import Page, Section, fit, folded
from gitops_ci.render.untrusted import code, cut, fence, mermaid_label

_FRAME = 250
_MOST_PIECES = 60
_MOST_DRAWN = 16
"""Tables of one picture; with more it is too small to be read."""
_MOST_COLUMNS = 24
"""Columns of a table in a picture; the text has up to `_MOST_LINES` lines."""
_MOST_LINES = 80
_WIDTH = 160
_NAME = 60
_KEYS = {"primary": " PK", "foreign": " FK", "both": " PK, FK", None: ""}
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9_]+")


def section(page: Page, room: int) -> Section:
    """One folded part for each schema that several stacks may share; nothing where no migration was tried."""
    if page.detail == "summary":
        return Section()
    schemas: dict[tuple[Table, ...], str] = {}
    for row in page.rows:
        if row.plan and row.plan.schema:
            schemas.setdefault(row.plan.schema, row.id)
    total = sum(_touched(schema) + _is_drawn(schema) for schema in schemas)
    fitted = fit(_pieces(schemas), total, room - _FRAME, _MOST_PIECES)
    left = (("schema table", fitted.left_out),) if fitted.left_out else ()
    if not fitted.pieces:
        return Section("", left)
    count = sum(_touched(schema) for schema in schemas)
    summary = (
        f"<b>The schema afterwards</b> · {words.several(count, 'table')} that {'is' if count == 1 else 'are'} touched"
    )
    return Section(folded(summary, "\n\n".join(fitted.pieces)), left)


def _touched(schema: tuple[Table, ...]) -> int:
    return sum(table.touched for table in schema)


def _is_drawn(schema: tuple[Table, ...]) -> bool:
    return len(schema) > 1 and _touched(schema) <= _MOST_DRAWN


def _pieces(schemas: dict[tuple[Table, ...], str]) -> Iterator[str]:
    for schema, stack in schemas.items():
        if _is_drawn(schema):
            yield f"{code(cut(stack, 200))}:\n\n{_picture(schema[:_MOST_DRAWN])}"
        for table in schema:
            if table.touched:
                yield fence("\n".join(_text(table)), "sql")


def _text(table: Table) -> Iterator[str]:
    """A table as a reader wants it: its columns one below the other, then all else."""
    yield cut(f"-- table {table.name}", _WIDTH)
    width = min(_NAME, max((len(column.name) for column in table.columns), default=0))
    lines = [f"{column.name:<{width}} {column.type} {column.rest}".rstrip() for column in table.columns]
    lines += table.more
    for line in lines[:_MOST_LINES]:
        yield "  " + cut(" ".join(line.splitlines()), _WIDTH)
    if len(lines) > _MOST_LINES:
        yield f"  -- {words.several(len(lines) - _MOST_LINES, 'more line')}"


def _picture(schema: tuple[Table, ...]) -> str:
    numbers = {table.name: f"t{index}" for index, table in enumerate(schema)}
    lines = ["```mermaid", "erDiagram"]
    for table in schema:
        lines.append(f"  {numbers[table.name]}[{mermaid_label(table.name)}] {{")
        lines += [f"    {_column(column)}" for column in table.columns[:_MOST_COLUMNS]]
        lines.append("  }")
    for table in schema:
        for reference in table.references:
            if reference.to in numbers:
                one, many = "|o" if reference.optional else "||", "o|" if reference.unique else "o{"
                label = mermaid_label(", ".join(reference.columns))
                lines.append(f"  {numbers[reference.to]} {one}--{many} {numbers[table.name]} : {label}")
    return "\n".join((*lines, "```"))


def _column(column: Column) -> str:
    """A line of an entity, whose words take letters, digits and `_` only."""
    return f"{_word(column.type)} {_word(column.name)}{_KEYS[column.key]}"


def _word(value: str) -> str:
    word = _NOT_A_WORD.sub("_", value).strip("_")[:_NAME]
    return word if word[:1].isalpha() else f"c_{word}"
