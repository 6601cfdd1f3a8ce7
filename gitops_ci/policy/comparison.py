"""Findings of head beside those of base: a change is blamed for what it adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from gitops_ci.model.finding import Finding


def against(base: Iterable[Finding], head: Iterable[Finding]) -> tuple[Finding, ...]:
    """Head's findings as new or existing, then those of base that are fixed.

    Compared by fingerprint and number: a second finding of the same fingerprint is new.
    """
    before = Counter(finding.fingerprint for finding in base)
    known = Counter(before)
    told: list[Finding] = []
    for finding in head:
        existing = known[finding.fingerprint] > 0
        known[finding.fingerprint] -= existing
        told.append(msgspec.structs.replace(finding, state="existing" if existing else "new"))
    for finding in base:
        if known[finding.fingerprint] > 0:
            known[finding.fingerprint] -= 1
            told.append(msgspec.structs.replace(finding, state="fixed"))
    return tuple(told)
