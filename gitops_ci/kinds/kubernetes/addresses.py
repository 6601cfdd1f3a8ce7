"""Whether what lies elsewhere stays what it is: an exact version of a chart, an address with a tag or a commit."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

_VERSION = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]*)?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_REPOSITORIES = re.compile(
    r"^(?:git::)?(?:[a-z+]+://)?(?:[^/@]*@)?(?:github\.com|gitlab\.com|bitbucket\.org)[/:]|\.git(?:/|$)"
)
_RAW = re.compile(r"^https?://raw\.githubusercontent\.com/[^/]+/[^/]+/(?:refs/tags/)?(?P<revision>[^/]+)/")
_RELEASED = re.compile(
    r"/releases/download/(?:[^/]*/)?(?P<revision>[^/]+)/[^/]+$|/(?:raw|archive)/(?:refs/tags/)?(?P<other>[^/]+)/"
)
_FILE = re.compile(r"^https?://[^?#]+\.ya?ml$")


def is_exact(version: str) -> bool:
    """Whether a version names one release; `1.2` and `v1` are ranges, or move."""
    return _VERSION.fullmatch(version) is not None


def is_fixed(revision: str) -> bool:
    """Whether a revision of a repository is a tag that is called after a release, or a whole commit.

    A tag can be moved, which nobody does to releases; a branch is meant to move.
    """
    return is_exact(revision) or _COMMIT.fullmatch(revision) is not None


def is_pinned(address: str) -> bool:
    """Whether an address of a remote base, or of a file, is of one revision."""
    query = parse_qs(urlsplit(address).query) if "?" in address else {}
    told = [*query.get("ref", ()), *query.get("version", ())]
    if told:
        return all(map(is_fixed, told))
    if (raw := _RAW.match(address)) is not None:
        return is_fixed(raw["revision"])
    if _REPOSITORIES.search(address):
        released = _RELEASED.search(address)
        return released is not None and is_fixed(released["revision"] or released["other"])
    return _FILE.match(address) is not None and any(map(is_exact, urlsplit(address).path.split("/")))
