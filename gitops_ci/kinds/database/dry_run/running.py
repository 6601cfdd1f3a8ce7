"""The dry run: new migrations applied to a throw-away PostgreSQL that holds what base has, and what that did."""

from __future__ import annotations

import functools
import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec import Struct

from gitops_ci import __version__
from gitops_ci.config_database import Database
from gitops_ci.kinds.database.dry_run import declaring, emptied, filling, observing, scripting, unsaid, watch
from gitops_ci.kinds.database.dry_run.declaring import Declared
from gitops_ci.kinds.database.dry_run.errors import Place, RefusedError
from gitops_ci.kinds.database.dry_run.locks import Locks
from gitops_ci.kinds.database.dry_run.scripting import Script
from gitops_ci.kinds.database.dry_run.steps import Steps
from gitops_ci.kinds.database.dry_run.watch import Event
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.schema import catalog, difference, drift, touched
from gitops_ci.kinds.database.schema.catalog import Catalog, Key
from gitops_ci.kinds.database.server import OWNER, WATCHER, Cluster, ServerError, ServerLostError, Session
from gitops_ci.kinds.database.sql.refusals import MigrationError
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.plan import Change, Engine, Observation
from gitops_ci.model.schema import Table

Apply = Callable[[Script, Steps], None]
_WORTH_KEEPING = 0.2
"""Seconds that a history takes from which on a copy of what it makes is quicker."""
_FORMAT = b"4"
"""Renewed where what is kept would be made otherwise by the same version."""


class HistoryError(Exception):
    """What base has cannot be applied here, so nothing can be tried on top of it."""


class History(Struct, frozen=True):
    """The migrations that base has. `identity` names their contents; `texts` reads them, and raises MigrationError."""

    identity: tuple[str, ...] = ()
    texts: Callable[[], Iterable[tuple[Migration, str]]] = tuple


class Request(Struct, frozen=True):
    """What is tried: what base has, new migrations, and those that undo these (in their order).

    `compared` is the stack whose own database is compared with what base has; None where nothing is.
    """

    settings: Database
    history: History
    entering: tuple[Script, ...]
    undoing: tuple[Script, ...] = ()
    seeds: tuple[Script, ...] = ()
    compared: str | None = None
    declared: Declared = Declared()


class Trial(Struct, frozen=True):
    """What came of it. `refused` is why the migrations did not end well; then there are no changes."""

    engine: Engine
    changes: tuple[Change, ...] = ()
    observations: tuple[Observation, ...] = ()
    schema: tuple[Table, ...] = ()
    drift: tuple[Change, ...] = ()
    refused: RefusedError | None = None


def tried(request: Request, tools: Tools) -> Trial:
    """Applies the new migrations to a database with rows; where rows are what they fail on, to one without.

    Raises HistoryError, MigrationError (base cannot be read), ServerLostError, ToolError.
    """
    trial = _attempt(request, tools, rows=True)
    if trial.refused is None or not trial.refused.of_data:
        return trial
    without = _attempt(request, tools, rows=False)
    if without.refused is not None:
        return without
    place = trial.refused.place
    seen = Observation(
        what="fails-on-data",
        address=place.path,
        message=str(trial.refused),
        path=place.path,
        line=place.line,
        statement=place.statement,
    )
    on_rows = (each for each in trial.observations if each.what in ("emptied", "unseen"))
    return msgspec.structs.replace(without, observations=(seen, *on_rows, *without.observations))


def _attempt(request: Request, tools: Tools, *, rows: bool) -> Trial:
    with tools.postgres(_digest(request), request.settings.timeout) as cluster:
        before = _history(request, cluster) if cluster.fresh else catalog.decoded(cluster.note)
        watcher, owner = cluster.connect(WATCHER), cluster.connect(OWNER)
        apply = functools.partial(_apply, watcher=watcher, owner=cluster.owner)
        empty = _rows(request, watcher, owner, before) if rows else ()
        if before is None or (rows and (request.seeds or watch.events(watcher))):  # a trigger of base alters it
            watcher.run(watch.FORGET)
            before = catalog.read(watcher)
        drifted, unread = _drift(request.compared, before, cluster)
        locks = Locks(watcher, owner.process, before)
        steps = Steps(owner, request.settings.extensions, locks, watch.ahead(watcher))
        ran: list[Observation] = []
        held = emptied.holding(watcher) if rows else ()
        try:
            for script in request.entering:
                started = time.monotonic()
                apply(script, steps)
                ran.append(observing.ran(script, time.monotonic() - started))
                if any(table.has_rows for table in held):
                    then, held = held, emptied.holding(watcher)
                    ran += emptied.seen(script, before, then, held)
        except RefusedError as refused:
            hidden = rows and refused.of_data
            unseen = unsaid.after(refused.place, request.entering, before) if hidden else ()
            return Trial(cluster.engine, refused=refused, drift=drifted, observations=(*ran, *unread, *unseen))
        after = catalog.read(watcher)
        events = watch.events(watcher)
        seen = [
            *ran,
            *observing.bounded(observing.locks(before, locks), request.entering),
            *observing.vacuumed(before, request.entering),
            *observing.rewrites(before, events, steps),
            *observing.proven(steps),
            *declaring.seen(request.declared, cluster, (before, after), request.settings.extensions),
            *_undone(request, before, apply, (watcher, owner)),
        ]
        notes = (
            Observation(what="left-empty", address=f"table {name}", message="takes none of the rows that were made up")
            for name in empty
        )
        changes = tuple(difference.between(before, after))
        return Trial(
            engine=cluster.engine,
            changes=tuple(_placed(changes, events, steps)),
            observations=(*seen, *notes, *unread),
            schema=touched.of(after, changes),
            drift=drifted,
        )


