"""Cases to judge: a repository of two environments, a pull request, its reports, and what may differ in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from gitops_ci import config as configuration
from gitops_ci import config_file
from gitops_ci.discover import affected, inventory, snapshot
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate.case import Case
from gitops_ci.kinds import catalog
from gitops_ci.model.plan import Plan
from gitops_ci.model.pull_request import Commit, Label, Neighbour, Person, PullRequest, Review
from gitops_ci.model.report import Part, Planned, Report, Tool

NOW = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)  # a Friday
HEAD, TIP, OLDER = "a" * 40, "b" * 40, "0" * 40
NETWORK, DNS = "production/terraform/network", "staging/terraform/dns"
FILES: Mapping[str, str] = {
    "environments/production/terraform/network/main.tf": 'terraform {\n  backend "s3" {}\n}\nmodule "vpc" {\n  source = "../../../../modules/vpc"\n}\n',
    "environments/staging/terraform/dns/main.tf": 'terraform {\n  backend "s3" {}\n}\n',
    "modules/vpc/main.tf": 'resource "x" "y" {}\n',
    "modules/other/main.tf": "",
    "README.md": "words",
}
CHANGED: Mapping[str, str] = {"environments/production/terraform/network/more.tf": "locals {}\n"}
ANN, BEN, EVE = Person("ann"), Person("ben"), Person("eve")


def tree(files: Mapping[str, str], commit: str | None) -> Snapshot:
    made = snapshot.of(files)
    return Snapshot(commit=commit, tree=made.tree, entries=made.entries, blobs=made._blobs)


def taken(end: Snapshot, config: configuration.Config) -> Inventory:
    return inventory.take(end, config, catalog.ALL)


def pull(**given: Any) -> PullRequest:
    """#7 by eve, who made and pushed all of it, to main; ann and ben may write."""
    usual: dict[str, Any] = {
        "number": 7,
        "author": EVE,
        "open": True,
        "draft": False,
        "fork": False,
        "base_ref": "main",
        "base_tip": TIP,
        "head": HEAD,
        "commits": (Commit(sha=HEAD, people=(EVE,)),),
        "pushers": (EVE,),
        "rights": {"ann": "write", "ben": "write", "eve": "write", "kim": "read"},
    }
    return PullRequest(**(usual | given))


def approved(by: Person, commit: str = HEAD) -> Review:
    return Review(id=1, by=by, state="approved", commit=commit, at=NOW)


def labelled(name: str, by: Person | None = ANN) -> Label:
    return Label(name=name, by=by, at=NOW)


def neighbour(number: int, *paths: str, author: Person = BEN) -> Neighbour:
    return Neighbour(number=number, author=author, head="c" * 40, paths=paths)


class Scene(msgspec.Struct, kw_only=True):
    """What a case is made of: files that base has beside or instead of the usual ones, and what head changes."""

    config: str = ""
    base: Mapping[str, str | None] = {}
    changed: Mapping[str, str | None] = msgspec.field(default_factory=lambda: dict(CHANGED))
    planned_on: Mapping[str, str | None] | None = {}
    plans: tuple[Plan, ...] | None = None
    report: Mapping[str, Any] = {}
    pull_requests: tuple[PullRequest, ...] = (pull(),)
    now: datetime = NOW

    def case(self) -> Case:
        """`planned_on` is how the base was otherwise when the plans were made; None where git lacks it."""
        decides = {configuration.FILE: f"version: 1\n{self.config}"} if self.config else {}
        before = with_files(FILES, {**decides, **self.base})
        after = with_files(before, self.changed)
        content = before.get(configuration.FILE)
        config = config_file.load(content.encode()) if content else configuration.DEFAULT
        base, head = taken(tree(before, TIP), config), taken(tree(after, None), config)
        stacks = affected.between(base, head)
        earlier = with_files(before, self.planned_on) if self.planned_on is not None else None
        planned_on = tree(earlier, OLDER if self.planned_on else TIP) if earlier is not None else None
        made = tuple(Plan(stack=stack.id, status="unchanged") for stack in stacks)
        report: dict[str, Any] = {
            "tool": Tool("0"),
            "pull_request": 7,
            "base": planned_on.commit if planned_on is not None else OLDER,
            "base_ref": "main",
            "head": HEAD,
            "planned": Planned(commit=None, tree=head.snapshot.tree),
            "config_digest": configuration.digest(planned_on.read(configuration.FILE) if planned_on else None),
            "started_at": "2026-11-27T17:00:00+00:00",
            "seconds": 1.0,
            "stacks": stacks,
            "plans": made if self.plans is None else self.plans,
            "part": Part(expected=tuple(stack.id for stack in stacks)),
        }
        return Case(
            config=config,
            config_path=configuration.FILE,
            base=base,
            head=head,
            stacks=stacks,
            report=Report(**(report | dict(self.report))),
            now=self.now,
            pull_requests=self.pull_requests,
            planned_on=planned_on,
            proposed=_proposed(before, after),
        )


def with_files(files: Mapping[str, str], other: Mapping[str, str | None]) -> dict[str, str]:
    """The files with others, of which None are none."""
    return {path: content for path, content in {**files, **other}.items() if content is not None}


def _proposed(before: Mapping[str, str], after: Mapping[str, str]) -> configuration.Config | None:
    was, now = before.get(configuration.FILE), after.get(configuration.FILE)
    if was == now:
        return None
    return config_file.load(now.encode()) if now is not None else configuration.DEFAULT
