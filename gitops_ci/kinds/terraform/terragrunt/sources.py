"""Where units get modules from: which addresses of other repositories and registries are one, and which are allowed."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

_PARAMETERS = frozenset({"ref", "depth", "version"})
_VERSION = re.compile(r"(?!refs/|pulls?/|pull-requests/|merge-requests/|changes/)\w[\w./+-]*")
"""Branches, tags, commits; not what anybody can push who may open a pull request there."""
_UNPLAIN = re.compile(r"(?:^|/)\.{1,2}(?:/|$)|[%\\\s$]|^file:|^git::file:|^/")
_BEGIN = re.compile(r"^(?:git::)?(?:(?:https|ssh|git|tfr)://)?(?:[\w.-]+@)?")


def address(source: str) -> str | None:
    """A remote source without version and folder; None for a form that is not known to be only that."""
    text, _, query = source.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    if _UNPLAIN.search(text) or any(
        name not in _PARAMETERS or (name != "depth" and not _VERSION.fullmatch(value)) for name, value in given
    ):
        return None
    scheme, separator, rest = text.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host}{slash}{path.partition('//')[0]}".removesuffix(".git")


def allowed(found: str, patterns: Iterable[str]) -> bool:
    """Whether `kinds.terraform.modules.allow` names an address; no `*` before its first `/` reaches further."""
    host, _, path = _plain(found).partition("/")
    for pattern in patterns:
        wanted, separator, rest = _plain(pattern).partition("/")
        if fnmatch.fnmatchcase(host, wanted) and fnmatch.fnmatchcase(path, rest if separator else "*"):
            return True
    return False


def _plain(text: str) -> str:
    return re.sub(r"^([\w.-]+):(?!\d)", r"\1/", _BEGIN.sub("", text)).removesuffix(".git").lstrip("/")
