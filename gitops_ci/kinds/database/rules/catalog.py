"""The rules of the lint in one table: how much each weighs, what is said, and which of squawk's rules it answers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Weight = Literal["error", "production", "advice"]
"""`production` is an error where production gets it and a warning elsewhere; `advice` a warning everywhere."""

Evidence = Literal["rewrite", "lock"]
"""What a dry run must not have seen so that the rule does not fire: a rewrite, or a lock that keeps writers out."""


class Rule(Struct, frozen=True):
    """A rule. `help` says what to do; `evidence` is what a dry run overrules it with, None where it cannot."""

    weight: Weight
    help: str
    evidence: Evidence | None = None


_ARCHIVE = "Keep it until nothing reads it, then remove it on its own; whoever owns the data accepts it by a waiver."
_CONCURRENTLY = "Use CONCURRENTLY, in a migration of its own that its tool runs outside a transaction."
_OWN_WINDOW = "Do it by hand in a window of its own, or with a tool that does not lock (pg_repack)."

RULES: dict[str, Rule] = {
    "database/destructive-drop-table": Rule("error", _ARCHIVE),
    "database/destructive-drop-column": Rule("error", _ARCHIVE),
    "database/destructive-drop-schema": Rule("error", _ARCHIVE),
    "database/destructive-drop-database": Rule("error", _ARCHIVE),
    "database/destructive-drop-owned": Rule("error", "Name what is to be dropped, object by object."),
    "database/destructive-truncate": Rule("error", "Delete what is meant with a WHERE, in batches."),
    "database/destructive-delete-all": Rule("error", "Say with a WHERE which rows are meant."),
    "database/destructive-update-all": Rule("production", "Say with a WHERE which rows are meant, and go in batches."),
    "database/drop-unknown": Rule("advice", "Leave it out, or see by hand what it is in each database that has it."),
    "database/contract": Rule(
        "production",
        "First add what is new and deploy a release that uses it; take the old away in a later pull request.",
    ),
    "database/drop-not-null": Rule("production", "Deploy a release that reads NULL first."),
    "database/lock-index": Rule("production", _CONCURRENTLY, "lock"),
    "database/lock-detach": Rule("production", _CONCURRENTLY, "lock"),
    "database/lock-constraint": Rule(
        "production", "Add it NOT VALID, then VALIDATE CONSTRAINT in a later migration.", "lock"
    ),
    "database/lock-unique-constraint": Rule(
        "production", "Build the index CONCURRENTLY, then ADD CONSTRAINT … USING INDEX.", "lock"
    ),
    "database/lock-primary-key": Rule(
        "production", "Build a unique index CONCURRENTLY, then ADD PRIMARY KEY USING INDEX.", "lock"
    ),
    "database/lock-not-null": Rule(
        "production", "Add CHECK (… IS NOT NULL) NOT VALID, validate it, then SET NOT NULL and drop the check.", "lock"
    ),
    "database/lock-column-default": Rule(
        "production", "Add the column without the default, set the default, then fill old rows in batches.", "rewrite"
    ),
    "database/lock-type-change": Rule(
        "production", "Add a column of the new type, fill it in batches and switch over to it.", "rewrite"
    ),
    "database/lock-domain-constraint": Rule(
        "production", "Add it NOT VALID, then VALIDATE CONSTRAINT in a later migration.", "lock"
    ),
    "database/lock-rewrite": Rule("production", _OWN_WINDOW, "rewrite"),
    "database/lock-vacuum-full": Rule("production", _OWN_WINDOW),
    "database/lock-cluster": Rule("production", _OWN_WINDOW),
    "database/lock-explicit": Rule("production", "Leave LOCK out; take row locks, or lock for less.", "lock"),
    "database/fails-in-transaction": Rule(
        "error", "Put it into a migration of its own, and tell the tool to run that outside a transaction."
    ),
    "database/fails-nested-transaction": Rule("error", "Leave BEGIN and COMMIT to one of the two."),
    "database/fails-open-transaction": Rule("error", "End it with COMMIT."),
    "database/identifier-too-long": Rule("error", "Shorten it to 63 bytes: PostgreSQL cuts off the rest silently."),
    "database/grant-public": Rule("production", "Grant it to the roles that need it."),
    "database/superuser": Rule("error", "Grant the privileges that are needed, one by one."),
    "database/server-program": Rule("error", "Load or send data from outside of the database server."),
    "database/trigger-disabled": Rule("production", "Enable it again in the same migration."),
    "database/row-security-disabled": Rule("error", "Change the policy instead, or let its owner waive it."),
    "database/dynamic-sql": Rule("production", "Write the statements out, so that they can be read and checked."),
    "database/dynamic-sql-function": Rule("advice", "Write the statements out, or do not call it from a migration."),
    "database/reads-where-it-runs": Rule("production", "Do the same wherever it runs."),
    "database/type-integer-key": Rule("advice", "Use bigint: an integer key ends at 2,147,483,647."),
    "database/type-serial": Rule("advice", "Use GENERATED … AS IDENTITY."),
    "database/type-timestamp": Rule("advice", "Use timestamptz."),
    "database/type-char": Rule("advice", "Use text, with a CHECK where the length matters."),
}  # fmt: skip

SQUAWK: dict[str, str | None] = {
    "require-concurrent-index-creation": "database/lock-index",
    "require-concurrent-index-deletion": "database/lock-index",
    "require-concurrent-reindex": "database/lock-index",
    "require-concurrent-partition-detach": "database/lock-detach",
    "constraint-missing-not-valid": "database/lock-constraint",
    "adding-foreign-key-constraint": "database/lock-constraint",
    "disallowed-unique-constraint": "database/lock-unique-constraint",
    "adding-serial-primary-key-field": "database/lock-primary-key",
    "adding-not-nullable-field": "database/lock-not-null",
    "adding-field-with-default": "database/lock-column-default",
    "changing-column-type": "database/lock-type-change",
    "ban-alter-domain-with-add-constraint": "database/lock-domain-constraint",
    "ban-drop-not-null": "database/drop-not-null",
    "prefer-identity": "database/type-serial",
    "prefer-timestamp-tz": "database/type-timestamp",
    "ban-char-field": "database/type-char",
    # ours see these in DO blocks and without squawk, too
    "ban-drop-table": None,
    "ban-drop-column": None,
    "ban-drop-database": None,
    "ban-truncate-cascade": None,
    "renaming-column": None,
    "renaming-table": None,
    "adding-required-field": None,
    "ban-concurrent-index-creation-in-transaction": None,
    "transaction-nesting": None,
    "ban-uncommitted-transaction": None,
    "identifier-too-long": None,
    "prefer-bigint-over-int": None,
    "prefer-bigint-over-smallint": None,
    # fire on nearly every file, or are a matter of taste
    "require-lock-timeout": None,
    "require-statement-timeout": None,
    "require-timeout-settings": None,
    "prefer-robust-stmts": None,
    "prefer-text-field": None,
    "prefer-repack": None,
    "ban-create-domain-with-constraint": None,
    "require-enum-value-ordering": None,
}
"""Squawk's rules (2.70) and ours. None: what it says of them is left out, as is what a newer one adds."""
