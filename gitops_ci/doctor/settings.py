"""What GitHub is set to do with a repository: its protected branches, its environments, what its workflows may."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gitops_ci.model.pull_request import Unreadable

Strategy = Literal["ALLGREEN", "HEADGREEN"]
"""What a merge queue asks of a group: that each entry's checks pass, or those of the last one only."""


class Check(Struct, frozen=True):
    """A status that is required, and the GitHub App that has to set it; None: whoever can write may."""

    context: str
    app: int | None = None


class Branch(Struct, frozen=True, kw_only=True):
    """What holds for one branch, by branch protection and rulesets together. None is what could not be read.

    `bypass` are those who may merge all the same, in words. `workflows` are files of other repositories or other
    commits that an organisation requires, which a pull request cannot edit.
    """

    name: str
    protected: bool | None = True
    checks: tuple[Check, ...] | None = ()
    up_to_date: bool | None = True
    pull_request: bool | None = True
    code_owners: bool | None = True
    force_push: bool | None = False
    bypass: tuple[str, ...] = ()
    queue: Strategy | None = None
    workflows: tuple[str, ...] = ()


class Environment(Struct, frozen=True, kw_only=True):
    """An environment of GitHub; `guarded`: reviewers, an App or a policy of branches stands before its secrets."""

    name: str
    guarded: bool


class OwnersError(Struct, frozen=True, kw_only=True):
    """A line of CODEOWNERS that GitHub leaves out, and why."""

    path: str
    line: int
    message: str


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of a repository. None is what could not be read, and `unread` says so with the permission."""

    repository: str = ""
    branches: tuple[Branch, ...] = ()
    environments: tuple[Environment, ...] | None = None
    token_writes: bool | None = None
    may_approve: bool | None = None
    owners_errors: tuple[OwnersError, ...] = ()
    unread: tuple[Unreadable, ...] = ()
