"""What PostgreSQL refused, in words that name the place and say what to do."""

from __future__ import annotations

import re

from msgspec import Struct

from gitops_ci.kinds.database.dry_run import scripting
from gitops_ci.kinds.database.dry_run.scripting import Script
from gitops_ci.kinds.database.server import STRINGS, ServerError
from gitops_ci.kinds.database.sql import postgres
from gitops_ci.kinds.database.sql.postgres import SqlError, Statement

_QUOTED = re.compile(r'"[^"]*"')
_LITERALS = ("'", "$", "e'", "b'", "x'", "n'", "u&'")
_WIDTH = 100
_OF_SERVER = ("08", "53", "54", "57", "58", "XX")
"""Classes of errors that are the server's own (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
_OF_DATA = ("22", "23", "P0")

_OF_TRANSACTIONS = "2D000"
_ELSEWHERE = {
    "3D000": "the database is called otherwise where migrations are tried",
    _OF_TRANSACTIONS: "whether its tool puts it into a transaction is not known here",
    STRINGS: "leave it on, and write E'…' where a backslash is to mean something",
}


class RefusedError(Exception):
    """A migration that PostgreSQL refused; `code` as in a Problem."""

    def __init__(self, code: str, message: str, place: Place, sqlstate: str) -> None:
        super().__init__(message)
        self.code = code
        self.place = place
        self.sqlstate = sqlstate

    @property
    def of_data(self) -> bool:
        """Whether other rows could have let it pass."""
        return self.sqlstate.startswith(_OF_DATA)


class Place(Struct, frozen=True):
    """Where a statement is, and what it is (PostgreSQL's name of its node)."""

    path: str
    line: int
    statement: str | None = None


def explained(error: ServerError, script: Script, statement: Statement | None) -> RefusedError:
    """What was refused: its line, column and text where the server says where. Values are not told."""
    index = _index(error, script, statement)
    first = statement.line if statement is not None else 1
    line = script.text.count("\n", 0, index) + 1 if index is not None else first
    tag = statement.tag if statement is not None else None
    message = f"{script.name} fails: {_said(error)} (SQLSTATE {error.sqlstate})"
    told = error.sqlstate == _OF_TRANSACTIONS and script.wrapped is not None
    code, advice = _advice(error, statement) if not told else ("plan-failed", "")
    message += f"; {advice}" if advice else ""
    if index is not None:
        message += f"\n{_pointed(script.text, index)}"
    return RefusedError(code, message, Place(script.path, line, tag), error.sqlstate)


def _index(error: ServerError, script: Script, statement: Statement | None) -> int | None:
    """Where in the script's text the error is, in characters."""
    if error.position is None:
        return None
    before = len(script.text.encode()[: statement.location].decode("utf-8", "replace")) if statement is not None else 0
    return min(before + error.position - 1, max(len(script.text) - 1, 0))


def _said(error: ServerError) -> str:
    message = str(error).partition("\n")[0][:300]
    return _QUOTED.sub("a value", message) if error.sqlstate.startswith("22") else message


def _advice(error: ServerError, statement: Statement | None) -> tuple[str, str]:
    """The code of a Problem, and what to do about what lies outside the migrations."""
    extension = scripting.extension(statement) if statement is not None else None
    if extension is not None and error.sqlstate in ("0A000", "58P01"):
        install = f"install the package that has the extension {extension} where this runs"
        return "unsupported", f"{install}, or name a server that has it in `kinds.database.server_env`"
    if error.sqlstate == "42501":
        named = ": name the extension in `kinds.database.extensions`" if extension else ""
        return "unsupported", f"migrations are tried by a role that is no superuser{named}"
    if error.sqlstate == "42704" and statement is not None and statement.tag == "GrantRoleStmt":
        return "unsupported", "roles that run programs or read files do not exist where migrations are tried"
    if error.sqlstate == "55P04":
        return "plan-failed", "add the value in a migration of its own, before the one that uses it"
    if error.sqlstate == "42601" and error.position is not None and str(error).startswith("syntax error"):
        return "unsupported", "the parser takes it, so this PostgreSQL is too old for it: see `kinds.database.version`"
    if error.sqlstate in _ELSEWHERE:
        return "unsupported", _ELSEWHERE[error.sqlstate]
    if error.sqlstate.startswith(_OF_SERVER):
        return "engine-failed", ""
    return "plan-failed", ""


def _pointed(text: str, index: int) -> str:
    """The line with a caret below the character; what stands in quotes is not shown."""
    start = text.rfind("\n", 0, index) + 1
    end = text.find("\n", index)
    column = index - start
    hidden = _hidden(text)[start : end if end >= 0 else len(text)].replace("\t", " ")
    left = max(0, column - _WIDTH // 2)
    shown = "".join(sign if sign.isprintable() else "?" for sign in hidden[left : left + _WIDTH])
    return f"column {column + 1}:\n{shown}\n{' ' * (column - left)}^"


def _hidden(text: str) -> str:
    """The text with literals blanked out, sign for sign; all of it where it cannot be read as SQL."""
    try:
        tokens = postgres.tokens(text)
    except SqlError:
        return "·" * len(text)
    signs = list(re.sub(r"[^\n]", " ", text))
    for token in tokens:
        secret = token.text.lower().startswith(_LITERALS)
        signs[token.start : token.end] = re.sub(r"[^\n'$]", "·", token.text) if secret else token.text
    return "".join(signs)
