"""Records of verdicts as lines of canonical JSON (RFC 8785), each with the hash of the line before."""

from __future__ import annotations

import hashlib

import msgspec

from gitops_ci.gate.record import SCHEMA, Record
from gitops_ci.render.report_json import shown


def line(record: Record, before: bytes | None = None) -> bytes:
    r"""One line with its newline. `before` is the line that it follows, with its newline or without; None for none.

    Keys are sorted, nothing stands between the values, and there are no numbers but whole ones. Undecodable bytes of a
    path are written as they are shown (`\xff`).
    """
    previous = hashlib.sha256(before.rstrip(b"\n")).hexdigest() if before is not None else None
    chained = msgspec.structs.replace(record, previous=previous)
    try:
        content = msgspec.json.encode(chained, order="sorted")
    except UnicodeEncodeError:
        content = msgspec.json.encode(shown(msgspec.to_builtins(chained)), order="sorted")
    return content + b"\n"


def json_schema() -> dict[str, object]:
    """The JSON Schema of a line, derived from the types (shipped as `schema/record-1.json`)."""
    schema = msgspec.json.schema(Record)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **schema}
