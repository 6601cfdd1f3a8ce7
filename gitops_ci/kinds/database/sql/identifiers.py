"""Names as they are written in SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def quoted(name: str) -> str:
    """An identifier as it has to be written."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def qualified(parts: Iterable[str]) -> str:
    """A name with its schema where it was written with one."""
    return ".".join(quoted(part) for part in parts if part)
