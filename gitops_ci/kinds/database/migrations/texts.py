"""The text of migrations as it is applied: read, decoded and without its way down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database.migrations import sections, sets
from gitops_ci.kinds.database.migrations.sets import MigrationSet
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.sql import refusals
from gitops_ci.kinds.database.sql.refusals import MigrationError

MAX_BYTES = 4 * 1024 * 1024
"""Larger migrations are not parsed: the parse tree is about forty times as large."""


class Texts:
    """The texts of some migrations of one set, read together."""

    def __init__(self, migrations: MigrationSet, snapshot: Snapshot, wanted: Sequence[Migration]) -> None:
        self._migrations = migrations
        self._snapshot = snapshot
        self._contents = self._read(wanted)
        self._applied: dict[str, str] = {}
        self._tools: Mapping[str, str | None] | None = None

    def of(self, migration: Migration) -> str:
        """What of a migration is applied, line for line. Raises MigrationError."""
        known = self._applied.get(migration.path)
        if known is None:
            known = self._applied[migration.path] = self._applied_part(self._whole(migration))
        return known

    def way_down(self, migration: Migration) -> str | None:
        """The section that undoes a migration, line for line; None where its file has none. Raises MigrationError."""
        text = self._whole(migration)
        tool = sections.tool(text)
        return sections.down(text, tool) if tool is not None and sections.down_line(text) is not None else None

    def spellings(self) -> frozenset[str]:
        """How markers are written that not every version of their tool takes."""
        texts = (content.decode("utf-8", "replace") for content in self._contents.values())
        return frozenset(line for text in texts for _, _, line in sections.doubtful(text))

    def marked(self, migration: Migration, known: Callable[[], frozenset[str] | None]) -> None:
        """Raises MigrationError where all others of the set have the marker of a tool that refuses a file without.

        So where its tool puts other text into it, and where a way down begins with a marker that not every version of
        its tool takes, which runs what follows: unless what was merged is written so (`known`; None: there is nothing).
        """
        whole = self._whole(migration)
        filled = sections.filled(whole, migration.path.rpartition("/")[2])
        if filled is not None:
            message = f"is a template: {filled[0]} fills in variables, also within strings, so its result is not known"
            raise MigrationError("unsupported", f"{message} here", filled[1])
        doubtful = tuple(sections.doubtful(whole)) if sections.down_line(whole) is not None else ()
        merged = known() if doubtful else None
        for tool, line, written in doubtful:
            if merged is not None and written not in merged:
                how = f"write `{sections.DOWN[tool]}`, as such, at the beginning of a line and with nothing behind it"
                raise MigrationError("unsupported", f"has a marker that not every version of {tool} takes: {how}", line)
        others = [each for each in self._migrations.forward if each.path != migration.path]
        if not others or sections.tool(whole) is not None:
            return
        [content] = self._read(others[:1]).values() or (b"",)
        tool = sections.tool(content.decode("utf-8", "replace")) or ""
        if tool in sections.UP and {self._tools_of_all().get(each.path) for each in others} == {tool}:
            raise MigrationError(
                "invalid", f"has no `{sections.UP[tool]}`, as all others of the set have: {tool} refuses it", 1
            )

    def _whole(self, migration: Migration) -> str:
        content = self._contents.get(migration.path)
        if content is None:
            limit = MAX_BYTES // 1024**2
            raise MigrationError(
                "unreadable",
                f"is larger than {limit} MiB or no file of this repository: split it, or load its data otherwise",
            )
        return refusals.decoded(content)

    def _read(self, migrations: Sequence[Migration]) -> dict[str, bytes]:
        real = {migration.path: sets.real(migration.path, self._snapshot) for migration in migrations}
        found = self._snapshot.read_many([path for path in real.values() if path is not None], limit=MAX_BYTES)
        return {path: found[target] for path, target in real.items() if target is not None and target in found}

    def _applied_part(self, text: str) -> str:
        """The text without its way down, provided that every migration of the set is of that tool.

        Where one is not, another runner would run the whole file: then the section is not left out on its word.
        """
        line = sections.down_line(text)
        if line is None:
            return text
        tool = sections.tool(text)
        foreign = [path for path, its in self._tools_of_all().items() if its != tool]
        if tool is None or foreign:
            other = (
                f", but {foreign[0]} has no such markers"
                if foreign
                else " without one that says where the way up begins"
            )
            raise MigrationError(
                "unsupported", f"has a section for the way down{other}: whether it is run is not known here", line
            )
        return sections.up(text, tool)

    def _tools_of_all(self) -> Mapping[str, str | None]:
        """The tool of each migration's markers, read once."""
        if self._tools is None:
            contents = self._read(self._migrations.forward)
            self._tools = {
                each.path: sections.tool(contents.get(each.path, b"").decode("utf-8", "replace"))
                for each in self._migrations.forward
            }
        return self._tools
