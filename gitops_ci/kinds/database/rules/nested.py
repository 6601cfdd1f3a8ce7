"""What locks or scans in DO blocks and functions, which squawk does not read: told from the parse tree alone."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Raw, Struct, field

from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.rules.reading import Read
from gitops_ci.kinds.database.sql import reindexing
from gitops_ci.kinds.database.sql.leaves import RangeVar
from gitops_ci.kinds.database.sql.postgres import ABSENT

_NOW = b'"FuncCall":{"funcname":[{"String":{"sval":"now"}}]'


class Constraint(Struct, frozen=True):
    """A constraint. One that uses an index that is ready builds none."""

    contype: str = ""
    skip_validation: bool = False
    indexname: str = ""


class Defined(Struct, frozen=True):
    """What a sub-command adds."""

    constraint: Constraint | None = field(default=None, name="Constraint")
    column: Raw = field(default=ABSENT, name="ColumnDef")

    @property
    def is_computed(self) -> bool:
        """Whether it is a column that calls a function for each row there is: of those that do not, `now` is known."""
        column = bytes(self.column)
        calls = b'"CONSTR_DEFAULT"' in column and column.count(b'"FuncCall"') > column.count(_NOW)
        return calls or b'"CONSTR_GENERATED"' in column


class Command(Struct, frozen=True):
    """One sub-command of ALTER TABLE."""

    subtype: str = ""
    definition: Defined | None = field(default=None, name="def")


class Element(Struct, frozen=True):
    """An element of the list of sub-commands."""

    command: Command | None = field(default=None, name="AlterTableCmd")


class Statement(Struct, frozen=True):
    """CREATE INDEX, DROP, REINDEX and ALTER TABLE: what they have of these."""

    relation: RangeVar | None = None
    concurrent: bool = False
    removeType: str = ""  # noqa: N815
    cmds: tuple[Element, ...] = ()


_COMMANDS = {
    "AT_SetNotNull": ("database/lock-not-null", "SET NOT NULL reads every row of"),
    "AT_DropNotNull": ("database/drop-not-null", "DROP NOT NULL lets NULL into"),
    "AT_AlterColumnType": ("database/lock-type-change", "changes a column's type in"),
    "AT_DetachPartition": ("database/lock-detach", "detaches a partition, without CONCURRENTLY, from"),
}
_SCANS = ("database/lock-constraint", "adds a constraint without NOT VALID to")
_CONSTRAINTS = {
    "CONSTR_CHECK": _SCANS,
    "CONSTR_FOREIGN": _SCANS,
    "CONSTR_UNIQUE": ("database/lock-unique-constraint", "builds the index of a UNIQUE constraint on"),
    "CONSTR_EXCLUSION": ("database/lock-unique-constraint", "builds the index of an EXCLUDE constraint on"),
    "CONSTR_PRIMARY": ("database/lock-primary-key", "builds the index of a primary key on"),
}


def of(read: Read) -> Iterator[Found]:
    """What is found in a statement of a body."""
    if read.tag not in ("IndexStmt", "DropStmt", "ReindexStmt", "AlterTableStmt"):
        return
    if not read.nested and not (read.tag == "ReindexStmt" and reindexing.turns_it_off(read.statement)):
        return  # squawk reads it
    node = read.statement.read(Statement)
    table = node.relation.name if node.relation else ""
    match read.tag:
        case "IndexStmt":
            yield _found(read, "database/lock-index", f"builds an index, without CONCURRENTLY, on {table}", table)
        case "DropStmt" if node.removeType == "OBJECT_INDEX":
            yield _found(read, "database/lock-index", "drops an index without CONCURRENTLY", "")
        case "ReindexStmt":
            yield _found(read, "database/lock-index", f"builds indexes anew, without CONCURRENTLY: {table}", table)
        case _:
            for each in node.cmds:
                if each.command is not None and (known := _known(each.command)) is not None:
                    yield _found(read, known[0], f"{known[1]} {table}", table)


def _known(command: Command) -> tuple[str, str] | None:
    if command.subtype == "AT_AddColumn" and command.definition is not None and command.definition.is_computed:
        return "database/lock-column-default", "adds a column with a computed default to"
    added = command.definition.constraint if command.definition else None
    if command.subtype != "AT_AddConstraint" or added is None:
        return _COMMANDS.get(command.subtype)
    return None if added.skip_validation or added.indexname else _CONSTRAINTS.get(added.contype)


def _found(read: Read, rule: str, says: str, table: str) -> Found:
    return Found(rule=rule, says=says, line=read.line, statement=read.line, table=table)
