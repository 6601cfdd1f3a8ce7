"""What every rendering tells and in which order: production first, destroys first, the same change only once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from gitops_ci.model.finding import SEVERITIES, Finding, Severity
from gitops_ci.model.plan import COUNTED, DESTRUCTIVE, Action, Change, Plan
from gitops_ci.model.report import Report
from gitops_ci.model.stack import SHARED
from gitops_ci.model.verdict import Decision

SIGNS: dict[Action, str] = {
    "create": "+", "update": "~", "replace": "±", "delete": "-", "import": "↓", "move": "→", "forget": "↑", "read": "?",
    "invoke": "!",
}  # fmt: skip
MARKS: dict[Severity, str] = {"error": "✗", "warning": "⚠", "notice": "•"}
VERDICTS: dict[Decision, tuple[str, str]] = {
    "pass": ("✅", "Pass"),
    "blocked": ("⛔", "Blocked"),
    "undecided": ("⚠️", "Undecided"),
}

_HIDDEN = {"path": None, "line": None}


class Row(Struct, frozen=True):
    """One stack as it is shown; `plan` is None where there is none, `findings` are new ones that nobody waived."""

    id: str
    environment: str
    label: str
    plan: Plan | None
    findings: tuple[Finding, ...]

    @property
    def changed(self) -> bool:
        """Whether there is anything to tell about what would happen."""
        return bool(self.plan and (objects(self.plan) or self.plan.drift or self.plan.outputs))

    @property
    def unplanned(self) -> bool:
        """Whether nobody knows what would happen."""
        return self.plan is None or self.plan.status in {"failed", "skipped"}

    @property
    def destroys(self) -> tuple[Change, ...]:
        """The changes that lose something."""
        return tuple(change for change in self.plan.changes if destroys(change)) if self.plan else ()


class Told(Struct, frozen=True):
    """A row whose changes are told for others, too; not `exact` where values differ in the environments' names."""

    row: Row
    others: tuple[Row, ...] = ()
    exact: bool = True

    def same(self) -> str:
        """Where else the same happens, as plain words; empty for nowhere else."""
        if not self.others:
            return ""
        names = ", ".join(dict.fromkeys(other.environment for other in self.others))
        return f"same in {names}" + ("" if self.exact else ", but for the environment's name")


def objects(plan: Plan) -> list[Change]:
    """The changes that are shown one by one, those that lose something first; reads alter nothing."""
    return sorted(
        (change for change in plan.changes if change.action != "read"), key=lambda change: not destroys(change)
    )


def reads(plan: Plan) -> int:
    """How many changes only read something, or alter nothing that is kept."""
    return sum(change.action == "read" for change in plan.changes)


def destroys(change: Change) -> bool:
    """Whether a change deletes, replaces or otherwise loses something."""
    return change.destructive or change.action in DESTRUCTIVE


def rows(report: Report, environments: Sequence[str] = ()) -> tuple[Row, ...]:
    """Every affected or planned stack, by environment as displayed (unlisted after, shared last), then by name."""
    findings: dict[str, list[Finding]] = defaultdict(list)
    for finding in new(report.findings):
        findings[finding.stack or ""].append(finding)
    plans: dict[str, list[Plan | None]] = {stack.id: [] for stack in report.stacks}
    for plan in report.plans:
        plans.setdefault(plan.stack, []).append(plan)
    found = []
    for stack, several in plans.items():
        environment, _, label = stack.partition("/")
        found += [
            Row(stack, environment, label or stack, plan, tuple(findings.get(stack, ()))) for plan in several or [None]
        ]
    order = {name: index for index, name in enumerate(environments)} | {SHARED: len(environments) + 1}
    return tuple(
        sorted(found, key=lambda row: (order.get(row.environment, len(environments)), row.environment, row.label))
    )


def by_environment(shown: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows under their environment, in the order they come."""
    groups: dict[str, list[Row]] = {}
    for row in shown:
        groups.setdefault(row.environment, []).append(row)
    return groups


def weight(row: Row) -> int:
    """How much a reviewer needs to see a row; less is more: failed, destroying, with errors, changed, the rest."""
    if row.unplanned:
        return 0
    if row.destroys:
        return 1
    if any(finding.severity == "error" for finding in row.findings):
        return 2
    return 3 if row.changed else 4


def told(shown: Sequence[Row]) -> tuple[Told, ...]:
    """Rows with changes, in order, where those that change alike in several environments are one."""
    namesakes: dict[str, list[Row]] = defaultdict(list)
    for row in shown:
        if row.changed:
            namesakes[row.label].append(row)
    firsts: dict[int, Told] = {}
    for several in namesakes.values():
        for each in _alike(several):
            firsts[id(each.row)] = each
    return tuple(firsts[id(row)] for row in shown if id(row) in firsts)


def _alike(several: list[Row]) -> list[Told]:
    """Namesakes from several environments; those that differ only in their environments' names are told together."""
    if len(several) == 1:
        return [Told(several[0])]
    groups: dict[tuple[str, bytes], list[tuple[Row, bytes]]] = defaultdict(list)
    for row in several:
        content = _content(row)
        neutral = content.replace(row.environment.encode("utf-8", "surrogatepass"), b"\0")
        groups[row.plan.status if row.plan else "", neutral].append((row, content))
    return [
        Told(first, tuple(row for row, _ in others), all(each == content for _, each in others))
        for (first, content), *others in groups.values()
    ]


def _content(row: Row) -> bytes:
    if row.plan is None:
        return b""
    parts = (row.plan.changes, row.plan.drift, row.plan.outputs)
    bare = [[msgspec.structs.replace(change, **_HIDDEN) for change in part] for part in parts]
    try:
        return msgspec.json.encode(bare)
    except (ValueError, TypeError, OverflowError, RecursionError):  # half a surrogate pair, or no JSON at all
        return repr(bare).encode("utf-8", "surrogatepass")


def new(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that this change brings and nobody waived, worst first."""
    fresh = [finding for finding in findings if finding.state == "new" and finding.waived_by is None]
    return sorted(
        fresh, key=lambda finding: (SEVERITIES.index(finding.severity), finding.path or "", finding.line or 0)
    )


def totals(shown: Iterable[Row]) -> dict[Action, int]:
    """How many changes of each counted action, over several stacks; only those that occur."""
    sums = dict.fromkeys(COUNTED, 0)
    for row in shown:
        if row.plan:
            for action in COUNTED:
                sums[action] += row.plan.summary.of(action)
    return {action: count for action, count in sums.items() if count}


def drifted(shown: Iterable[Row]) -> int:
    """How many objects differ from what was last applied."""
    return sum(len(row.plan.drift) for row in shown if row.plan)


def severities(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings of each severity, worst first; only those that occur."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return {severity: count for severity, count in counts.items() if count}


def places(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same about several places, together; in the order of their first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.rule, finding.message, finding.help), []).append(finding)
    return list(groups.values())