def _drift(
    stack: str | None, expected: Catalog, cluster: Cluster
) -> tuple[tuple[Change, ...], tuple[Observation, ...]]:
    """How the environment's own database differs, and why that is not known."""
    if stack is None:
        return (), ()
    try:
        live = cluster.live(stack)
        return (drift.changes(expected, live) if live is not None else ()), ()
    except (ServerError, ServerLostError) as error:
        environment = stack.partition("/")[0]
        message = f"{environment}'s own database could not be read: {drift.said(error)}"
        return (), (Observation(what="drift-unread", address=stack, message=message),)


def _digest(request: Request) -> str:
    """What identifies the state that the history makes, as this version makes it."""
    digest = hashlib.sha256(_FORMAT + (b" declared" if request.declared.now else b""))
    for part in (__version__, *request.settings.extensions, "", *request.history.identity):
        content = part.encode()
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()[:32]


def _apply(script: Script, steps: Steps, *, watcher: Session, owner: str) -> None:
    watch.provide_roles(watcher, script.roles, owner)
    steps.run(script)


def _history(request: Request, cluster: Cluster) -> Catalog:
    """Makes what base has, looks on from there, and keeps it where that took long; what there is then.

    Raises MigrationError where what base has cannot be read.
    """
    texts = request.history.texts()
    watcher = cluster.connect(WATCHER)
    started = time.monotonic()
    _apply_history(request, texts, cluster, watcher)
    took = time.monotonic() - started
    try:
        watcher.run(watch.WATCH)
    except ServerError as error:  # base has a schema of that name
        raise HistoryError(f"{observing.BASE} is in the way of what looks on: {error}") from None
    found = catalog.read(watcher)
    if took > _WORTH_KEEPING:
        cluster.keep(catalog.encoded(found))
    return found


def _apply_history(
    request: Request, texts: Iterable[tuple[Migration, str]], cluster: Cluster, watcher: Session
) -> None:
    extensions = request.settings.extensions
    try:
        cluster.prepare(watcher, more=bool(request.declared.now))
        watch.provide_extensions(watcher, extensions)
        steps = Steps(cluster.connect(OWNER), extensions)
        for plain, scripts in itertools.groupby(_history_scripts(texts), lambda script: script.statements is None):
            if plain:
                steps.run_plain(tuple(scripts))
            else:
                for script in scripts:
                    _apply(script, steps, watcher=watcher, owner=cluster.owner)
    except ServerError as error:
        raise HistoryError(f"an extension of `kinds.database.extensions` cannot be made: {error}") from None
    except MigrationError as error:
        raise HistoryError(f"{observing.BASE} cannot be applied: {error}") from None
    except RefusedError as refused:
        said, on = str(refused).partition("\n")[0], f"PostgreSQL {cluster.engine.version}"
        where = f"{refused.place.path}:{refused.place.line}"
        raise HistoryError(f"{observing.BASE} cannot be applied to {on}: {where}: {said}") from None


def _history_scripts(texts: Iterable[tuple[Migration, str]]) -> Iterator[Script]:
    for migration, text in texts:
        yield scripting.of(migration, text, closely=False)


def _rows(request: Request, watcher: Session, owner: Session, before: Catalog | None) -> tuple[str, ...]:
    """Seeds, then rows for what is still empty; the tables that stay so."""
    steps = Steps(owner, request.settings.extensions)
    try:
        for script in request.seeds:
            _apply(script, steps, watcher=watcher, owner=owner.role)
    except RefusedError as refused:
        raise HistoryError(f"the rows of `kinds.database.seed` are refused: {refused}") from None
    reaches = before is None or unsaid.reaches_others(request.entering, before)
    return filling.fill(watcher, owner, None if reaches else [script.text for script in request.entering])


def _undone(
    request: Request, before: Catalog, apply: Apply, sessions: tuple[Session, Session]
) -> Iterator[Observation]:
    """Whether the way down leads back to the schema that was there before; `sessions` are the watcher's and ours."""
    watcher, owner = sessions
    steps = Steps(owner, request.settings.extensions)
    for script in request.undoing:
        try:
            apply(script, steps)
        except RefusedError as refused:
            yield Observation(
                what="down-differs",
                address=script.path,
                message=str(refused),
                path=refused.place.path,
                line=refused.place.line,
            )
            return
    if request.undoing:
        left = [change.address for _, change in difference.by_name(before, catalog.read(watcher))]
        if left:
            more = f" and {len(left) - 5} more" if len(left) > 5 else ""
            script = request.undoing[-1]
            message = f"after the way down the schema differs from before: {', '.join(left[:5])}{more}"
            yield Observation(what="down-differs", address=script.path, message=message, path=script.path)


def _placed(changes: Iterable[tuple[Key, Change]], events: tuple[Event, ...], steps: Steps) -> Iterator[Change]:
    """The Changes with the path and line of the statement that did them, as far as a trigger told."""
    told: dict[Key, list[Event]] = {}
    for event in events:
        if event.what != "rewrite":
            told.setdefault((event.catalog, event.object), []).append(event)
    for key, change in changes:
        place = _place(change, told.get(key, ()), steps) if change.type != "privileges" else None  # told of no object
        if place is None:
            yield change
        else:
            yield msgspec.structs.replace(change, path=place.path, line=place.line)


def _place(change: Change, told: Iterable[Event], steps: Steps) -> Place | None:
    """Of what destroys the statement that did, else the first."""
    dropped = [event for event in told if event.what == "drop"]
    made = [event for event in told if event.what == "ddl"]
    events = dropped or made[-1:] if change.destructive else made or dropped
    return steps.at(events[0].at) if events else None
