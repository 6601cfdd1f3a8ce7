"""The job of a CI that a report comes from."""

from __future__ import annotations

from msgspec import Struct


class Run(Struct, frozen=True, kw_only=True):
    """The CI run that wrote the report."""

    id: str
    attempt: int
