"""What the dry run needs of a PostgreSQL server that is thrown away: types alone, `system/postgres.py` fills them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, Protocol, TypeVar

from gitops_ci.model.plan import Engine

T = TypeVar("T")

ENGINE: Final = "PostgreSQL"
"""What a plan calls the engine that its migrations were tried on; one that was only read has its parser's name."""
OWNER: Final = "postgres"
"""The role that migrations run as: no superuser, but called as their authors expect (`OWNER TO postgres`)."""
WATCHER: Final = "gitops_ci"
"""The superuser, which only ever runs SQL of ours."""

_DEPENDED_ON: Final = "2BP01"
_NOT_THERE: Final = {
    "Connection refused": "nothing listens there",
    "could not translate host name": "its host is not known",
    "timeout expired": "it does not answer",
    'missing "="': "its variable holds no DSN",
    "invalid": "its variable holds no DSN",
}
"""What libpq says of a server that was not reached, without whose address."""

STRINGS: Final = "GC001"
"""The SQLSTATE of an error of ours: strings are read otherwise from here on than our parser reads them."""

_SWALLOW: Final = frozenset({"BIG5", "GB18030", "GBK", "JOHAB", "SHIFT_JIS_2004", "SJIS", "UHC"})
"""Encodings in which a second byte may be that of a sign such as a backslash: only clients may have them
(https://www.postgresql.org/docs/current/multibyte.html)."""

Role = Literal["postgres", "gitops_ci"]


class ServerError(Exception):
    """A statement that the server refused. `position` counts characters of what was run, from one."""

    def __init__(self, sqlstate: str, message: str, position: int | None = None, table: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.position = position
        self.table = table


def read_otherwise(strings: bytes | None, encoding: bytes | None) -> ServerError | None:
    """Why a server reads text otherwise than our parser, by its `standard_conforming_strings` and `client_encoding`."""
    if strings == b"off":
        message = "standard_conforming_strings is turned off, so that strings end elsewhere than they are read to"
        return ServerError(STRINGS, message)
    name = (encoding or b"").decode("ascii", "replace")
    if name in _SWALLOW:
        return ServerError(STRINGS, f"client_encoding is {name}, so that strings end elsewhere than they are read to")
    return None


class ServerLostError(Exception):
    """The server is of no use any more. `code` as in a Problem: `timeout`, `interrupted`, `engine-failed`.

    `path` and `line` are those of the statement that ran, where it was a migration's.
    """

    def __init__(self, code: str, message: str, path: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.line = line


def without_address(error: ServerLostError) -> str:
    """Why a server could not be reached, without the words that have its address and names in them."""
    if error.code != "engine-failed":
        return str(error)
    said = str(error)
    fatal = re.search(r"FATAL:\s+([A-Za-z ]{1,60})", said)
    why = fatal[1].strip() if fatal else next((each for words, each in _NOT_THERE.items() if words in said), "")
    return f"no connection: {why}" if why else "no connection"


def with_detail(sqlstate: str, message: str, detail: str) -> str:
    """What a server said; of what cannot be dropped, with what depends on it: other details may hold values."""
    depends = detail.splitlines()[:3] if sqlstate == _DEPENDED_ON else []
    return f"{message}: {'; '.join(depends)}" if depends else message


class Session(Protocol):
    """One connection."""

    @property
    def process(self) -> int:
        """The number of its process on the server, as `pg_locks` has it."""

    @property
    def role(self) -> str:
        """What its role is called on the server."""

    @property
    def idle(self) -> bool:
        """Whether no transaction is open."""

    def run(self, sql: str) -> None:
        """Runs statements and drops their rows. Raises ServerError, or ServerLostError where none can follow."""

    def run_all(self, texts: Iterable[str]) -> Iterator[None]:
        """Runs one text after the other as `run` does, and says of each that it came to its end."""

    def read(self, sql: str, type_: type[T]) -> T:
        """The one JSON value of a query of ours as `type_`; raises as `run` does."""


class Cluster(Protocol):
    """A server, or databases on one, that one stack has for itself."""

    @property
    def engine(self) -> Engine:
        """What to call it in a plan."""

    @property
    def fresh(self) -> bool:
        """Whether it is empty; else it is a copy of one that was kept."""

    @property
    def owner(self) -> str:
        """What the migrations' role is called on the server; what is read of it says OWNER all the same."""

    def prepare(self, watcher: Session, *, more: bool) -> None:
        """Makes what a fresh one needs before any migration; `more`: other databases will be created, too."""

    def create(self, name: str) -> None:
        """Another database for the migrations' role; raises ServerLostError."""

    def connect(self, role: Role, database: str = "postgres") -> Session:
        """A connection of its own to the stack's database, or to one that was created; raises ServerLostError."""

    def live(self, stack: str) -> Session | None:
        """A connection to the database of a stack as it is deployed, to be read; None where no DSN of it is given.

        Raises ServerLostError.
        """

    @property
    def note(self) -> bytes:
        """What was kept with the copy that it is of; nothing where it is fresh."""

    def keep(self, note: bytes = b"") -> None:
        """Keeps a copy of what is there now under the name it was asked for by; connections may be ended by that."""
