"""Which types are times with or without a zone, or may be: a domain shows nothing of what it is over."""

from __future__ import annotations

import re
from typing import Literal

Zone = Literal["with", "without", "unknown", "none"]

_NO_TIMES = re.compile(
    r'(?:"char"|bigint|bigserial|bit|boolean|box|bpchar|bytea|char|character|cidr|circle|date|daterange|'
    r"decimal|double|float|inet|int|int2|int4|int4range|int8|int8range|integer|interval|json|"
    r"jsonb|line|lseg|macaddr|macaddr8|money|name|numeric|numrange|oid|path|point|polygon|"
    r'real|serial|smallint|smallserial|text|time|timetz|tsquery|tsvector|uuid|varchar|xml)(?![\w.$"])'
)
"""PostgreSQL's own types of which none is written anew by a change of zone alone; all others may be domains."""


def of(type_: str) -> Zone:
    """The zone of a type as `format_type` or the manual writes it."""
    if type_.startswith("timestamp"):
        return "with" if "with time zone" in type_ or type_.startswith("timestamptz") else "without"
    return "none" if _NO_TIMES.match(type_) else "unknown"


def may_change(before: str, after: str) -> bool:
    """Whether a time may get a zone or lose it: rewritten, unless the session's zone is UTC."""
    ends = {of(before), of(after)}
    return "none" not in ends and ends not in ({"with"}, {"without"})
