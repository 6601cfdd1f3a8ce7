"""What was seen while migrations were tried, as observations of a plan: locks and rewrites of what was there before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from gitops_ci.kinds.database.dry_run import scripting
from gitops_ci.kinds.database.dry_run.errors import Place
from gitops_ci.kinds.database.dry_run.locks import TABLES, Locks
from gitops_ci.kinds.database.dry_run.scripting import Script
from gitops_ci.kinds.database.dry_run.steps import Steps
from gitops_ci.kinds.database.dry_run.watch import MODES, Event
from gitops_ci.kinds.database.schema.catalog import Catalog
from gitops_ci.model.plan import Observation

BASE = "what base has"
"""How a reason begins for which nothing was tried that lies in base."""
BOUNDED = ", once it has waited no longer than `lock_timeout`"
"""What is said of a lock for which its migration sets a limit."""


def ran(script: Script, seconds: float) -> Observation:
    """That a migration came to its end."""
    message = "came to its end"
    return Observation(what="ran", address=script.name, message=message, path=script.path, seconds=round(seconds, 4))


def locks(before: Catalog, taken: Locks) -> Iterator[Observation]:
    """The locks on what was there before that keep writers out, by statement."""
    for (place, number), mode in taken.seen.items():
        item, held = before.get(("pg_class", number)), taken.held.get(number)
        if item is not None and item.kind in TABLES:
            first = held is not None and (held.place, held.mode) == (place, mode)
            seconds = held.seconds if held is not None and first else None
            message = "nobody can read or write it" if mode == MODES[-1] else "nobody can write it"
            yield _seen("lock", item.address, message, place, mode=mode, seconds=seconds)


def vacuumed(before: Catalog, scripts: Iterable[Script]) -> Iterator[Observation]:
    """The tables that VACUUM FULL and the like kept everybody from: outside of transactions, so nobody could look."""
    kinds = {item.name: item.kind for item in before.values() if item.kind in TABLES}
    for script in scripts:
        for statement in script.statements or ():
            if scripting.locks_all(statement):
                place = Place(script.path, statement.line, statement.tag)
                names = [name.removeprefix("public.") for name in scripting.vacuumed(statement)]
                addresses = [f"{kinds.get(name, 'table')} {name}" for name in names] or ["every table"]
                for address in addresses:
                    message = "nobody can read or write it"
                    yield _seen("lock", address, message, place, mode=MODES[-1], seconds=0.0)


def bounded(locks: Iterable[Observation], scripts: Iterable[Script]) -> Iterator[Observation]:
    """The locks with that their statement waits for none longer than a `lock_timeout` that the migration sets."""
    said = {script.path: list(_limits(script)) for script in scripts}
    for lock in locks:
        set_ = said.get(lock.path or "", [])
        before = bisect_right(set_, lock.line or 0, key=lambda each: each[0])
        yield msgspec.structs.replace(lock, message=lock.message + BOUNDED) if before and set_[before - 1][1] else lock


def _limits(script: Script) -> Iterator[tuple[int, bool]]:
    """The lines in which a script says how long locks are waited for, and whether that is limited from there on."""
    for each in script.statements or ():
        limited = scripting.lock_timeout(each)
        if limited is not None:
            yield each.line, limited


def rewrites(before: Catalog, events: Iterable[Event], steps: Steps) -> Iterator[Observation]:
    """The tables of before that were written anew."""
    for event in events:
        item = before.get(("pg_class", event.object)) if event.what == "rewrite" else None
        place = steps.at(event.at)
        if item is not None and place is not None:
            yield _seen("rewrite", item.address, "every row is written anew", place)


def scans(before: Catalog, steps: Steps) -> Iterator[Observation]:
    """The tables of before of which a statement that keeps writers out read every row; all where that is not known."""
    for place, number in steps.scans.seen if steps.scans is not None else ():
        item = before.get(("pg_class", number)) if number is not None else None
        if item is not None or number is None:
            address = item.address if item is not None else "every table"
            yield _seen("scan", address, "every row is read while nobody can read or write it", place)


def _seen(
    what: Literal["lock", "rewrite", "scan"],
    address: str,
    message: str,
    place: Place,
    *,
    mode: str | None = None,
    seconds: float | None = None,
) -> Observation:
    return Observation(
        what=what,
        address=address,
        message=message,
        path=place.path,
        line=place.line,
        statement=place.statement,
        mode=mode,
        seconds=seconds,
    )
