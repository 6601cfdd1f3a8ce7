"""The rules about what was seen while migrations were tried."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.kinds.database.declared import FIX as DIFFERS
from gitops_ci.kinds.database.dry_run.observing import BASE, BOUNDED
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Severity
from gitops_ci.model.plan import Observation, Plan

_FROM_NOTHING = (
    "Let what base has run here from nothing: on the PostgreSQL that it needs (`kinds.database.version`), with its "
    "`extensions`, or on a server that has both (`server_env`)."
)
_SHORT = "Keep the transaction short, and do slow work before or after it."


class _Rule(Struct, frozen=True):
    name: str
    severity: Severity
    help: str


_RULES = {
    "lock": _Rule(
        "database/locks",
        "notice",
        f"Set `lock_timeout`, k{_SHORT[1:]}",
    ),
    "rewrite": _Rule(
        "database/rewrite",
        "warning",
        "Add a new column, copy rows in batches, and drop the old one in a later release.",
    ),
    "reread": _Rule(
        "database/rewrite",
        "warning",
        "Drop the index or CHECK first, and make it anew later: CONCURRENTLY, or NOT VALID and validated.",
    ),
    "emptied": _Rule(
        "database/emptied", "error", "Write out what is to be deleted, with a WHERE that says which rows are meant."
    ),
    "fails-on-data": _Rule(
        "database/fails-on-data",
        "warning",
        "Bring the rows that there may be into shape first, in the same migration or before.",
    ),
    "unseen": _Rule(
        "database/unseen-on-rows",
        "error",
        "Bring the rows into shape first, or give rows that pass (`kinds.database.seed`); else write out what it does.",
    ),
    "down-differs": _Rule("database/down-differs", "warning", "Undo in the way down all that the way up does."),
    "schema-differs": _Rule("database/schema-differs", "error", DIFFERS),
    "drift-unread": _Rule(
        "database/drift-unread",
        "warning",
        "See that the variable of `kinds.database.dsn_env` holds a DSN of a role that may connect.",
    ),
    "not-tried": _Rule(
        "database/not-tried", "notice", "Install PostgreSQL where this runs, or set `kinds.database.dry_run: off`."
    ),
}


def findings(plan: Plan, *, is_production: bool = False) -> tuple[Finding, ...]:
    """One finding for each observation that a rule is about; of locks those that keep readers out, once a table.

    What rewrites a table of production is an error.
    """
    return tuple(
        _finding(plan, seen, rule, "error" if is_production and seen.what in ("rewrite", "reread") else rule.severity)
        for seen in plan.observations
        if (rule := _RULES.get(seen.what)) and (seen.what != "lock" or _keeps_readers_out(seen))
    )


def _keeps_readers_out(lock: Observation) -> bool:
    return lock.mode == "AccessExclusiveLock" and lock.seconds is not None


def _finding(plan: Plan, seen: Observation, rule: _Rule, severity: Severity) -> Finding:
    message = (
        seen.message if seen.what not in ("lock", "rewrite", "reread", "emptied") else f"{seen.address}: {seen.message}"
    )
    if seen.seconds is not None:
        message += " for as long as its transaction goes on (ACCESS EXCLUSIVE)"
    if seen.what == "schema-differs":
        message = f"{(seen.path or '').rpartition('/')[2]} {message}"
    is_bounded = seen.what == "lock" and seen.message.endswith(BOUNDED)
    help_ = _SHORT if is_bounded else rule.help
    if seen.what == "not-tried" and BASE in seen.message:
        help_ = _FROM_NOTHING
    return finding.make(rule.name, severity, message, help=help_, path=seen.path, line=seen.line, stack=plan.stack)
