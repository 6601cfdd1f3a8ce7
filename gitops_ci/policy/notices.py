"""The rules `policy/*`: what is to be said of waivers and of the baseline themselves."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ConfigError
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.policy import baseline as baselines
from gitops_ci.policy import secrets
from gitops_ci.policy.baseline import Baseline
from gitops_ci.policy.waivers import file
from gitops_ci.policy.waivers.comments import Comments
from gitops_ci.policy.waivers.file import Entry, Numbered, Waivers

_MOST = 100
"""Requests that are told one by one."""
_OF_NO_PLAN = (".yaml", ".yml", ".json", ".sql", ".toml")
_REQUEST = "It counts once this is merged, which {who} has to approve; until then it is only asked for."
_ANEW = "Run `gitops-ci policy baseline` (what is gone is taken out of it) and commit the file."


class LookedAt(Struct, frozen=True, kw_only=True):
    """What was asked: the families of rules that answered, about everything (`whole`) or about these files and stacks.

    `planned` says that nothing that a plan is made for was without one; `changed` are the paths that a change touches,
    and `gone` those of them that head has not.
    """

    families: frozenset[str] = frozenset()
    whole: bool = False
    planned: bool = True
    paths: Collection[str] = ()
    stacks: Collection[str] = ()
    changed: Collection[str] = ()
    gone: Collection[str] = ()

    def all_of(self, entry: Entry) -> bool:
        """Whether everything that a waiver could mean was looked at."""
        if not self._answered(entry.rule, entry.path):
            return False
        if self.whole or (entry.path is not None and entry.path in self.gone):
            return True
        if entry.rule.partition("/")[0] == "secrets":  # they are looked for in what changes only
            return entry.path is not None and entry.path in self.changed
        named = [(entry.path, self.paths), (entry.stack, self.stacks)]
        return any(place in seen for place, seen in named if place is not None)

    def counted(self, entry: baselines.Entry) -> bool:
        """Whether everything that a baseline could count in an entry was looked at."""
        is_gone = entry.path is not None and entry.path in self.gone
        return is_gone or (self.whole and self._answered(entry.rule, entry.path))

    def _answered(self, rule: str, path: str | None) -> bool:
        return rule.partition("/")[0] in self.families and (self.planned or not _may_need_plan(rule, path))


def _may_need_plan(rule: str, path: str | None) -> bool:
    """Whether a rule (or a pattern of them) says something that only a plan shows."""
    family, _, name = rule.partition("/")
    match family:
        case "builtin":
            from gitops_ci import policies  # reads the package's directory

            return any(fnmatchcase(each, name) for each in policies.names() if not each.startswith("kubernetes-"))
        case "rego":
            return path is None or not path.endswith(_OF_NO_PLAN)
        case "checkov":
            return path is None  # it reads the files where there is no plan
        case _:
            return family not in ("secrets", "layout")


def expired(head: Waivers, today: datetime.date) -> Iterator[Finding]:
    """An error for every waiver whose last day is over, in head: what takes it out or renews it is not held up."""
    for each in head.entries:
        if each.entry.expired(today):
            entry, owner = each.entry, _shown(each.entry.owner)
            message = f"the waiver of {entry.rule} in {_shown(entry.place)} ended on {entry.until}; {owner} accepted it"
            help = f"{owner} mends what it was for and takes it out, or gives it another last day."
            yield finding.make("policy/waiver-expired", "error", message, help=help, path=head.path, line=each.line)


def of_waivers(rules: Waivers, head: Waivers) -> Iterator[Finding]:
    """What a change does to the waivers file: that it changes it, and each waiver that it asks for."""
    before = Counter(each.entry for each in rules.entries)
    after = Counter(each.entry for each in head.entries)
    added, removed = after - before, before - after
    if not added and not removed:
        return
    message = f"the waivers change: {added.total()} added, {removed.total()} taken out; the old ones count here"
    help = "The owners of the file have to look at it: the new ones count once this is merged."
    yield finding.make("policy/waivers-changed", "warning", message, help=help, path=head.path)
    asked = [each for each in head.entries if each.entry in added]
    yield from _at_most((_requested(head.path, each) for each in asked), len(asked), head.path)


def _requested(path: str, asked: Numbered) -> Finding:
    entry, owner = asked.entry, _shown(asked.entry.owner)
    what = f"a waiver of {entry.rule} in {_shown(entry.place)} is asked for, until {entry.until}"
    message = f"{what}, by {owner}: {_shown(entry.reason)}"
    help = _REQUEST.format(who=f"an owner of {path}")
    return finding.make("policy/waiver-requested", "warning", message, help=help, path=path, line=asked.line)


def of_comments(comments: Comments, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The comments that only ask for a waiver, and those that say something else than they should."""
    asked = comments.asked(findings)
    for path in dict.fromkeys(each.path for each in asked):
        here = [each.comment for each in asked if each.path == path]
        told = (
            finding.make(
                "policy/waiver-requested",
                "warning",
                f"a waiver of {comment.rule} is asked for in a comment: {comment.reason}",
                help=_REQUEST.format(who=f"an owner of {path}"),
                path=path,
                line=comment.line,
            )
            for comment in here
        )
        yield from _at_most(told, len(here), path)
    for each in islice(comments.malformed(), _MOST):
        yield finding.make(
            "policy/waiver-malformed",
            "warning",
            f"a comment that should waive something does not: {each.comment.problem}",
            help="Write `gitops-ci: allow RULE because REASON`, or take it out.",
            path=each.path,
            line=each.comment.line,
        )


