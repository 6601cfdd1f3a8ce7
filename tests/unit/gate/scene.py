"""A small repository, a pull request of it and what people say there: what the scenarios of the gate are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal

import msgspec

from gitops_ci import config_file
from gitops_ci.config import Config
from gitops_ci.discover import affected, inventory, snapshot
from gitops_ci.discover.inventory import Inventory
from gitops_ci.gate import verdict
from gitops_ci.gate.case import Case
from gitops_ci.kinds import catalog
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Change, Plan
from gitops_ci.model.pull_request import Commit, Label, Person, PullRequest, Review, Right
from gitops_ci.model.report import Planned, Report, Tool
from gitops_ci.model.verdict import Decision, VerdictReason

HEAD, OLDER, TIP = "f" * 40, "e" * 40, "b" * 40
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
NETWORK, DATABASE = "production/terraform/network", "production/terraform/database"
NETWORK_FILE = f"environments/{NETWORK}/main.tf"
DATABASE_FILE = f"environments/{DATABASE}/main.tf"
STAGING_FILE = "environments/staging/terraform/network/main.tf"
MODULE_FILE = "modules/vpc/main.tf"
ROOT = """terraform {
  backend "s3" {
    bucket = "acme"
    key    = "%s"
  }
}
"""
USES_MODULE = """
module "vpc" {
  source = "../../../../modules/vpc"
}
"""
FILES = {
    "README.md": "# Infrastructure\n",
    NETWORK_FILE: ROOT % "production/network" + USES_MODULE,
    DATABASE_FILE: ROOT % "production/database",
    STAGING_FILE: ROOT % "staging/network" + USES_MODULE,
    MODULE_FILE: 'variable "name" {\n  type = string\n}\n',
}
ALICE, BOB, CAROL, DAVE, ERIN = (Person(name) for name in ("alice", "bob", "carol", "dave", "erin"))
BOT = Person("renovate[bot]", bot=True)
RIGHTS: Mapping[str, Right] = {
    **dict.fromkeys(("alice", "bob", "carol", "dave"), "write"),
    "erin": "read",
    "renovate[bot]": "write",
}
State = Literal["approved", "changes_requested", "commented", "dismissed"]


def review(by: Person | str, state: State = "approved", *, commit: str = HEAD, minute: int = 0) -> Review:
    """A review, so many minutes after noon."""
    person = Person(by) if isinstance(by, str) else by
    return Review(id=minute + 1, by=person, state=state, commit=commit, at=NOW + timedelta(minutes=minute))


def pull(*reviews: Review, **given: Any) -> PullRequest:
    """A pull request of alice, with one commit that she wrote and pushed; everybody but erin may write."""
    told: dict[str, Any] = {
        "number": 7,
        "author": ALICE,
        "open": True,
        "draft": False,
        "fork": False,
        "base_ref": "main",
        "base_tip": TIP,
        "head": HEAD,
        "reviews": reviews,
        "commits": (Commit(sha=HEAD, people=(ALICE,)),),
        "pushers": (ALICE,),
        "rights": RIGHTS,
    }
    return PullRequest(**(told | given))


def label(name: str, by: Person | None = BOB) -> Label:
    """A label that somebody set."""
    return Label(name=name, by=by, at=NOW)


@cache
def configured(text: str) -> Config:
    """A configuration as it is written, without its version."""
    return config_file.load(f"version: 1\n{text}".encode())


def case(
    *pull_requests: PullRequest,
    config: str = "",
    changes: Mapping[str, str | None] | None = None,
    files: Mapping[str, str] | None = None,
    plans: Iterable[Plan] = (),
    findings: Iterable[Finding] = (),
    **given: Any,
) -> Case:
    """A change of the network of production, or what `changes` says (None: the file is deleted), beside `files`."""
    before = {**FILES, **(files or {})}
    after = {**before, **(changes if changes is not None else {NETWORK_FILE: before[NETWORK_FILE] + "# other\n"})}
    base = _taken(tuple(before.items()), config)
    head = _taken(tuple((path, text) for path, text in after.items() if text is not None), config)
    stacks = affected.between(base, head)
    report = Report(
        tool=Tool("1"),
        base=TIP,
        base_ref="main",
        head=HEAD,
        planned=Planned(commit=HEAD, tree=head.snapshot.tree),
        config_digest="",
        started_at=NOW.isoformat(),
        seconds=0.0,
        stacks=stacks,
        plans=tuple(plans),
        findings=tuple(findings),
    )
    made = Case(
        config=configured(config),
        config_path="gitops-ci.yml",
        base=base,
        head=head,
        stacks=stacks,
        report=report,
        now=NOW,
        pull_requests=pull_requests,
    )
    return msgspec.structs.replace(made, **given)


@cache
def _taken(files: tuple[tuple[str, str], ...], config: str) -> Inventory:
    return inventory.take(snapshot.of(dict(files)), configured(config), catalog.ALL)


def decision(reasons: Iterable[VerdictReason]) -> Decision:
    """What the reasons come to."""
    return verdict.of(reasons, plans=(), judges_pull_request=True).decision


def told(reasons: Iterable[VerdictReason]) -> list[tuple[str, str]]:
    """Rule and decision of each."""
    return [(reason.rule, reason.decision) for reason in reasons]


def plan(*changes: Change, stack: str = NETWORK) -> Plan:
    """A plan with these changes."""
    return Plan(stack=stack, status="changed", changes=changes)


def rights(**of: Right) -> Mapping[str, Right]:
    """Everybody's rights, with these instead."""
    return {**RIGHTS, **of}


def without(pull_request: PullRequest, index: int) -> PullRequest:
    """The same without one of its reviews."""
    reviews = pull_request.reviews
    assert isinstance(reviews, tuple)
    return msgspec.structs.replace(pull_request, reviews=reviews[:index] + reviews[index + 1 :])


def each_without(pull_request: PullRequest) -> Iterator[PullRequest]:
    """The same without each of its approvals."""
    reviews = pull_request.reviews
    for index, each in enumerate(reviews if isinstance(reviews, tuple) else ()):
        if each.state == "approved":
            yield without(pull_request, index)
