"""Waivers that a change asks for: found in git, whatever the reports say of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, changed_paths
from gitops_ci.errors import ConfigError
from gitops_ci.gate.case import Case
from gitops_ci.model.finding import Finding
from gitops_ci.policy import comparison, secrets
from gitops_ci.policy.checkov import files, skips
from gitops_ci.policy.checkov.skips import Skip
from gitops_ci.policy.waivers import comments, file
from gitops_ci.policy.waivers.comments import Stood
from gitops_ci.policy.waivers.file import Entry, Waivers

_SKIP = b"skip"


class Request(Struct, frozen=True, kw_only=True):
    """Somebody asks that findings of a rule are accepted: where it is written, why, and until when if it says so.

    `source` is what is written: an entry of the waivers file, a comment, or a skip of checkov.
    """

    rule: str
    path: str
    line: int
    why: str
    source: Entry | Stood | Skip
    until: str | None = None

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is one that it means."""
        match self.source:
            case Entry():
                return self.source.names(finding.rule) and self.source.covers(finding)
            case Skip():
                line = finding.line or 0
                is_there = finding.path == self.path and self.source.begin <= line <= self.source.end
                return is_there and finding.rule == self.rule
            case _:
                return self.source.is_about(finding)


def of(case: Case) -> tuple[Request, ...]:
    """Everything that head asks for and base has not, in order of path and line."""
    found = (*_of_the_file(case), *_of_comments(case), *_of_skips(case))
    return tuple(sorted(found, key=lambda each: (each.path, each.line, each.rule)))


def waivers(end: Snapshot, case: Case) -> Waivers | None:
    """The waivers of one end; None where the file cannot be read: that is an error of its own."""
    try:
        return file.read(end, case.config.policy.waivers, case.now.date())
    except ConfigError:
        return None


def _of_the_file(case: Case) -> Iterator[Request]:
    before, after = waivers(case.base.snapshot, case), waivers(case.head.snapshot, case)
    known = Counter(each.entry for each in before.entries) if before is not None else Counter[Entry]()
    for each in after.entries if after is not None else ():
        entry = each.entry
        if known[entry] > 0:
            known[entry] -= 1
        else:
            why = f"{secrets.masked(entry.reason)} ({secrets.masked(entry.owner)})"
            yield Request(
                rule=entry.rule,
                path=case.config.policy.waivers,
                line=each.line,
                why=why,
                source=entry,
                until=entry.until,
            )


def _of_comments(case: Case) -> Iterator[Request]:
    base, head = case.base.snapshot, case.head.snapshot
    found = comments.beside(base, head, changed_paths(base, head), comparison.moves(base, head))
    for each in found.asked((*case.report.findings, *case.findings)):
        comment = each.comment
        yield Request(rule=comment.rule, path=each.path, line=comment.line, why=comment.reason, source=each)


def _of_skips(case: Case) -> Iterator[Request]:
    """Skips of checkov that are new, and those in altered blocks where something new is found."""
    if case.config.policy.checkov is None:
        return
    base, head = case.base.snapshot, case.head.snapshot
    contents = {path: each for path, each in head.stream(changed_paths(base, head)) if _SKIP in each}
    moved = comparison.moves(base, head) if contents else {}
    open_ = [each for each in (*case.report.findings, *case.findings) if each.state == "new" and not each.waived_by]
    for form, paths in files.sorted_by_form(head, contents, renders_charts=False).forms.items():
        for path in paths:
            known = skips.found(base.read(moved.get(path, path)) or b"", form, path)
            for skip in skips.found(contents[path], form, path):
                request = Request(
                    rule=f"checkov/{skip.check}",
                    path=path,
                    line=skip.begin,
                    why=secrets.masked(skip.reason) or "no reason given",
                    source=skip,
                )
                standing = skips.standing(skip, known)
                if standing == "new" or (standing == "altered" and any(map(request.covers, open_))):
                    yield request
