"""Declared schemas made on the throw-away server, beside what the migrations build: object by object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from gitops_ci.kinds.database.dry_run import watch
from gitops_ci.kinds.database.dry_run.errors import RefusedError
from gitops_ci.kinds.database.dry_run.scripting import Script
from gitops_ci.kinds.database.dry_run.steps import Steps
from gitops_ci.kinds.database.schema import catalog, difference, drift
from gitops_ci.kinds.database.schema.catalog import Catalog
from gitops_ci.kinds.database.server import OWNER, WATCHER, Cluster
from gitops_ci.model.plan import Change, Observation

_MOST = 20
_WIDTH = 160
_BY_TEXT = re.compile(r'column\.(?:"(?:[^"]|"")*"|[^".]+)(?:\.type)?')
"""What the rule by text tells of a table: columns that one of the two lacks, and their types."""


class Declared(Struct, frozen=True):
    """The schema files of both ends; `whole` where the rule by text cannot compare those of head."""

    now: tuple[Script, ...] = ()
    before: tuple[Script, ...] = ()
    whole: bool = False


def seen(
    declared: Declared, cluster: Cluster, built: tuple[Catalog, Catalog], extensions: tuple[str, ...]
) -> Iterator[Observation]:
    """What head's schema files say otherwise than its migrations (`built`: before and after), and base's did not."""
    if not declared.now:
        return
    first = declared.now[0].path
    try:
        found = _differences(declared.now, cluster, "declared_now", built[1], extensions)
    except RefusedError as refused:
        message = f"cannot be made: {str(refused).partition(chr(10))[0]}"
        yield _observed(refused.place.path, refused.place.line, "the schema", message)
        return
    try:
        known = _differences(declared.before, cluster, "declared_before", built[0], extensions)
    except RefusedError:
        known = {}
    new = [key for key in found if key not in known and (declared.whole or not _told_by_text(*key))]
    for key in new[:_MOST]:
        yield _observed(first, 1, key[0], found[key])
    if len(new) > _MOST:
        yield _observed(first, 1, "the schema", f"differs in {len(new) - _MOST} more places")


def _observed(path: str, line: int, address: str, message: str) -> Observation:
    return Observation(what="schema-differs", address=address, message=message, path=path, line=line)


def _differences(
    scripts: Iterable[Script], cluster: Cluster, name: str, built: Catalog, extensions: tuple[str, ...]
) -> Mapping[tuple[str, str], str]:
    """What is said of each object and part of it that differs. Raises RefusedError, ServerLostError."""
    cluster.create(name)
    watcher, owner = cluster.connect(WATCHER, name), cluster.connect(OWNER, name)
    watch.provide_extensions(watcher, extensions)
    steps = Steps(owner, extensions)
    for script in scripts:
        watch.provide_roles(watcher, script.roles, cluster.owner)
        steps.run(script)
    its, theirs = drift.comparable(catalog.read(watcher)), drift.comparable(built)
    return {
        (change.address, part): said for _, change in difference.by_name(its, theirs) for part, said in _said(change)
    }


def _said(change: Change) -> Iterator[tuple[str, str]]:
    if change.action == "create":
        yield "", f"lacks {change.address}, which the migrations make"
    elif change.action == "delete":
        yield "", f"declares {change.address}, which no migration makes"
    else:
        for each in change.attributes:
            makes = f"says {_value(each.before)}, and the migrations make it {_value(each.after)}"
            yield each.path, f"of {change.address}, {each.path}: {makes}"


def _value(value: object) -> str:
    return "nothing" if value is None else str(value)[:_WIDTH]


def _told_by_text(address: str, part: str) -> bool:
    return address.startswith("table ") and (part == "" or _BY_TEXT.fullmatch(part) is not None)
