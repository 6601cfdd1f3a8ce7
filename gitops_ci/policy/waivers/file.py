"""The waivers file: which findings are accepted by whom, why and until when."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from gitops_ci.discover import naming
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ConfigError
from gitops_ci.model.finding import Finding, Waiver
from gitops_ci.policy import rule_ids, secrets

if TYPE_CHECKING:
    from gitops_ci.config_file.document import Path

LONGEST = datetime.timedelta(days=366)
"""How far ahead a waiver may end: what nobody looks at again for a year is no exception any more."""

MANUAL = "docs/waivers.md"

NEVER = ("policy", "config", *rule_ids.OF_THE_VERDICT)
"""Families that nothing waives or hides: they say what happens to the rules themselves, and what a verdict needs."""

_BY_NAME = frozenset({"secrets"})
"""Families that a waiver has to name: a pattern over all of them is not meant for these."""


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One waiver. `rule`, `path` and `stack` may be patterns, as may `message`; what is given has to match together.

    `until` is its last day (ISO date, UTC). `wide` says that a pattern of everything is meant.
    """

    rule: Annotated[str, Meta(min_length=1, max_length=200)]
    path: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    stack: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    message: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    reason: Annotated[str, Meta(min_length=10, max_length=500)]
    owner: Annotated[str, Meta(min_length=1, max_length=100)]
    until: Annotated[str, Meta(min_length=1, max_length=10)]
    wide: bool = False

    @property
    def place(self) -> str:
        """Where it counts, in words."""
        return " in ".join(each for each in (self.path, self.stack) if each is not None)

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return datetime.date.fromisoformat(self.until) < today

    def names(self, rule: str) -> bool:
        """Whether it means findings of a rule."""
        family = rule.partition("/")[0]
        if family in NEVER or (family in _BY_NAME and not self.rule.startswith(f"{family}/")):
            return False
        return fnmatchcase(rule, self.rule)

    def is_at(self, finding: Finding) -> bool:
        """Whether it counts where a finding is."""
        return (self.path is None or (finding.path is not None and _fits(self.path, finding.path))) and (
            self.stack is None or (finding.stack is not None and _fits(self.stack, finding.stack))
        )

    def covers(self, finding: Finding) -> bool:
        """Whether a finding of a rule that it names is one that it means."""
        return self.is_at(finding) and (self.message is None or fnmatchcase(finding.message, _literal(self.message)))


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `gitops-ci-waivers.yml` may hold."""

    version: Literal[1] = 1
    waivers: tuple[Entry, ...] = ()


class Numbered(Struct, frozen=True):
    """A waiver and the line in which it stands."""

    line: int
    entry: Entry


class Waivers(Struct, frozen=True, dict=True):
    """The waivers of a file that lies at `path`."""

    path: str
    entries: tuple[Numbered, ...] = ()

    @cached_property
    def _known(self) -> dict[str, tuple[Numbered, ...]]:
        return {}

    def about(self, rule: str) -> tuple[Numbered, ...]:
        """Those that mean findings of a rule; looked for once, since findings are many and rules are few."""
        found = self._known.get(rule)
        if found is None:
            found = self._known[rule] = tuple(each for each in self.entries if each.entry.names(rule))
        return found

    def of(self, finding: Finding, today: datetime.date) -> Waiver | None:
        """Who accepts a finding; None for nobody. Of several the one that holds the longest."""
        found = [
            each for each in self.about(finding.rule) if not each.entry.expired(today) and each.entry.covers(finding)
        ]
        if not found:
            return None
        longest = max(found, key=lambda each: (each.entry.until, -each.line))
        entry = longest.entry
        owner, reason = secrets.masked(entry.owner), secrets.masked(entry.reason)
        return Waiver(what=f"{self.path}:{longest.line}", owner=owner, reason=reason, until=entry.until)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file, derived from these types (shipped as `schema/waivers-1.json`)."""
    schema = msgspec.json.schema(File)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "gitops-ci-waivers.yml", **schema}


def read(snapshot: Snapshot, path: str, today: datetime.date) -> Waivers:
    """The waivers of a snapshot; none where there is no file.

    Raises ConfigError with every problem and its line.
    """
    content = snapshot.read(path)
    if content is None:
        if path in snapshot:
            raise ConfigError(f"{path} is too large to be a list of waivers", hint=f"{MANUAL} describes it")
        return Waivers(path)
    from gitops_ci import config_file  # a YAML reader, which a repository without the file does without

    form = config_file.Form(File, "waivers-1.json", partial(_broken, today=today), File(), MANUAL)
    entries = config_file.read(content, path, form).waivers
    lines = config_file.lines(content, "waivers") if entries else ()
    return Waivers(path, tuple(map(Numbered, lines, entries)))


def _broken(file: File, today: datetime.date) -> Iterator[tuple[Path, str]]:
    """What no schema can say: dates, patterns, rules that there are, and how much one waiver may cover."""
    from gitops_ci.config_file import consistency

    for index, entry in enumerate(file.waivers):
        at: Path = ("waivers", index)
        yield from (((*at, "rule"), text) for text in _of_rule(entry.rule))
        yield from (((*at, "until"), text) for text in _of_date(entry.until, today))
        if entry.path is None and entry.stack is None:
            yield at, "expected `path` or `stack`: where it counts"
        for key, pattern in (("path", entry.path), ("stack", entry.stack)):
            yield from (((*at, key), text) for text in consistency.of_pattern(pattern or "."))
            if "{" in (pattern or ""):
                yield (*at, key), "expected * for what may be anything: {…} is no pattern here"
        if not entry.wide and (text := _wide(entry)):
            yield at, text


def _of_rule(rule: str) -> Iterator[str]:
    family = rule.partition("/")[0]
    if family in NEVER:
        yield f"{family}/* cannot be waived: it is about what decides, and not about what was found"
    elif text := rule_ids.problem(rule):
        yield text


def _of_date(until: str, today: datetime.date) -> Iterator[str]:
    try:
        last = datetime.date.fromisoformat(until)
    except ValueError:
        last = None
    if last is None or last.isoformat() != until:
        yield "expected a date as 2027-01-31"
    elif last > today + LONGEST:
        yield f"expected a date within a year, at the latest {(today + LONGEST).isoformat()}"


def _wide(entry: Entry) -> str:
    """Why an entry covers more than one looks at; empty where it does not."""
    family = entry.rule.partition("/")[0]
    if not family.replace("*", ""):
        return f"the rule {entry.rule} is all families: name one, or add `wide: true` if that is meant"
    places = [pattern for pattern in (entry.path, entry.stack) if pattern is not None]
    if places and not any(pattern.replace("*", "").replace("?", "").replace("/", "") for pattern in places):
        return f"{entry.place} is everywhere: name a folder or a stack, or add `wide: true` if that is meant"
    return ""


def _fits(pattern: str, place: str) -> bool:
    return naming.compiled(pattern).fullmatch(place) is not None


def _literal(pattern: str) -> str:
    """A pattern in which only `*` stands for something else."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
