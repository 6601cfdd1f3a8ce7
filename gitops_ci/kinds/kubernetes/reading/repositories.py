"""Which addresses of repositories mean this one: those that are configured, or else those whose paths are here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_SCHEME = re.compile(r"^(?:[a-z+]+://)?(?:[^@/]*@)?", re.IGNORECASE)


def canonical(url: str) -> str:
    """An address without what may differ between two of one repository: scheme, user, port, `.git`, capitals."""
    rest = _SCHEME.sub("", url.strip(), count=1)
    host, sign, path = rest.partition("/")
    if ":" in host and not re.fullmatch(r"[^:]*:\d+", host):  # git@host:owner/name
        host, _, first = host.partition(":")
        path = f"{first}{sign}{path}"
    host = re.sub(r":\d+$", "", host)
    return f"{host}/{path}".lower().rstrip("/").removesuffix(".git").rstrip("/")


class Repositories(Struct, frozen=True):
    """The addresses that mean this repository, canonical."""

    ours: frozenset[str]

    def has(self, url: str) -> bool:
        """Whether an address means this repository."""
        return canonical(url) in self.ours


def of(configured: Iterable[str], votes: Iterable[tuple[str, bool]]) -> Repositories:
    """By the configuration, or by votes: an address, and whether a path that is named in it is one of this repository.

    An address is ours where at least half of its paths are here.
    """
    told = frozenset(map(canonical, configured))
    if told:
        return Repositories(told)
    counts: dict[str, list[bool]] = {}
    for url, is_here in votes:
        counts.setdefault(canonical(url), []).append(is_here)
    return Repositories(frozenset(url for url, found in counts.items() if any(found) and 2 * sum(found) >= len(found)))
