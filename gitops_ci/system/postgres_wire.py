"""A session with a throw-away server over its Unix socket: PostgreSQL's protocol, as much of it as that needs.

A library for all that PostgreSQL can do takes longer to import (0.1 s) than a small migration to be tried. Rows are
dropped as they come, whatever their length, several texts are sent without waiting for the first one's end, and every
wait ends in time (https://www.postgresql.org/docs/current/protocol.html).
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from gitops_ci.kinds.database.server import ServerError, ServerLostError, read_otherwise, with_detail
from gitops_ci.system.postgres_limits import MAX_MESSAGE, TICK, check
from gitops_ci.system.process import Stop

T = TypeVar("T")
_VERSION = 3 << 16
_LOOK = 1.0  # seconds
_PORTION = 1 << 18  # bytes
_AHEAD = 32
"""Texts that are sent before the end of the first one is known."""
_UNREAD = 1 << 16
"""Bytes of such texts: what a socket takes of them while the server is busy with rows of the first one."""
_MOST = 1 << 28  # bytes of an answer to a query of ours
_ENOUGH = 1 << 16  # bytes of any other message: an error tells its code and its message first
_UNREADABLE = "the server answers what cannot be read"
_NO_ROWS = b"rows are not given here\0"


class WireSession:
    """A connection of one role to one database of a server that trusts its socket."""

    def __init__(self, place: Path, known: Mapping[str, str], *, deadline: float, stop: Stop) -> None:
        """`place` is the socket, `known` what the server is told (`user`, `database`); `deadline` is monotonic.

        Raises ServerLostError where the server does not take the connection.
        """
        self.deadline = deadline
        self.role = known.get("user", "")
        self._stop = stop
        self._came = bytearray()
        self._parameters: dict[bytes, bytes] = {}
        self._status = b""
        self.role = known.get("user", "")
        """What its role is called on the server."""
        self._looked = 0.0
        self.full: Callable[[], str | None] = lambda: None
        """Why the server must not go on filling its place, asked about once a second."""
        self.process = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(place))
            self._socket.setblocking(False)
            words = [word.encode() for pair in {**known, "client_encoding": "UTF8"}.items() for word in pair]
            told = struct.pack("!i", _VERSION) + b"".join(word + b"\0" for word in words) + b"\0"
            self._send(struct.pack("!i", len(told) + 4) + told)
            self._begin()
        except OSError as error:
            self.close()
            raise ServerLostError("engine-failed", error.strerror or "no connection") from None
        except struct.error:
            self.close()
            raise ServerLostError("engine-failed", _UNREADABLE) from None
        except ServerLostError:
            self.close()
            raise
        except ServerError as error:
            self.close()
            raise ServerLostError("engine-failed", str(error)) from None

    @property
    def version(self) -> str:
        """The server's version."""
        return _text(self._parameters.get(b"server_version", b"")).partition(" ")[0]

    @property
    def idle(self) -> bool:
        """Whether no transaction is open."""
        return self._status == b"I"

    def close(self) -> None:
        """Ends the connection."""
        self._status = b""
        self._socket.close()

    def run(self, sql: str) -> None:
        """Runs statements and drops their rows. Strings must go on to mean what our parser takes them for."""
        for _ in self.run_all((sql,)):
            pass

    def run_all(self, texts: Iterable[str]) -> Iterator[None]:
        """Runs one text after the other; a sign for each that came to its end, until the server refuses something."""
        waiting: deque[int] = deque()
        left = iter(texts)
        sql = next(left, None)
        refused: ServerError | None = None
        while True:
            while refused is None and sql is not None and _may_follow(sql, waiting):
                self._ask(sql)
                waiting.append(len(sql))
                sql = next(left, None)
            if not waiting:
                break
            ended = self._ended()  # what was sent runs, whatever came of the text before it
            refused = refused or ended
            waiting.popleft()
            if refused is None:
                yield
        if refused is not None:
            raise refused

    def read(self, sql: str, type_: type[T]) -> T:
        """The one JSON value of a query as `type_`."""
        self._ask(sql)
        rows: list[bytes] = []
        refused = self._ended(rows)
        if refused is not None:
            raise refused
        try:
            length = struct.unpack_from("!i", rows[0], 2)[0] if rows else 0
            value = rows[0][6 : 6 + max(length, 0)] if rows else b""
            return msgspec.json.decode(value or b"null", type=type_)
        except (struct.error, msgspec.DecodeError, UnicodeDecodeError):
            raise ServerLostError("engine-failed", _UNREADABLE) from None

    def _begin(self) -> None:
        """Everything up to the first word that the server is ready."""
        while True:
            kind, body = self._message(keep=True)
            match kind:
                case b"R" if struct.unpack_from("!i", body)[0] != 0:
                    raise ServerLostError("engine-failed", "the server asks for a password")
                case b"K":
                    self.process = struct.unpack_from("!i", body)[0]
                case b"E":
                    raise _refused(body)
                case b"Z":
                    return
                case _:
                    pass

    def _ask(self, sql: str) -> None:
        text = sql.encode()
        if b"\0" in text:
            raise ServerError("22021", "a text holds a zero byte")
        self._status = b""
        self._send(b"Q" + struct.pack("!i", len(text) + 5) + text + b"\0")

    def _ended(self, rows: list[bytes] | None = None) -> ServerError | None:
        """Waits for the end of a text; what the server refused of it."""
        refused: ServerError | None = None
        while True:
            kind, body = self._message(keep=rows is not None)
            match kind:
                case b"D" if rows is not None:
                    rows.append(body)
                case b"E":
                    refused = _refused(body)
                case b"G":  # COPY … FROM STDIN
                    self._send(b"f" + struct.pack("!i", len(_NO_ROWS) + 4) + _NO_ROWS)
                case b"Z":
                    break
                case _:
                    pass
        if refused is None and rows is None:
            known = self._parameters.get
            refused = read_otherwise(known(b"standard_conforming_strings"), known(b"client_encoding"))
        return refused

    def _message(self, *, keep: bool) -> tuple[bytes, bytes]:
        """The next message; the body of a row only where it is to be kept, that of a notice never, others' begin."""
        while len(self._came) < 5:
            self._more()
        kind, left = bytes(self._came[:1]), struct.unpack_from("!i", self._came, 1)[0] - 4
        if left < 0 or (kind == b"D" and keep and left > _MOST):
            raise ServerLostError("engine-failed", _UNREADABLE)
        del self._came[:5]
        row, none = kind == b"D", kind in (b"N", b"A", b"d")
        kept = left if row and keep else 0 if row or none else min(left, _ENOUGH)
        while len(self._came) < kept:
            self._more()
        body = bytes(self._came[:kept])
        del self._came[:kept]
        left -= kept
        while left > len(self._came):
            left -= len(self._came)
            self._came.clear()
            self._more()
        del self._came[:left]
        if kind == b"Z":
            self._status = body
        elif kind == b"S":
            name, _, value = body.partition(b"\0")
            self._parameters[name] = value.partition(b"\0")[0]
        return kind, body

    def _more(self) -> None:
        """Waits for more to come."""
        self._wait(sends=False)

    def _send(self, data: bytes) -> None:
        """Sends, and takes what comes meanwhile: a server that cannot tell would not listen."""
        left = memoryview(data)
        while left:
            if self._wait(sends=True):
                left = left[self._socket.send(left[:_PORTION]) :]

    def _wait(self, *, sends: bool) -> bool:
        """Waits until something came, or for a moment; whether something can be sent."""
        try:
            readable, writable, _ = select.select([self._socket], [self._socket] if sends else [], [], TICK)
            check(self.deadline, self._stop)
            if time.monotonic() > self._looked + _LOOK:
                self._looked = time.monotonic()
                if (why := self.full()) is not None:
                    raise ServerLostError("engine-failed", why)
            if readable:
                came = self._socket.recv(_PORTION)
                if not came:
                    raise ServerLostError("engine-failed", "the server ended")
                self._came += came
        except (OSError, ValueError) as error:  # ValueError: it was closed
            raise ServerLostError("engine-failed", f"the server ended: {error}") from None
        return bool(writable)


def _may_follow(sql: str, waiting: Collection[int]) -> bool:
    return not waiting or (len(waiting) < _AHEAD and sum(waiting) + len(sql) <= _UNREAD)


def _refused(body: bytes) -> ServerError:
    fields = {field[:1]: field[1:] for field in body.split(b"\0") if field}
    position = _text(fields.get(b"P", b""))
    sqlstate = _text(fields.get(b"C", b""))
    return ServerError(
        sqlstate,
        with_detail(sqlstate, _text(fields.get(b"M", b"")), _text(fields.get(b"D", b""))),
        int(position) if position.isdigit() else None,
        _text(fields.get(b"t", b"")),
    )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()[:MAX_MESSAGE]
