"""A case: everything that the rules of the gate look at. Each rule family is a function from a Case to reasons."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate.promoted import Promoted
from gitops_ci.model.finding import Finding
from gitops_ci.model.pull_request import PullRequest
from gitops_ci.model.report import Report
from gitops_ci.model.stack import AffectedStack


class Case(Struct, frozen=True, kw_only=True):
    """One head into one base, and who says what about it. All is data: nothing of the pull request is run.

    `base` is the base branch's tip (its `config` decides), `head` is what the branch will have after the merge.
    `stacks` are what the change affects, found out here and not taken from the reports; `report` is what all reports
    say together. `planned_on` is the base that the reports were made against: another commit than `base` where the
    branch has moved since, None where git does not have it. `promoted` is what git's history says of promotions
    (`system.promoted`), None where nobody asked. `proposed` is head's own configuration where it differs.
    `findings` are what the static rules say of both ends, found out here as well.
    `pull_requests` are one, or all of a merge queue's group; none for a push. `now` is the time in UTC.
    """

    config: Config
    config_path: str
    base: Inventory
    head: Inventory
    stacks: tuple[AffectedStack, ...]
    report: Report
    now: datetime
    findings: tuple[Finding, ...] = ()
    pull_requests: tuple[PullRequest, ...] = ()
    planned_on: Snapshot | None = None
    promoted: Promoted | None = None
    proposed: Config | None = None
