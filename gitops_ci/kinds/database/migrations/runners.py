"""Which tool runs the migrations of a set, told by names and markers, and how it uses transactions."""

from __future__ import annotations

import re

from msgspec import Struct

from gitops_ci.kinds.database.migrations import sections
from gitops_ci.kinds.database.migrations.versions import Migration

_OWN_WAY = {
    "goose": re.compile(r"^\s*--\s*\+goose\s+NO\s+TRANSACTION\b", re.IGNORECASE | re.MULTILINE),
    "sql-migrate": re.compile(r"^\s*--\s*\+migrate\s+Up\b[^\n]*\bnotransaction\b", re.IGNORECASE | re.MULTILINE),
    "dbmate": re.compile(r"^\s*--\s*migrate:up\b[^\n]*\btransaction:false\b", re.IGNORECASE | re.MULTILINE),
}
_SQLX = re.compile(r"--\s*no-transaction\b")


class Transactions(Struct, frozen=True):
    """How a tool runs one file: `wrapped` in a transaction (None: not known), or sent as a `whole` in one text."""

    wrapped: bool | None = None
    whole: bool = False


def transactions(migration: Migration, text: str) -> Transactions:
    """How the tool of a migration runs it; its text says so where the tool lets it."""
    tool = sections.tool(text)
    if tool in _OWN_WAY:
        return Transactions(wrapped=_OWN_WAY[tool].search(text) is None)
    file = migration.path.rpartition("/")[2]
    if ".autocommit." in file:  # Ory's popx
        return Transactions(wrapped=False)
    if file == "up.sql":  # Diesel; its metadata.toml may say otherwise
        return Transactions(wrapped=None, whole=True)
    if file == "migration.sql" or file.endswith(".up.sql"):  # Prisma; golang-migrate, or sqlx, which may be told not to
        return Transactions(whole=_SQLX.match(text) is None)
    return Transactions()
