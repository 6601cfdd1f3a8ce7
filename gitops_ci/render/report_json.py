"""The report as `report.json`: written the same for the same report, read into types or refused with where and why."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from gitops_ci.errors import UsageError
from gitops_ci.model.report import SCHEMA, Report
from gitops_ci.render.untrusted import encodable, visible

T = TypeVar("T")

_READ_BY_PEOPLE = 16 << 20
"""Bytes up to which a document is indented: beyond, nobody reads it, and the spaces would be a third of it."""


def encode(report: Report) -> bytes:
    r"""Indented JSON (beyond 16 MiB on one line) with a newline at its end.

    Undecodable bytes of a path are written as they are shown (`\xff`).
    """
    return document(report)


def document(content: object) -> bytes:
    """Any document of ours (affected, layout) written the same way."""
    try:
        compact = msgspec.json.encode(content)
    except UnicodeEncodeError:
        compact = msgspec.json.encode(shown(msgspec.to_builtins(content)))
    return (compact if len(compact) > _READ_BY_PEOPLE else msgspec.json.format(compact, indent=2)) + b"\n"


def decode(content: bytes, *, name: str = "report.json") -> Report:
    """The report; unknown fields are ignored, anything else unexpected is a UsageError that says where."""
    try:
        return msgspec.json.decode(content, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = (
            f"A report of schema {SCHEMA}, as `gitops-ci plan --out DIR` writes it, was expected. Run the plan again."
        )
        raise UsageError(f"{visible(name)} is not a valid report: {visible(str(error))}", hint=hint) from error


def json_schema() -> dict[str, object]:
    """The JSON Schema of a report, derived from the types (shipped as `schema/report-1.json`)."""
    schema = msgspec.json.schema(Report)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **schema}


def shown(value: object) -> object:
    """A JSON value in which every text can be written."""
    match value:
        case str():
            return encodable(value)
        case dict():
            return {shown(key): shown(each) for key, each in value.items()}
        case list() | tuple():
            return [shown(each) for each in value]
        case _:
            return value
