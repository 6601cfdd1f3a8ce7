"""Findings of head beside those of base: a change is blamed for what it adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gitops_ci.discover.snapshot import Snapshot, changed_paths
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding


def against(base: Iterable[Finding], head: Iterable[Finding]) -> tuple[Finding, ...]:
    """Head's findings as new or existing, then those of base that are fixed.

    Compared by fingerprint and number: a second finding of the same fingerprint is new.
    """
    before = tuple(base)
    known = Counter(each.fingerprint for each in before)
    told: list[Finding] = []
    for each in head:
        existing = known[each.fingerprint] > 0
        known[each.fingerprint] -= existing
        told.append(msgspec.structs.replace(each, state="existing" if existing else "new"))
    for each in before:
        if known[each.fingerprint] > 0:
            known[each.fingerprint] -= 1
            told.append(msgspec.structs.replace(each, state="fixed"))
    return tuple(told)


def moves(base: Snapshot, head: Snapshot) -> dict[str, str]:
    """Files of head that base has, with the same content, under another name in the same folder: new → old path.

    Another folder is another place: what lies there may be deployed elsewhere.
    """
    changed = changed_paths(base, head)
    gone = {_content(base, path): path for path in changed if path not in head}
    return {path: gone[_content(head, path)] for path in changed if path not in base and _content(head, path) in gone}


def _content(end: Snapshot, path: str) -> tuple[str, str, str]:
    return path.rpartition("/")[0], end.entries[path].mode, end.entries[path].oid


def followed(findings: Iterable[Finding], moved: Mapping[str, str]) -> Iterator[Finding]:
    """The findings, where one in a file that only moved is existing if base has it under the file's old path."""
    found = sorted(findings, key=finding.place)
    before = Counter(_about(each, each.path) for each in found if each.state == "fixed")
    taken = Counter[tuple[str | None, ...]]()
    kept: list[Finding] = []
    for each in found:
        old = moved.get(each.path or "")
        key = _about(each, old)
        if old is not None and each.state == "new" and before[key] > taken[key]:
            taken[key] += 1
            kept.append(msgspec.structs.replace(each, state="existing"))
        else:
            kept.append(each)
    for each in kept:
        key = _about(each, each.path)
        if each.state == "fixed" and taken[key] > 0:  # it is the one that moved
            taken[key] -= 1
        else:
            yield each


def _about(found: Finding, path: str | None) -> tuple[str | None, ...]:
    return found.rule, found.severity, found.stack, found.message, found.address, path
