"""A connection to a PostgreSQL server, which may run other people's SQL: nothing it does can stall or flood us."""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

import msgspec

from gitops_ci.kinds.database.server import ServerError, ServerLostError, read_otherwise, with_detail
from gitops_ci.system.postgres_limits import MAX_MESSAGE, TICK, check
from gitops_ci.system.process import Stop

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

T = TypeVar("T")


class PostgresSession:
    """A connection. Rows are fetched one by one and dropped, and every wait ends in time."""

    def __init__(
        self,
        known: Mapping[str, str],
        dsn: str = "",
        *,
        deadline: float,
        stop: Stop,
        said_as: Mapping[str, str] | None = None,
    ) -> None:
        """`known` are libpq's keywords, which count before those of the DSN; `deadline` is on the monotonic clock.

        What the server says has the values of `said_as` in place of its keys, names that mean nothing to anybody.
        Raises ServerLostError where the server does not take the connection.
        """
        try:
            from psycopg import Error, conninfo, pq  # a tenth of a second, and an extra
        except ImportError:
            hint = "psycopg is not installed: pip install 'gitops-ci[database]'"
            raise ServerLostError("engine-missing", hint) from None
        self._pq, self._error = pq, Error
        self.deadline = deadline
        self._stop = stop
        self._said_as = said_as or {}
        try:
            given = conninfo.make_conninfo(dsn, client_encoding="UTF8", connect_timeout="10", **known)
        except Error:
            raise ServerLostError("engine-failed", "what should say where the database is cannot be read") from None
        self._connection: PGconn = pq.PGconn.connect(given.encode())
        if self._connection.status != pq.ConnStatus.OK:
            raise ServerLostError("engine-failed", _text(self._connection.error_message))

    @property
    def process(self) -> int:
        """The number of its process on the server."""
        return self._connection.backend_pid

    @property
    def role(self) -> str:
        """What its role is called on the server."""
        return self._connection.user.decode()

    @property
    def version(self) -> str:
        """The server's version."""
        return _text(self._connection.parameter_status(b"server_version")).partition(" ")[0]

    @property
    def idle(self) -> bool:
        """Whether no transaction is open."""
        return self._connection.transaction_status == self._pq.TransactionStatus.IDLE

    def close(self) -> None:
        """Ends the connection."""
        self._connection.finish()

    def run(self, sql: str) -> None:
        """Runs statements and drops their rows. Strings must go on to mean what our parser takes them for."""
        for _ in self._results(sql):
            pass
        known = self._connection.parameter_status
        otherwise = read_otherwise(known(b"standard_conforming_strings"), known(b"client_encoding"))
        if otherwise is not None:
            raise otherwise

    def run_all(self, texts: Iterable[str]) -> Iterator[None]:
        """Runs one text after the other; a sign for each that came to its end."""
        for sql in texts:
            self.run(sql)
            yield

    def read(self, sql: str, type_: type[T]) -> T:
        """The one JSON value of a query as `type_`."""
        values = [result.get_value(0, 0) for result in self._results(sql) if result.ntuples == 1]
        value = values[0] or b"null"
        for name, instead in self._said_as.items():
            value = value.replace(name.encode(), instead.encode())
        return msgspec.json.decode(value, type=type_)

    def hashed(self, password: str, role: str) -> str:
        """What to give the server in place of a password that it is to know a role by."""
        return self._connection.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()

    def _results(self, sql: str) -> Iterator[PGresult]:
        """Every result, a row each; raises at the end where the server refused something."""
        status = self._pq.ExecStatus
        try:
            self._connection.send_query(sql.encode())
            self._connection.set_single_row_mode()
            refused: ServerError | None = None
            while (result := self._next()) is not None:
                match result.status:
                    case status.FATAL_ERROR | status.BAD_RESPONSE:
                        refused = self._refused(result)
                    case status.COPY_OUT:
                        self._drain()
                    case status.COPY_IN:
                        self._connection.put_copy_end(b"rows are not given here")
                    case _:
                        yield result
        except (OSError, self._error) as error:
            raise ServerLostError("engine-failed", _text(str(error).encode())) from None
        if refused is not None:
            raise refused

    def _next(self) -> PGresult | None:
        while self._connection.is_busy():
            self._wait()
        return self._connection.get_result()

    def _drain(self) -> None:
        """What `COPY … TO STDOUT` prints goes nowhere."""
        while (size := self._connection.get_copy_data(1)[0]) >= 0:
            if size == 0:
                self._wait()

    def _wait(self) -> None:
        ready, _, _ = select.select([self._connection.socket], [], [], TICK)
        check(self.deadline, self._stop)
        if ready:
            self._connection.consume_input()
            while self._connection.notifies() is not None:  # libpq keeps them for us
                pass

    def _refused(self, result: PGresult) -> ServerError:
        field = self._pq.DiagnosticField
        sqlstate = _text(result.error_field(field.SQLSTATE))
        detail = _text(result.error_field(field.MESSAGE_DETAIL))
        message = with_detail(sqlstate, _text(result.error_field(field.MESSAGE_PRIMARY)), detail)
        for name, instead in self._said_as.items():
            message = message.replace(name, instead)
        if not sqlstate:
            raise ServerLostError("engine-failed", f"the server ended: {_text(result.error_message)}")
        position = _text(result.error_field(field.STATEMENT_POSITION))
        table = _text(result.error_field(field.TABLE_NAME))
        return ServerError(sqlstate, message, int(position) if position.isdigit() else None, table)


def _text(value: bytes | str | None) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""
    return text.strip()[:MAX_MESSAGE]
