"""Joins the plan by text with what came of trying the migrations, where they can be tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gitops_ci.config_database import Database
from gitops_ci.errors import ToolError
from gitops_ci.kinds.database.dialects import End
from gitops_ci.kinds.database.dry_run import requests, running
from gitops_ci.kinds.database.dry_run.observing import BASE
from gitops_ci.kinds.database.dry_run.running import HistoryError, Trial
from gitops_ci.kinds.database.migrations import strangers
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.server import ServerError, ServerLostError
from gitops_ci.kinds.database.sql.changes import STATEMENT
from gitops_ci.kinds.database.sql.refusals import MigrationError
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model import plan as plans
from gitops_ci.model.plan import Change, Observation, Plan, Problem, Status

_IN_CATALOG = frozenset(
    {
        "schema",
        "table",
        "foreign table",
        "column",
        "constraint",
        "view",
        "materialized view",
        "sequence",
        "index",
        "function",
        "procedure",
        "routine",
        "aggregate",
        "trigger",
        "policy",
        "rule",
        "type",
        "domain",
        "extension",
        "privileges",
        "default privileges",
    }
)
"""What the catalog tells all of: what the text says of it besides is left out."""
_NOT_COMPARED = ("database", "language", "tablespace", "foreign server", "fdw", "large object", "parameter")
"""What privileges may be on that the catalog is not asked about."""


def tried(
    read: Plan, entering: tuple[Migration, ...], ends: tuple[End | None, End], tools: Tools, settings: Database
) -> Plan:
    """The plan by text, made true by trying it; as it is, with the reason, where that cannot be done."""
    try:
        request = requests.of(entering, ends, settings, read.stack)
        trial = running.tried(request, tools)
    except ToolError as error:
        return _not_tried(read, settings, "engine-missing", f"{error}")
    except MigrationError as error:
        return _not_tried(read, settings, error.code, f"{BASE} cannot be read: {error}")
    except HistoryError as error:
        return _not_tried(read, settings, "unsupported", f"{error}{_programs(ends[0])}")
    except ServerError as error:
        reason = Problem(code="engine-failed", message=f"what looks on while migrations are tried was refused: {error}")
        return msgspec.structs.replace(read, status="failed", reason=reason)
    except ServerLostError as error:
        said = str(error).partition("\n")[0]
        message = f"trying the migrations came to no end: {said}"
        reason = Problem(code=error.code, message=message, path=error.path, line=error.line)
        status: Status = "skipped" if error.code == "interrupted" else "failed"
        return msgspec.structs.replace(read, status=status, reason=reason)
    return _joined(read, trial, tuple(migration.path for migration in entering))


def _programs(base: End | None) -> str:
    """What may be missing where a history fails."""
    count = len(strangers.programs(base.migrations.directory, base.snapshot, None)) if base is not None else 0
    return f" ({count} of its migrations are programs, which are not run)" if count else ""


def _not_tried(read: Plan, settings: Database, code: str, why: str) -> Plan:
    if settings.dry_run == "required":
        message = f"the migrations were not tried, which `kinds.database.dry_run: required` asks for: {why}"
        return msgspec.structs.replace(read, status="skipped", reason=Problem(code=code, message=message))
    message = f"planned by parsing only, nothing was tried: {why}"
    seen = Observation(what="not-tried", address=read.stack, message=message)
    return msgspec.structs.replace(read, observations=(seen,))


def _joined(read: Plan, trial: Trial, order: tuple[str, ...]) -> Plan:
    if trial.refused is not None:
        place = trial.refused.place
        reason = Problem(code=trial.refused.code, message=str(trial.refused), path=place.path, line=place.line)
        return msgspec.structs.replace(
            read,
            status="failed",
            reason=reason,
            engine=trial.engine,
            drift=trial.drift,
            observations=trial.observations,
        )
    by_text = {change.address: change for change in read.changes}
    seen = [_with_place(change, by_text) for change in trial.changes]
    changes = _in_order([*seen, *_only_in_text(read.changes)], order)
    changed = any(change.action != "read" for change in changes)
    return msgspec.structs.replace(
        read,
        status="changed" if changed else "unchanged",
        engine=trial.engine,
        changes=changes,
        summary=plans.summarise(changes),
        observations=trial.observations,
        schema=trial.schema,
        drift=trial.drift,
    )


def _with_place(change: Change, by_text: Mapping[str, Change]) -> Change:
    text = by_text.get(change.address)
    if change.path is not None or text is None:
        return change
    return msgspec.structs.replace(change, path=text.path, line=text.line)


def _only_in_text(changes: Iterable[Change]) -> Iterator[Change]:
    """What no schema shows: rows, roles, and statements that may do anything."""
    for change in changes:
        if change.address.startswith(f"{STATEMENT} "):
            said = change.reason is not None
            reason = "tried: the other changes are all that it did to the schema here" if said else None
            yield msgspec.structs.replace(change, reason=reason)
        elif change.type not in _IN_CATALOG or change.address.startswith(
            tuple(f"privileges on {each} " for each in _NOT_COMPARED)
        ):
            yield change


def _in_order(changes: list[Change], order: tuple[str, ...]) -> tuple[Change, ...]:
    """As the migrations come, and in them by line."""
    at = {path: index for index, path in enumerate(order)}
    return tuple(sorted(changes, key=lambda change: (at.get(change.path or "", len(at)), change.line or 0)))
