"""A Plan (what applying a stack would do) and its Changes: one type for every kind."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from gitops_ci.model.schema import Table

Action = Literal["create", "update", "replace", "delete", "import", "move", "forget", "read", "invoke"]
COUNTED: tuple[Action, ...] = ("create", "update", "replace", "delete", "import", "move", "forget")
DESTRUCTIVE: frozenset[Action] = frozenset({"delete", "replace"})

Status = Literal["changed", "unchanged", "failed", "skipped"]
JsonValue = Any
"""A JSON value; `Any` because msgspec decodes no recursive alias."""


class Attribute(Struct, frozen=True, kw_only=True, gc=False):
    """One attribute of a Change, before and after (JSON values; `None` where sensitive, unknown or absent).

    A sensitive value is never stored: `sensitive` alone says that there is one. `unknown` is
    "known after apply". `cosmetic`: both sides mean the same, and only white space or the order of keys differs.
    """

    path: str
    before: JsonValue = None
    after: JsonValue = None
    sensitive: bool = False
    unknown: bool = False
    forces_replacement: bool = False
    cosmetic: bool = False


class Change(Struct, frozen=True, kw_only=True, gc=False):
    """What happens to one resource, object, table or permission.

    `invoke` calls something of a provider (Terraform's `action` blocks) and changes no resource by itself.
    `importing`: an existing object comes under management, with the action `import` where nothing else happens to it.
    `path` and `line` point at the source where that is known; `reason` is the engine's own word for
    why (e.g. Terraform's `action_reason`). `deposed` is the key of an old object that a replacement left behind.
    `create_before_destroy` says in which order a replace happens; None where the engine makes none by itself.
    `relevant`: of drift, whether the plan builds on what drifted. `generated_config` is the configuration that the
    engine wrote for an import.
    """

    address: str
    previous_address: str | None = None
    type: str
    action: Action
    reason: str | None = None
    path: str | None = None
    line: int | None = None
    destructive: bool = False
    importing: bool = False
    deposed: str | None = None
    create_before_destroy: bool | None = False
    relevant: bool = True
    generated_config: str | None = None
    attributes: tuple[Attribute, ...] = ()


class Check(Struct, frozen=True, kw_only=True):
    """A condition of the configuration (`check` block, pre- or postcondition, variable) and how it turned out."""

    address: str
    status: Literal["pass", "fail", "error", "unknown"]
    problems: tuple[str, ...] = ()


class Summary(Struct, frozen=True, kw_only=True):
    """How many changes of each action; reads are not counted."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    import_: int = msgspec.field(default=0, name="import")
    move: int = 0
    forget: int = 0

    def of(self, action: Action) -> int:
        """The count of one action; 0 for reads."""
        return int(getattr(self, "import_" if action == "import" else action, 0))


class Engine(Struct, frozen=True, kw_only=True):
    """What made a plan: its name, version and where it was found."""

    name: str
    version: str
    source: Literal["configured", "path", "embedded"]


class Problem(Struct, frozen=True, kw_only=True):
    """Why a plan failed or was skipped: `code` is stable, `message` is for people."""

    code: str
    message: str
    path: str | None = None
    line: int | None = None


class Unseen(Struct, frozen=True, kw_only=True):
    """What a change has deployed that is not in the repository, so that nobody looked at what it is.

    `what` names it with its version, `sort` is a `chart` of a registry or another `source` (a repository, a bucket),
    `path` and `line` are the place that asks for it.
    """

    what: str
    sort: Literal["chart", "source"]
    why: str
    path: str | None = None
    line: int | None = None


class Observation(Struct, frozen=True, kw_only=True):
    """What was seen while a plan was tried on a server that was thrown away.

    `what` is `ran` (a migration, to its end in `seconds`), `lock`, `rewrite` and `scan` (of what existed; every row was
    written anew, or read while nobody could write), `emptied` (a table
    that a migration took every row of, as no statement of it says), `fails-on-data`, `unseen` (what may have done more
    to rows than its text says, where the migration was planned on empty tables because of that),
    `down-differs`, `left-empty` (a table that took no rows), `schema-differs` (a declared one, from what the
    migrations build), `drift-unread` (an environment's own database could not be read) or `not-tried` (the plan is
    by parsing only). `statement` is the type of what did it. A lock has its `mode` as `pg_locks` names it: each
    statement has those that keep writers out which it held when it ended, and the one that took the strongest on an
    object has the `seconds` until its transaction ended.
    """

    what: Literal[
        "ran",
        "lock",
        "rewrite",
        "scan",
        "emptied",
        "fails-on-data",
        "unseen",
        "down-differs",
        "left-empty",
        "schema-differs",
        "drift-unread",
        "not-tried",
    ]
    address: str
    message: str
    path: str | None = None
    line: int | None = None
    statement: str | None = None
    mode: str | None = None
    seconds: float | None = None


class Plan(Struct, frozen=True, kw_only=True):
    """What would change if a stack were applied; partial `changes` are kept when it failed.

    `pending` is what base would change as well, so it is not this change's doing (`kinds.terraform.plan_base`); it is
    no part of `changes` and `summary`. `upstream` are the stacks whose state this one reads and that change, too: the
    plan was made against state that the change will alter. `observations` are what was seen where it was tried,
    `schema` the tables that it touches as they are then. `unseen` is what it deploys beside `changes`, from elsewhere.
    """

    stack: str
    status: Status
    reason: Problem | None = None
    engine: Engine | None = None
    seconds: float = 0.0
    summary: Summary = Summary()
    changes: tuple[Change, ...] = ()
    drift: tuple[Change, ...] = ()
    outputs: tuple[Change, ...] = ()
    checks: tuple[Check, ...] = ()
    pending: tuple[Change, ...] = ()
    upstream: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()
    schema: tuple[Table, ...] = ()
    unseen: tuple[Unseen, ...] = ()


BLOCKING_CODES = frozenset({"invalid", "plan-failed", "not-allowed", "binding", "ambiguous"})
"""Codes of a Problem that mean "this change is wrong"; every other code means "we could not find out"."""


def summarise(changes: tuple[Change, ...]) -> Summary:
    """The counts of `changes` by action."""
    counts = dict.fromkeys(COUNTED, 0)
    for change in changes:
        if change.action in counts:
            counts[change.action] += 1
        counts["import"] += change.importing and change.action != "import"
    return Summary(
        create=counts["create"],
        update=counts["update"],
        replace=counts["replace"],
        delete=counts["delete"],
        import_=counts["import"],
        move=counts["move"],
        forget=counts["forget"],
    )


def problem(
    stack: str, status: Literal["failed", "skipped"], code: str, message: str, **where: str | int | None
) -> Plan:
    """A Plan that says why there is none. `where` may hold `path` and `line`."""
    path, line = where.get("path"), where.get("line")
    reason = Problem(
        code=code,
        message=message,
        path=path if isinstance(path, str) else None,
        line=line if isinstance(line, int) else None,
    )
    return Plan(stack=stack, status=status, reason=reason)
