"""Which rule ids there are, so that a name that nothing has is told where somebody writes one."""

from __future__ import annotations

import difflib
import re
from fnmatch import fnmatchcase
from functools import cache

_OPEN = ("checkov", "rego")
"""Families whose rules are not all known here: those of other tools and of the repository's own policies."""

OF_THE_VERDICT = ("checks", "gate")
"""Families that say why a verdict fell: no finding has their ids, nothing makes them less severe, or waives them."""

_WRITTEN = re.compile(r"[A-Za-z0-9*][A-Za-z0-9._*-]*(?:/[A-Za-z0-9._*/-]+)?")
_MOST_STARS = 3


def is_of_the_verdict(rule: str) -> bool:
    """Whether a rule is one that a verdict names, and no finding."""
    return rule.partition("/")[0] in OF_THE_VERDICT


@cache
def ids() -> frozenset[str]:
    """The rules of the families that are known as a whole."""
    from gitops_ci.policy.rules import catalog  # read where somebody names a rule

    return frozenset(id for id in catalog.ids() if id.partition("/")[0] not in (*_OPEN, *OF_THE_VERDICT))


def problem(pattern: str) -> str:
    """Why no rule can be meant by a rule's id or pattern (`family/*`), with the nearest that can; empty where one can.

    `*` stands for any text.
    """
    if not _WRITTEN.fullmatch(pattern) or pattern.count("*") > _MOST_STARS:
        return f"expected a rule as family/name, or a pattern with at most {_MOST_STARS} *"
    family, slash, _ = pattern.partition("/")
    if "*" in family or (slash and family in _OPEN):
        return ""
    families = sorted({*(id.partition("/")[0] for id in ids()), *_OPEN})
    if not slash or family not in families:
        near = difflib.get_close_matches(family, families, n=1)
        meant = f"; did you mean {near[0]}/{pattern.partition('/')[2] or '*'}?" if near else ""
        what = f"{family}/ is no family of rules" if slash else "expected family/name or family/*"
        return f"{what}{meant} (families: {', '.join(families)})"
    if any(fnmatchcase(id, pattern) for id in ids()):
        return ""
    near = difflib.get_close_matches(pattern, sorted(ids()), n=1)
    return f"no rule is called so{f'; did you mean {near[0]}?' if near else ''}"
