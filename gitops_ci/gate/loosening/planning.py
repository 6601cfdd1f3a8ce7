"""What a change does to what decides about changes, as a plan of kind `security` for whoever reads it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from gitops_ci.config import Config
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import changed_paths
from gitops_ci.gate import deciding_files
from gitops_ci.gate.deciding_files import Role
from gitops_ci.gate.loosening import configuration, files
from gitops_ci.model import plan as plans
from gitops_ci.model import stack as stacks
from gitops_ci.model.plan import Change, Plan
from gitops_ci.model.report import Report
from gitops_ci.model.stack import SHARED, AffectedStack, Reason

_NAME = "gitops-ci"
_ORDER = ("gate", "environment", "policy", "owners", "workflow", "waiver", "baseline")


class Sides(Struct, frozen=True, kw_only=True):
    """Both ends of a change. `proposed` is head's own configuration where it is another one that can be read."""

    config: Config
    config_path: str
    base: Inventory
    head: Inventory
    today: datetime.date
    proposed: Config | None = None

    def deciding(self) -> dict[str, Role]:
        """The changed files that decide, by either configuration, each with its role; base's comes first."""
        changed = changed_paths(self.base.snapshot, self.head.snapshot)
        later = deciding_files.among(changed, self.proposed, self.config_path) if self.proposed is not None else {}
        return later | deciding_files.among(changed, self.config, self.config_path)


def changes(sides: Sides) -> tuple[Change, ...]:
    """What becomes of each thing that decides; `destructive` is what asks for less than before, or may."""
    base, head = sides.base.snapshot, sides.head.snapshot
    found: list[Change] = []
    if sides.proposed is not None:
        found += configuration.changes(sides.config, sides.proposed, sides.config_path)
    deciding = sides.deciding()
    shown = frozenset(_shown_by_stacks(deciding, sides))
    for path, role in deciding.items():
        if role == "waivers":
            found += files.waivers(path, base, head, sides.today)
        elif role == "baseline":
            found += files.baselines(path, base, head)
        elif role in ("workflow", "policy") and path not in shown:
            found.append(files.changed(path, role, base, head))
    if "owners" in deciding.values():
        found += files.owners(base, head)
    return tuple(sorted(found, key=_order))


def _order(change: Change) -> tuple[bool, int, str]:
    """What loosens first."""
    rank = _ORDER.index(change.type) if change.type in _ORDER else len(_ORDER)
    return not change.destructive, rank, change.address


def _shown_by_stacks(paths: Iterable[str], sides: Sides) -> Iterator[str]:
    """Policies that are a stack of their own, whose plan tells more than that they changed."""
    several = tuple(paths)
    for end in (sides.base, sides.head):
        ids = frozenset(id for id, stack in end.stacks.items() if stack.kind == "security")
        for reach in end.graph.reached(several, ids).values():
            yield from (reason.path for reason in reach.reasons)


def shown(report: Report, sides: Sides) -> Report:
    """The report with one stack more, `shared/security/gitops-ci`, whose plan are those changes; else as it is.

    It is for whoever reads: add it once all is judged, since no job plans that stack.
    """
    found = changes(sides)
    if not found:
        return report
    stack = _stack(sides)
    plan = Plan(stack=stack.id, status="changed", summary=plans.summarise(found), changes=found)
    return structs.replace(report, stacks=(*report.stacks, stack), plans=(*report.plans, plan))


def _stack(sides: Sides) -> AffectedStack:
    """No folder's stack can be called the same: whoever made one could hide behind it."""
    name = _NAME
    while stacks.stack_id(SHARED, "security", name) in {*sides.base.stacks, *sides.head.stacks}:
        name += "'"
    return AffectedStack(
        id=stacks.stack_id(SHARED, "security", name),
        environment=SHARED,
        kind="security",
        name=name,
        path=sides.config_path,
        change="modified",
        certainty="direct",
        reasons=tuple(map(Reason, sorted(sides.deciding()))),
    )
