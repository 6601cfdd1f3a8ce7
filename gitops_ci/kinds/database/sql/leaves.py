"""The parts of PostgreSQL's parse tree that hold no list of others."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.kinds.database.sql.identifiers import qualified, quoted


class Text(Struct, frozen=True):
    """A string, or a part of a name."""

    sval: str = ""


class Flag(Struct, frozen=True):
    """A boolean."""

    boolval: bool = False


class Number(Struct, frozen=True):
    """An integer."""

    ival: int = 0


class RangeVar(Struct, frozen=True):
    """The name of a relation."""

    schemaname: str = ""
    relname: str = ""
    relpersistence: str = "p"
    location: int = 0

    @property
    def name(self) -> str:
        """As it has to be written, with the schema where it was."""
        return qualified((self.schemaname, self.relname))


class Constraint(Struct, frozen=True):
    """A constraint."""

    contype: str = ""
    conname: str = ""
    location: int = 0

    @property
    def name(self) -> str:
        """Its name, or where PostgreSQL chooses one, what it is in parentheses."""
        return quoted(self.conname) if self.conname else f"({self.contype.removeprefix('CONSTR_').lower()})"


class IndexElem(Struct, frozen=True):
    """A column of an index; an expression has no name."""

    name: str = ""


class ResTarget(Struct, frozen=True):
    """A column that a statement writes."""

    name: str = ""


class RoleSpec(Struct, frozen=True):
    """A role."""

    roletype: str = ""
    rolename: str = ""

    @property
    def name(self) -> str:
        """Its name, or a word such as `public` or `current_user`."""
        return quoted(self.rolename) if self.rolename else self.roletype.removeprefix("ROLESPEC_").lower()


class TableLikeClause(Struct, frozen=True):
    """LIKE in a CREATE TABLE."""

    relation: RangeVar


class PartitionCmd(Struct, frozen=True):
    """ATTACH and DETACH PARTITION."""

    name: RangeVar
