"""How an environment's own database differs from what base's migrations build: read, never written."""

from __future__ import annotations

import re

import msgspec

from gitops_ci.kinds.database.schema import catalog, difference
from gitops_ci.kinds.database.schema.catalog import Catalog, Item
from gitops_ci.kinds.database.server import ServerError, ServerLostError, Session, without_address
from gitops_ci.model.plan import Change

_BEGIN = """BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '2s';
"""
_OF_RUNNERS = re.compile(
    r"(?:.*\.)?(?:schema_migrations|flyway_schema_history|_prisma_migrations|goose_db_version|__diesel_schema_migrations"
    r"|_sqlx_migrations|atlas_schema_revisions|gorp_migrations|databasechangelog|databasechangeloglock|alembic_version"
    r"|ar_internal_metadata)"
)
"""Tables in which runners remember what they ran, whatever their schema."""


def changes(expected: Catalog, live: Session) -> tuple[Change, ...]:
    """From what the migrations build to what is there; who owns it and what runners keep for themselves is left out.

    Raises ServerError and ServerLostError where it cannot be read.
    """
    try:
        live.run(_BEGIN)
        found = catalog.read(live)
        live.run("ROLLBACK")
    except msgspec.MsgspecError:
        raise ServerError("XX000", "its catalog is not understood") from None
    differing = difference.by_name(comparable(expected), comparable(found))
    return tuple(msgspec.structs.replace(change, destructive=False) for _, change in differing)


def said(error: ServerError | ServerLostError) -> str:
    """Why it could not be read, without the words of a server that has its address and names in them."""
    if isinstance(error, ServerError):
        return f"the server refused to tell (SQLSTATE {error.sqlstate})"
    return without_address(error)


def comparable(found: Catalog) -> Catalog:
    """What two databases of the same schema have in common: without owners and what runners keep for themselves."""
    own = {key for key, item in found.items() if item.catalog == "pg_class" and _OF_RUNNERS.fullmatch(item.name)}
    parents = {number for _, number in own}
    kept = (item for key, item in found.items() if key not in own and item.parent not in parents)
    return {item.key: _without_owner(item) for item in kept}


def _without_owner(item: Item) -> Item:
    attributes = {name: value for name, value in (item.attributes or {}).items() if name != "owner"}
    return msgspec.structs.replace(item, attributes=attributes)
