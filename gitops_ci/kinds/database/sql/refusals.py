"""Why a migration cannot be read: what PostgreSQL's parser said, in words that say what to do."""

from __future__ import annotations

import re

from gitops_ci.kinds.database.sql import postgres
from gitops_ci.kinds.database.sql.postgres import SqlError

_TOKEN = re.compile(r"(?P<what>.*) at or near \"(?P<token>.*)\"$", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}|[^\w\s'\"$]{1,3}")
_COPY = re.compile(r"^[ \t]*COPY\b[^;\n]{0,2000}\bFROM[ \t]+STDIN\b", re.IGNORECASE | re.MULTILINE)
_PSQL_VARIABLE = re.compile(r":[A-Za-z_'\"{]")
_TEMPLATE = re.compile(r"\$\{|\{\{|\{%|<%|#\{")
_BEFORE = 60
_SHOWN = 100
_DIALECTS = (
    ("ClickHouse", re.compile(r"\bENGINE\s{0,9}=\s{0,9}\w{0,40}MergeTree\b|\bON\s{1,9}CLUSTER\b", re.IGNORECASE)),
    (
        "MySQL",
        re.compile(
            r"`[^`\n]{1,100}`|\bAUTO_INCREMENT\b|\bENGINE\s{0,9}=\s{0,9}InnoDB\b|^DELIMITER\b",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    ("SQLite", re.compile(r"\bAUTOINCREMENT\b|^PRAGMA\b", re.IGNORECASE | re.MULTILINE)),
    ("SQL Server", re.compile(r"\bNVARCHAR\b|\[dbo\]|^GO\s{0,9}$|\bIDENTITY\(1", re.IGNORECASE | re.MULTILINE)),
    ("Oracle", re.compile(r"\bVARCHAR2\b|^/$", re.IGNORECASE | re.MULTILINE)),
)


class MigrationError(Exception):
    """A migration that cannot be read. `code` as in a Problem: `unsupported` is not wrong, only not decided here."""

    def __init__(self, code: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.line = line


def decoded(content: bytes) -> str:
    """The text of a file. Raises MigrationError where PostgreSQL would not take it either."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MigrationError("invalid", "is not UTF-8", content[: error.start].count(b"\n") + 1) from None
    if "\0" in text:
        raise MigrationError(
            "invalid", "holds a NUL character, where PostgreSQL stops reading", text[: text.index("\0")].count("\n") + 1
        )
    return text.removeprefix("\ufeff")


def strings(does: str, line: int) -> MigrationError:
    """A setting after which the server takes other text for strings than our parser does."""
    return MigrationError("unsupported", f"{does}: strings may end elsewhere than they are read to here", line)


def copy_data(line: int) -> MigrationError:
    """Why COPY with its rows in the file is not read."""
    message = "has COPY … FROM STDIN, whose rows only psql reads: write them as INSERT, or load them otherwise"
    return MigrationError("unsupported", message, line)


def looks_like(text: str) -> str | None:
    """The other database whose signs a text has that PostgreSQL's parser refused; None for none."""
    return next((name for name, pattern in _DIALECTS if pattern.search(text)), None)


def explained(text: str, error: SqlError) -> MigrationError:
    """What a syntax error is about. No literal of the file gets into the message: it may be a secret."""
    index = len(text.rstrip()) if error.index is None else error.index
    line = text.count("\n", 0, index) + 1
    for copy in _COPY.finditer(text, 0, index):
        return copy_data(text.count("\n", 0, copy.start()) + 1)
    if text.startswith("\\", index):
        return MigrationError("unsupported", "has a psql command (`\\…`): only SQL can be read", line)
    if _PSQL_VARIABLE.match(text, index):
        return MigrationError("unsupported", "has a psql variable (`:name`): only SQL can be read", line)
    written = text[text.rfind("\n", 0, index) + 1 : index + 1]
    if _TEMPLATE.match(text, index) or _TEMPLATE.search(written):
        return MigrationError(
            "unsupported",
            "is a template (`${…}`, `{{…}}`): only SQL can be read, so its result is not known here",
            line,
        )
    name = looks_like(text)
    if name is not None:
        hint = "; say `kinds.database.engine: mysql` if it is" if name == "MySQL" else ""
        return MigrationError("unsupported", f"looks like {name}, and is read as PostgreSQL{hint}", line)
    said = f"cannot be parsed: {_without_literals(error)}; expected PostgreSQL's SQL"
    return MigrationError("invalid", f"{said}\n{_shown(text, index)}", line)


def _shown(text: str, index: int) -> str:
    """The line of a place with a caret below it, without what its strings, quoted names and comments hold."""
    begin = text.rfind("\n", 0, index) + 1
    end = text.find("\n", begin)
    column = index - begin
    first = max(0, column - _BEFORE)
    span = range(begin + first, min(end if end >= 0 else len(text), begin + first + _SHOWN))
    try:
        hidden = {
            at for part in postgres.literals(text) for at in range(max(part[0], span.start), min(part.stop, span.stop))
        }
    except SqlError:
        hidden = set(span)
    part = "".join("·" if at in hidden else text[at] for at in span).replace("\t", " ")
    head = f"  {text.count(chr(10), 0, begin) + 1} | "
    return f"{head}{part}\n{' ' * (len(head) - 2)}| {' ' * (column - first)}^ column {column + 1}"


def _without_literals(error: SqlError) -> str:
    message = str(error)
    match = _TOKEN.fullmatch(message)
    if match is None:
        return message.partition('"')[0].strip()[:120]
    token = match["token"]
    return f"{match['what']} at or near `{token}`" if _WORD.fullmatch(token) else match["what"]
