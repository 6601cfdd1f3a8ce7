"""Whether two words that Argo CD or Flux has for a cluster mean the same one."""

from __future__ import annotations

import itertools
import re
from urllib.parse import urlsplit

_OWN = re.compile(r"kubernetes(?:\.default(?:\.svc(?:\.cluster\.local)?)?)?")
"""The addresses under which a cluster finds itself; Argo CD calls its own `in-cluster`."""
_IN_CLUSTER = "in-cluster"


def are_same(one: str, other: str) -> bool | None:
    """True also where one of them is not known; None of a name and an address, which nobody here can compare."""
    first, second = _canonical(one), _canonical(other)
    if not first or not second or first == second:
        return True
    return False if _is_address(first) == _is_address(second) else None


def of_path(path: str) -> str:
    """The cluster that a file or a folder is for, as far as its folders say it (`clusters/<name>/…`); else empty."""
    parts = path.split("/")
    return next((after for before, after in itertools.pairwise(parts) if before == "clusters"), "")


def _is_address(canonical: str) -> bool:
    """The own cluster is one: it may have been given another name."""
    return "/" in canonical or canonical == _IN_CLUSTER


def _canonical(written: str) -> str:
    """A name as it is; an address without what may differ between two of one server."""
    if "://" not in written:
        return written.strip()
    try:
        parts = urlsplit(written.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return written
    default = 443 if parts.scheme.lower() == "https" else 80
    if _OWN.fullmatch(host):
        return _IN_CLUSTER
    return f"//{host}:{port or default}{parts.path.rstrip('/')}"
