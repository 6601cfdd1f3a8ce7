"""What every rendering tells and in which order: production first, destroys first, the same change only once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from gitops_ci.model.finding import SEVERITIES, Finding, Severity, Waiver
from gitops_ci.model.plan import COUNTED, DESTRUCTIVE, Action, Change, Plan
from gitops_ci.model.report import Report
from gitops_ci.model.stack import SHARED
from gitops_ci.model.verdict import Decision
from gitops_ci.render import selection, words
from gitops_ci.render.untrusted import cut

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


FAILED = frozenset({"fail", "error"})
"""Statuses of a check that does not hold."""
_NAMED = 3
"""Objects that are named where they are only counted."""
RELEVANT = "The plan builds on what changed here, outside of the repository"
IRRELEVANT = "Changed outside of the repository as well; the plan does not build on it"


class Row(Struct, frozen=True):
    """One stack as it is shown; `plan` is None where there is none, `findings` are new ones that nobody waived.

    `changed`: there is something to tell about what would happen. `destroys` are the changes that lose something.
    """

    id: str
    environment: str
    label: str
    plan: Plan | None
    findings: tuple[Finding, ...]
    changed: bool
    destroys: tuple[Change, ...]

    @property
    def unplanned(self) -> bool:
        """Whether nobody knows what would happen."""
        return self.plan is None or self.plan.status in {"failed", "skipped"}

    @property
    def is_about_rules(self) -> bool:
        """Whether what it loses are protections and no objects: a stack of policies and permissions."""
        return self.label.startswith("security/")

    @property
    def is_of_a_cluster(self) -> bool:
        """Whether it is a stack of Kubernetes, whose objects run on where nobody deletes them."""
        return self.label.startswith("kubernetes/")

    @property
    def notable(self) -> bool:
        """Whether there is anything to say about it: changes, findings, failed checks, what base would change."""
        if self.changed or self.unplanned or self.findings or self.plan is None:
            return True
        return bool(self.plan.pending) or any(check.status in FAILED for check in self.plan.checks)


def shown(plan: Plan) -> tuple[list[Change], list[Change], list[Change]]:
    """The changes that are shown one by one, those that lose something first; those of formatting only; the reads."""
    lost: list[Change] = []
    others: list[Change] = []
    formatting: list[Change] = []
    reads: list[Change] = []
    for change in plan.changes:
        if change.action == "read":
            reads.append(change)
        elif destroys(change):
            lost.append(change)
        else:
            (formatting if selection.formatting_only(change) else others).append(change)
    return lost + others, formatting, reads


def drift(plan: Plan) -> tuple[list[Change], list[Change]]:
    """What drifted: that on which the plan builds, and the rest."""
    return (
        [change for change in plan.drift if change.relevant],
        [change for change in plan.drift if not change.relevant],
    )


def counted(formatting: Sequence[Change], reads: Sequence[Change]) -> list[str]:
    """What is told by number and first names only."""
    said = []
    if formatting:
        verb = "differs" if len(formatting) == 1 else "differ"
        said.append(f"{words.several(len(formatting), 'update')} {verb} only in formatting: {_addresses(formatting)}")
    if reads:
        verb = "alters" if len(reads) == 1 else "alter"
        said.append(f"{words.several(len(reads), 'step')} that {verb} nothing: {_addresses(reads)}")
    return said


def _addresses(changes: Sequence[Change]) -> str:
    return words.some([cut(change.address, 100) for change in changes[:_NAMED]], _NAMED, of=len(changes))


def partial(plan: Plan) -> str:
    """That a plan failed after it had found changes; empty where it did not."""
    return (
        "partial: the plan failed, there may be more changes than these"
        if plan.status == "failed" and plan.changes
        else ""
    )


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
            _row(stack, environment, label or stack, plan, tuple(findings.get(stack, ()))) for plan in several or [None]
        ]
    order = {name: index for index, name in enumerate(environments)} | {SHARED: len(environments) + 1}
    return tuple(
        sorted(found, key=lambda row: (order.get(row.environment, len(environments)), row.environment, row.label))
    )


def _row(stack: str, environment: str, label: str, plan: Plan | None, found: tuple[Finding, ...]) -> Row:
    if plan is None:
        return Row(stack, environment, label, plan, found, changed=False, destroys=())
    changed = bool(plan.drift or plan.outputs) or any(change.action != "read" for change in plan.changes)
    lost = tuple(change for change in plan.changes if destroys(change))
    return Row(stack, environment, label, plan, found, changed=changed, destroys=lost)


def reach(report: Report, shown: Sequence[Row]) -> str:
    """How many of all stacks are affected; nothing of a report that is about policies only and asked for no plan."""
    if is_about_policies(report):
        return ""
    return f"{len(shown):,} of {words.several(max(report.stacks_total, len(shown)), 'stack')} affected"


def is_about_policies(report: Report) -> bool:
    """Whether a report has no part in a change as a whole: `policy run` wrote it."""
    return report.part is None and bool(report.policies)


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


def new(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that this change brings and nobody waived, worst first."""
    fresh = [finding for finding in findings if finding.state == "new" and finding.waived_by is None]
    return sorted(
        fresh, key=lambda finding: (SEVERITIES.index(finding.severity), finding.path or "", finding.line or 0)
    )


def elsewhere(findings: Iterable[Finding], shown: Iterable[Row]) -> list[Finding]:
    """New findings that no row has: in what several stacks read, or in no stack's files."""
    named = {row.id for row in shown}
    return [each for each in new(findings) if each.stack not in named]


def stacks(group: Iterable[Finding]) -> list[str]:
    """The stacks that findings are about, where their files do not tell: those of a plan point into shared modules."""
    named = dict.fromkeys(each.stack for each in group if each.address is not None and each.path is not None)
    return [each for each in named if each]


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


def also(group: Iterable[Finding]) -> tuple[str, ...]:
    """The rules of other tools that say the same."""
    return tuple(sorted({rule for finding in group for rule in finding.also}))


def waived(findings: Iterable[Finding]) -> list[tuple[Finding, Waiver]]:
    """Findings that somebody accepted, with the waiver, by rule and place."""
    found = [(finding, finding.waived_by) for finding in findings if finding.waived_by and finding.state != "fixed"]
    return sorted(found, key=lambda pair: (pair[0].rule, pair[0].path or "", pair[0].line or 0, pair[0].stack or ""))


def places(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same about several places, together; in the order of their first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.rule, finding.message, finding.help), []).append(finding)
    return list(groups.values())