def _at_most(told: Iterable[Finding], count: int, path: str) -> Iterator[Finding]:
    yield from islice(told, _MOST)
    if count > _MOST:
        message = f"and {count - _MOST} more waivers are asked for"
        help = "Look at the file: so many are a change of the rules."
        yield finding.make("policy/waiver-requested", "warning", message, help=help, path=path)


def unused(
    waivers: Waivers, findings: Iterable[Finding], looked_at: LookedAt, today: datetime.date
) -> Iterator[Finding]:
    """Waivers that nothing needs, where everything that they could mean was looked at."""
    used = set[Numbered]()
    for found in findings:
        if found.state != "fixed":
            used.update(each for each in waivers.about(found.rule) if each not in used and each.entry.covers(found))
            told_with = (each for rule in found.also for each in waivers.about(rule))
            used.update(each for each in told_with if each.entry.is_at(found))
    for each in waivers.entries:
        entry = each.entry
        if looked_at.all_of(entry) and not entry.expired(today) and each not in used:
            yield finding.make(
                "policy/waiver-unused",
                "notice",
                f"the waiver of {entry.rule} in {_shown(entry.place)} covers nothing any more",
                help="Take it out: it would cover what comes.",
                path=waivers.path,
                line=each.line,
            )


def of_baseline(rules: Baseline, head: Baseline, path: str) -> Iterator[Finding]:
    """What a change does to the baseline."""
    before, after = rules.counts(), head.counts()
    added, removed = after - before, before - after
    if added or removed:
        message = f"the baseline changes: {added.total()} added, {removed.total()} taken out; the old one counts here"
        help = "What is added asks for a waiver of it without an end: its owners have to look at it."
        help = help if added else "Nothing to do: it becomes smaller."
        severity: finding.Severity = "warning" if added else "notice"
        yield finding.make("policy/baseline-changed", severity, message, help=help, path=path)


def stale(baseline: Baseline, findings: Iterable[Finding], looked_at: LookedAt, path: str) -> Iterator[Finding]:
    """That the baseline counts what is gone: it would hide the same again."""
    entries = baselines.gone(findings, baseline, looked_at.counted)
    if entries:
        some = ", ".join(f"{each.rule} in {each.path or each.stack or 'the repository'}" for each in entries[:3])
        more = f" and {len(entries) - 3:,} more" if len(entries) > 3 else ""
        message = f"the baseline counts what is gone: {some}{more}"
        yield finding.make("policy/baseline-stale", "notice", message, help=_ANEW, path=path)


def invalid(rule: str, error: ConfigError, path: str) -> Iterator[Finding]:
    """That a change leaves a file that nobody could be judged by: each mistake, in its line."""
    help = "Mend it: once it is merged, no change could be judged."
    for line, text in error.mistakes or ((None, error.message),):
        yield finding.make(rule, "error", text, help=help, path=path, line=line)


def read_of_head(
    head: Snapshot, path: str, today: datetime.date, known: Waivers
) -> tuple[Waivers, tuple[Finding, ...]]:
    """Head's waivers; where they cannot be read, the `known` ones and why."""
    try:
        return file.read(head, path, today), ()
    except ConfigError as error:
        return known, tuple(invalid("policy/waivers-invalid", error, path))


def _shown(text: str) -> str:
    """A person's own words, in one line and without what looks like a secret."""
    return secrets.masked(" ".join(text.split()))
