"""Findings of head beside those of base: a change is blamed for what it adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from gitops_ci.discover.snapshot import Snapshot, changed_paths
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding

_ALIKE = 0.5
"""The part of a file's bytes that has to be the same for it to be the same file: what git takes."""
_MOST_PAIRS = 400
"""Pairs of files of one folder that are looked at for likeness."""


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


def unseen(findings: Iterable[Finding], folders: Collection[str], stacks: Collection[str] = ()) -> tuple[Finding, ...]:
    """The findings, where none in `folders`, some of whose files head cannot be read in, is fixed, but still there.

    Nor is one new there that only tells a fixed one at another place. Of `stacks`, too, nobody knows what head has.
    """
    found = tuple(findings)
    there = [each for each in found if _folder(each.path) in folders]
    come, gone = (Counter(_what(each) for each in there if each.state == state) for state in ("new", "fixed"))
    twice = {"new": come & gone, "fixed": come & gone}
    told: list[Finding] = []
    for each in found:
        is_twice = _folder(each.path) in folders and each.state in twice and twice[each.state][_what(each)] > 0
        if is_twice:
            twice[each.state][_what(each)] -= 1
        if is_twice and each.state == "fixed":
            continue  # it is told where head has it
        is_hidden = _folder(each.path) in folders or each.stack in stacks
        is_there = is_twice or (each.state == "fixed" and is_hidden)
        told.append(msgspec.structs.replace(each, state="existing") if is_there else each)
    return tuple(told)


def _what(found: Finding) -> tuple[str | None, ...]:
    return found.rule, found.stack, found.message, _folder(found.path)


def _folder(path: str | None) -> str | None:
    return None if path is None else path.rpartition("/")[0]


def moves(base: Snapshot, head: Snapshot) -> dict[str, str]:
    """Files of head that base has under another name in the same folder: new → old path, each old one once.

    The content is the same, or most of its lines are, as git tells renames (`-M`). Another folder is another place:
    what lies there may be deployed elsewhere.
    """
    changed = changed_paths(base, head)
    gone, come = _by_folder(base, changed, head), _by_folder(head, changed, base)
    found: dict[str, str] = {}
    for folder in gone.keys() & come.keys():
        found |= _renamed((base, gone[folder]), (head, come[folder]))
    return found


_Place = tuple[str, str]


def _by_folder(end: Snapshot, changed: Iterable[str], other: Snapshot) -> dict[_Place, list[str]]:
    """The changed paths that only this end has, by folder and mode."""
    found: dict[_Place, list[str]] = {}
    for path in changed:
        if path in end and path not in other:
            found.setdefault((path.rpartition("/")[0], end.entries[path].mode), []).append(path)
    return found


def _renamed(gone: tuple[Snapshot, list[str]], come: tuple[Snapshot, list[str]]) -> dict[str, str]:
    """New → old path of one folder: the very same contents first, then the most alike."""
    (base, old), (head, new) = gone, come
    left = {base.entries[path].oid: path for path in reversed(old)}
    found = {path: one for path in new if (one := left.pop(head.entries[path].oid, None)) is not None}
    old = [path for path in old if path not in found.values()]
    new = [path for path in new if path not in found]
    if not old or not new or len(old) * len(new) > _MOST_PAIRS:
        return found
    before, after = _lines(base, old), _lines(head, new)
    alike = sorted(
        ((-_likeness(before[one], after[path]), path, one) for path in new for one in old), key=lambda each: each[0]
    )
    for likeness, path, one in alike:
        if -likeness >= _ALIKE and path not in found and one not in found.values():
            found[path] = one
    return found


def _lines(end: Snapshot, paths: Iterable[str]) -> dict[str, Counter[bytes]]:
    found = {path: Counter[bytes]() for path in paths}
    found.update((path, Counter(content.splitlines(keepends=True))) for path, content in end.stream(sorted(found)))
    return found


def _likeness(before: Counter[bytes], after: Counter[bytes]) -> float:
    """Which part of the larger one's bytes both have, by lines."""
    largest = max(_size(before), _size(after))
    return _size(before & after) / largest if largest else 0.0


def _size(lines: Counter[bytes]) -> int:
    return sum(len(line) * count for line, count in lines.items())


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
