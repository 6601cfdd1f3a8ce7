"""What changes do beside what they say of their own objects: what runs on with nobody for it, what nobody looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gitops_ci.model.plan import COUNTED, Action, Change
from gitops_ci.model.report import Report
from gitops_ci.render import outline, words
from gitops_ci.render.outline import Row

_APPLICATION = "argoproj.io/Application"
_NAMED = 3


def left_behind(row: Row) -> list[Change]:
    """Objects of a cluster that keep running and that nobody manages any more.

    Of an Application it is what it deployed that does, which its own stack tells.
    """
    if row.plan is None or not row.is_of_a_cluster:
        return []
    return [each for each in row.plan.changes if each.action == "forget" and each.type != _APPLICATION]


def left_running(shown: Iterable[Row]) -> int:
    """How many of these there are."""
    return sum(len(left_behind(row)) for row in shown)


def unseen(shown: Iterable[Row]) -> str:
    """What was not looked at, as it is not in the repository, in a few words; empty for nothing."""
    found = {(each.sort, each.what) for row in shown if row.plan for each in row.plan.unseen}
    charts = sum(sort == "chart" for sort, _ in found)
    others = len(found) - charts
    said = ["1 chart of a registry" if charts == 1 else f"{charts:,} charts of registries"] if charts else []
    said += [words.several(others, "source") + " elsewhere"] if others else []
    return f"{words.both(said)} {'was' if len(found) == 1 else 'were'} not looked at" if said else ""


def unread(report: Report) -> str:
    """The changed files that no stack reads, or where many of them lie; empty for none."""
    paths = report.unread.paths
    if report.unread.count <= _NAMED:
        return words.both(list(paths))
    folders = Counter(path.rpartition("/")[0] or "the root" for path in paths)
    named = [f"{folder} ({count:,})" for folder, count in folders.most_common(_NAMED)]
    rest = report.unread.count - sum(count for _, count in folders.most_common(_NAMED))
    return words.both([*named, f"{rest:,} elsewhere"] if rest else named)


def said(shown: Iterable[Row], actions: Iterable[Action] = COUNTED) -> str:
    """The counts of those actions in words: `1 create, 4 left behind`; empty for none."""
    several = tuple(shown)
    sums = outline.totals(several)
    left = left_running(several)
    found = {action: sums[action] - (left if action == "forget" else 0) for action in actions if action in sums}
    return ", ".join(filter(None, (words.counts(found), f"{left:,} left behind" if left else "")))
