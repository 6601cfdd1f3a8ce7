"""Where a DSN leads."""

from __future__ import annotations

import itertools
import socket

Address = tuple[str, str]
"""Host (or the directory of a socket) and port."""


def of(dsn: str) -> frozenset[Address]:
    """The servers that a DSN names; nothing where it cannot be read, or names none."""
    from psycopg import Error, conninfo  # a quarter of a second, and an extra

    try:
        known = conninfo.conninfo_to_dict(dsn)
    except Error:
        return frozenset()
    hosts = str(known.get("hostaddr") or known.get("host") or "").lower().split(",")
    ports = str(known.get("port") or "5432").split(",")
    return frozenset((host, port or "5432") for host, port in zip(hosts, itertools.cycle(ports), strict=False) if host)


def numbers(addresses: frozenset[Address]) -> frozenset[Address]:
    """The same with the numbers that names stand for, as far as they can be looked up."""
    return frozenset(number for host, port in addresses for number in _looked_up(host, port))


def _looked_up(host: str, port: str) -> frozenset[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset({(host, port)})
    return frozenset({(host, port), *((str(each[4][0]), port) for each in found)})
