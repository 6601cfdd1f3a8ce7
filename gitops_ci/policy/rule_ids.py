"""Which rule ids there are, so that a name that nothing has is told where somebody writes one."""

from __future__ import annotations

import difflib
import re
from fnmatch import fnmatchcase
from functools import cache

_OPEN = ("builtin", "checkov", "rego", "secrets", "security")
"""Families whose rules are not all known here: those of other tools and of the repository's own policies."""

_NAMES = {
    "config": """
        invalid unmatched changed
    """,
    "database": """
        history-edited history-deleted history-inserted duplicate-version migrations-file unknown-version
        through-moved-back
    """,
    "layout": """
        missing-environment unknown-environment missing-kind unknown-kind stray-file missing-readme
        missing-codeowners missing-workflow environments-differ duplicate-stack symlink-escapes symlink-dangling
        name-convention state-in-git required forbidden
    """,
    "policy": """
        baseline-changed baseline-invalid baseline-stale waiver-expired waiver-malformed waiver-requested
        waiver-unused waivers-changed waivers-invalid
    """,
    "terraform": """
        module-missing engine-version workspace-new base-unplanned state-circle unreadable downstream
        terragrunt-missing terragrunt-stack state-shared state-environment backend-unencrypted backend-unlocked
        backend-lock-deprecated reads-lower-environment required-version-missing provider-unpinned
        lock-file-missing lock-file-stale module-unpinned provider-in-module module-ahead provider-not-allowed
        module-not-allowed external-program path-not-allowed foreign-state state-not-allowed server-not-allowed
        no-longer-sensitive provisioner lock-file-altered
    """,
}
_WRITTEN = re.compile(r"[A-Za-z0-9*][A-Za-z0-9._*-]*(?:/[A-Za-z0-9._*/-]+)?")
_MOST_STARS = 3


def closed() -> frozenset[str]:
    """The families that are known as a whole."""
    return frozenset(_NAMES)


@cache
def ids() -> frozenset[str]:
    """The rules of the families that are known as a whole."""
    return frozenset(f"{family}/{name}" for family, names in _NAMES.items() for name in names.split())


def problem(pattern: str) -> str:
    """Why no rule can be meant by a rule's id or pattern (`family/*`), with the nearest that can; empty where one can.

    `*` stands for any text.
    """
    if not _WRITTEN.fullmatch(pattern) or pattern.count("*") > _MOST_STARS:
        return f"expected a rule as family/name, or a pattern with at most {_MOST_STARS} *"
    family, slash, _ = pattern.partition("/")
    if "*" in family or (slash and family in _OPEN):
        return ""
    families = sorted({*_NAMES, *_OPEN})
    if not slash or family not in families:
        near = difflib.get_close_matches(family, families, n=1)
        meant = f"; did you mean {near[0]}/{pattern.partition('/')[2] or '*'}?" if near else ""
        what = f"{family}/ is no family of rules" if slash else "expected family/name or family/*"
        return f"{what}{meant} (families: {', '.join(families)})"
    if any(fnmatchcase(id, pattern) for id in ids()):
        return ""
    near = difflib.get_close_matches(pattern, sorted(ids()), n=1)
    return f"no rule is called so{f'; did you mean {near[0]}?' if near else ''}"
