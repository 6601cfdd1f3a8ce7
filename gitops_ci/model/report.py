"""The Report: everything one run learned, the one artifact (schema `gitops-ci/report/1`)."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct, field

from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.run import Run
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import Verdict, VerdictReason

SCHEMA: Final = "gitops-ci/report/1"


class Tool(Struct, frozen=True):
    """The gitops-ci that wrote the report."""

    version: str


class Planned(Struct, frozen=True, kw_only=True):
    """What was planned: `commit` is None for a work tree, `tree` always names the content."""

    commit: str | None
    tree: str


class Part(Struct, frozen=True, kw_only=True):
    """What one report knows of the whole change, for whoever merges it with others.

    `expected` are the ids of all stacks that a verdict has to know, `reasons` what this report's own plans and findings
    give (as they count in their environment). `environments` are in the order in which they are shown. `detail` and
    `comment` are what base's configuration says of the comment: whoever publishes has no checkout.
    """

    expected: tuple[str, ...] = ()
    reasons: tuple[VerdictReason, ...] = ()
    environments: tuple[str, ...] = ()
    detail: Literal["full", "summary"] = "full"
    comment: Literal["update", "new"] = "update"


class Unread(Struct, frozen=True, kw_only=True):
    """Changed files that no stack reads: how many, and the first of their paths, sorted."""

    count: int = 0
    paths: tuple[str, ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """Base and head are commits (head is None for a work tree); `seconds` is wall time.

    `base_ref` is the branch that the pull request goes to.
    `policies` are the checkers that were asked.
    """

    schema: Literal["gitops-ci/report/1"] = SCHEMA
    tool: Tool
    repository: str | None = None
    pull_request: int | None = None
    base: str | None
    base_ref: str | None = None
    head: str | None
    planned: Planned
    config_digest: str
    run: Run | None = None
    started_at: str
    seconds: float
    stacks_total: int = 0
    stacks: tuple[AffectedStack, ...] = ()
    changed_files: int = 0
    unread: Unread = Unread()
    plans: tuple[Plan, ...] = ()
    findings: tuple[Finding, ...] = ()
    policies: tuple[PolicyRun, ...] = ()
    verdict: Verdict | None = field(default=None)
    part: Part | None = None
