"""Which migrations enter which databases in a change, and whether that is production."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database import dialects
from gitops_ci.kinds.database.dialects import End
from gitops_ci.kinds.database.migrations import pointer as pointers
from gitops_ci.kinds.database.migrations import sets
from gitops_ci.kinds.database.migrations.sets import MigrationSet
from gitops_ci.kinds.database.migrations.texts import MAX_BYTES, Texts
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.sql.refusals import MigrationError
from gitops_ci.model.stack import SHARED, Stack
from gitops_ci.policy.scope import Scope

_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_BODY = re.compile(r"\bas\s+(?:(\$\w*\$).*?\1|'(?:[^']|'')*')", re.DOTALL)
_NAMED = re.compile(r'(?<!execute )\b(?:function|procedure|routine)s? (?:if exists )?(?:[\w"]+ ?\. ?)*"?(\w+)"?')


class Entering(Struct, frozen=True):
    """The migrations that one stack gets, in order, then its `scripts` (roles, seeds) that are new or differ."""

    stack: Stack
    is_production: bool
    earlier: Earlier
    migrations: tuple[Migration, ...]
    texts: Texts
    dialect: str
    scripts: frozenset[str] = frozenset()


class Earlier:
    """The text of what a database has already, read when somebody asks."""

    def __init__(self, before: MigrationSet | None, base: Snapshot | None) -> None:
        self._before = before
        self._base = base

    def mentions(self, name: str) -> bool:
        """Whether one of the migrations has a word that is this name, in whatever case."""
        if _WORD.fullmatch(name):
            return name.lower() in self._words
        return bool(self._text) and re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", self._text) is not None

    def uses(self, name: str) -> bool:
        """Whether a function of this name is there and runs by itself: a trigger names it, a default, a view, a policy.

        What other functions do is told where these are called.
        """
        if not _WORD.fullmatch(name):
            return self.mentions(name)
        used, functions = self._functions
        return name.lower() in used & functions

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self._text))

    @cached_property
    def _functions(self) -> tuple[frozenset[str], frozenset[str]]:
        """Words of what is made, but of bodies and behind FUNCTION, unless a trigger executes it; and these."""
        text = re.sub(r"\s+", " ", _BODY.sub(" ", _COMMENT.sub(" ", self._text)))
        named = frozenset(each[1] for each in _NAMED.finditer(text))
        made = (each for each in _NAMED.sub(" ", text).split(";") if each.lstrip().startswith(("create", "alter")))
        return frozenset(word for each in made for word in _WORD.findall(each)), named

    def lacks(self, name: str) -> bool:
        """Whether there are some, and none of them has that word."""
        return bool(self._text) and 'u&"' not in self._text and not self.mentions(name)

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Path and applied text of each in order, but for those that cannot be read."""
        if self._before is None or self._base is None:
            return ()
        applied = self._before.applied or ()
        texts = Texts(self._before, self._base, applied)
        found: list[tuple[str, str]] = []
        for migration in applied:
            with contextlib.suppress(MigrationError):
                found.append((migration.path, texts.of(migration)))
        return tuple(found)

    @cached_property
    def _text(self) -> str:
        if self._before is None or self._base is None:
            return ""
        real = {sets.real(migration.path, self._base) for migration in self._before.applied or ()}
        contents = self._base.read_many([path for path in real if path is not None], limit=MAX_BYTES)
        return "\n".join(content.decode("utf-8", "replace").lower() for content in contents.values())


def of(scope: Scope) -> Iterator[Entering]:
    """What enters each database of a scope; nothing for those that get nothing."""
    for stack in scope.stacks.values():
        if stack.kind != "database":
            continue
        now = sets.of(stack, scope.head)
        before = sets.of(stack, scope.base) if scope.base is not None else None
        scripts = tuple(_scripts(stack, scope))
        migrations = (*sets.entering(now, scope.head, before, scope.base), *scripts)
        if migrations:
            yield Entering(
                stack=stack,
                is_production=is_production(stack, scope.head, scope.base, scope.config),
                earlier=Earlier(before, scope.base),
                migrations=migrations,
                texts=Texts(now, scope.head, migrations),
                dialect=dialects.of_set(
                    End(before, scope.base) if before is not None and scope.base is not None else None,
                    End(now, scope.head),
                    scope.config.kinds.database.engine,
                ),
                scripts=frozenset(script.path for script in scripts),
            )


def _scripts(stack: Stack, scope: Scope) -> Iterator[Migration]:
    for script in sets.scripts(stack.path, scope.head):
        old = sets.identity(script.path, scope.base) if scope.base is not None else None
        if old is None or old != sets.identity(script.path, scope.head):
            yield script


def is_production(stack: Stack, head: Snapshot, base: Snapshot | None, config: Config) -> bool:
    """Whether this is the end of a line of promotions: an environment that none is promoted from.

    Migrations that are shared go wherever nobody says otherwise; where environments name them, each has its own say.
    That a change names those that base has, and base does not, says nothing: until then they went to production.
    """
    if stack.environment == SHARED:
        had = base is not None and bool(sets.listed(stack.path, base)) and not _is_named(stack.path, base)
        return had or not _is_named(stack.path, head)
    return all(environment.promotes_from != stack.environment for environment in config.environments)


def _is_named(directory: str, snapshot: Snapshot) -> bool:
    for place, names in snapshot.children.items():
        if not set(pointers.FILES).isdisjoint(names):
            pointer = pointers.read(place, snapshot)
            if pointer is not None and pointer.directory == directory:
                return True
    return False
