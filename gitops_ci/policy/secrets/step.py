"""The checker `secrets`: searches what changed, and what the change's commits added and took away again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from gitops_ci.discover import naming
from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK, Snapshot
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.policy import comparison
from gitops_ci.policy.scope import Past, Scope, Told
from gitops_ci.policy.secrets import formats, rules, tfvars
from gitops_ci.policy.secrets.found import Found
from gitops_ci.policy.secrets.text import UNREAD

_SHORT = 7  # digits of a commit, as people write them
_BY_VALUE = ":"
"""Between a fingerprint and the digest of the value, which is part of it while both ends are compared and no longer."""


class _Placed(Struct, frozen=True):
    path: str
    found: Found
    commit: str | None = None


class _Searched(Struct, frozen=True):
    secrets: tuple[_Placed, ...] = ()
    unread: tuple[str, ...] = ()


def check(scope: Scope) -> Told:
    """The secrets of the files that changed (of all with `scope.everything`) and of the change's commits.

    A secret is known by its value: it may move, and one that is replaced by another in clear is new. Values are
    compared as digests under a key of this process and are in nothing that is given.
    """
    begun = time.perf_counter()
    paths = _searched_paths(scope)
    head = _search(scope.head, paths, scope)
    past = _past(scope)
    before = _Searched()
    if scope.base is not None:
        there = {*scope.changed, *paths, *(each.path for each in past)} & scope.base.entries.keys()
        before = _search(scope.base, _kept(sorted(there), scope), scope)
    judged = scope.changed.union(paths)
    told = [*_compared([each for each in before.secrets if each.path in judged], head.secrets, scope)]
    known = {each.found.value for end in (before, head) for each in end.secrets}
    history = _search_past(past, known, scope)
    told += _findings(history.secrets, scope)
    told += (_unread(path, scope) for path in dict.fromkeys((*head.unread, *history.unread)))
    run = PolicyRun(
        name="secrets",
        seconds=round(time.perf_counter() - begun, 3),
        inputs=len(paths) + len(past),
        policies=len(rules.RULES),
        problems=tuple(_problems(scope)),
    )
    return Told(tuple(told), run)


def _problems(scope: Scope) -> Iterator[Problem]:
    if scope.config.policy.secrets.commits and scope.history.problem is not None:
        yield Problem(code="secrets-history", message=scope.history.problem)


def _searched_paths(scope: Scope) -> list[str]:
    wanted = scope.paths if scope.everything else [path for path in scope.paths if path in scope.changed]
    return _kept(wanted, scope)


def _kept(paths: Iterable[str], scope: Scope) -> list[str]:
    """The paths that `policy.secrets.ignore` does not name."""
    ignored = [naming.compiled(pattern) for pattern in scope.config.policy.secrets.ignore]
    return [path for path in paths if not any(pattern.fullmatch(path) for pattern in ignored)]


def _search(end: Snapshot, paths: Iterable[str], scope: Scope) -> _Searched:
    files = [path for path in paths if end.entries[path].mode not in (SYMLINK, SUBMODULE)]
    found: dict[str, tuple[Found, ...]] = {}
    groups: dict[formats.Reader, list[str]] = {}
    for path in files:
        groups.setdefault(formats.reader(path), []).append(path)
    for reader, group in groups.items():
        found.update(end.facts(group, reader))
    for path, given in tfvars.found(end, files, scope).items():
        found[path] = _with(given, found.get(path, ()))
    placed = tuple(_Placed(path, each) for path in files for each in found.get(path, ()))
    return _Searched(placed, tuple(path for path in files if path not in found))


def _with(given: tuple[Found, ...], more: tuple[Found, ...]) -> tuple[Found, ...]:
    """What variables are given, and what else is found there of other values."""
    values = {each.value for each in given}
    return (*given, *(each for each in more if each.value not in values))


def _past(scope: Scope) -> list[Past]:
    """What the commits added and neither end has: a later one took it away, or wrote something else over it."""
    if not scope.config.policy.secrets.commits or not scope.history.contents:
        return []
    ends = [end for end in (scope.base, scope.head) if end is not None]
    still = {entry.oid for end in ends for entry in end.entries.values()}
    kept = {*_kept({each.path for each in scope.history.contents}, scope)}
    return [each for each in scope.history.contents if each.oid not in still and each.path in kept]


def _search_past(past: Sequence[Past], known: set[bytes], scope: Scope) -> _Searched:
    """Each secret once, where it came first; not those that an end has, where they are told or were before."""
    groups: dict[formats.Reader, list[Past]] = {}
    for each in past:
        groups.setdefault(formats.reader(each.path), []).append(each)
    found: dict[tuple[str, str], tuple[Found, ...]] = {}
    for reader, group in groups.items():
        facts = scope.head.facts_of((each.oid for each in group), reader)
        found.update({(each.path, each.oid): facts[each.oid] for each in group if each.oid in facts})
    for key, given in tfvars.found_in_past(past, scope).items():
        found[key] = _with(given, found.get(key, ()))
    told, seen, unread = [], set(known), []
    for each in past:
        if (each.path, each.oid) not in found:
            unread.append(each.path)
        for one in found.get((each.path, each.oid), ()):
            if one.value not in seen:
                seen.add(one.value)
                told.append(_Placed(each.path, one, each.commit))
    return _Searched(tuple(told), tuple(unread))


def _compared(before: Iterable[_Placed], after: Iterable[_Placed], scope: Scope) -> Iterator[Finding]:
    """Head's secrets beside base's, by place and value, then by value alone: what moved is not new."""
    ends = (tuple(_findings(end, scope, valued=True)) for end in (before, after))
    told = comparison.against(*ends)
    gone = Counter(_value(each) for each in told if each.state == "fixed")
    moved = Counter[str]()
    for each in told:
        if each.state == "new" and gone[_value(each)] > 0:
            gone[_value(each)] -= 1
            moved[_value(each)] += 1
            yield _public(msgspec.structs.replace(each, state="existing"))
        elif each.state == "fixed" and moved[_value(each)] > 0:
            moved[_value(each)] -= 1
        else:
            yield _public(each)


def _value(found: Finding) -> str:
    return found.fingerprint.partition(_BY_VALUE)[2]


def _public(found: Finding) -> Finding:
    return msgspec.structs.replace(found, fingerprint=found.fingerprint.partition(_BY_VALUE)[0])


def _findings(secrets: Iterable[_Placed], scope: Scope, *, valued: bool = False) -> Iterator[Finding]:
    """The secrets as findings; `valued` ones still know which values are the same.

    The fingerprint is made of rule, path, name and the number among those of the same name: nothing of the value.
    """
    count: Counter[tuple[str, str, str, bool]] = Counter()
    for each in secrets:
        one, in_commit = each.found, each.commit is not None
        key = (one.rule, each.path, one.name, in_commit)
        count[key] += 1
        said = rules.message(one)
        if each.commit is not None:
            said = f"commit {each.commit[:_SHORT]}, line {one.line}: {said}; no later commit can take it back"
        made = finding.make(
            one.rule,
            "warning" if one.rule == UNREAD else "error",
            said,
            help=rules.help_in_commit(one, each.path, scope.config.policy.waivers) if in_commit else rules.help(one),
            path=each.path,
            line=None if in_commit else one.line,
            stack=_stack(each.path, scope),
        )
        fingerprint = _fingerprint(*map(str, key), str(count[key]))
        value = f"{_BY_VALUE}{one.rule}{one.value.hex()}" if valued else ""
        yield msgspec.structs.replace(made, fingerprint=fingerprint + value)


def _fingerprint(*parts: str) -> str:
    import hashlib

    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _stack(path: str, scope: Scope) -> str | None:
    owners = scope.owners.get(path, ())
    return owners[0] if len(owners) == 1 else None


def _unread(path: str, scope: Scope) -> Finding:
    return finding.make(
        UNREAD, "warning", rules.TOO_LARGE, help=rules.UNREAD_HELP, path=path, stack=_stack(path, scope)
    )
