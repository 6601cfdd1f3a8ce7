"""A repository's settings that a gate depends on; what may not be read is named with its permission."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from gitops_ci.doctor.settings import Environment, OwnersError, Settings
from gitops_ci.github import protection
from gitops_ci.github.api import Api
from gitops_ci.github.people import Reader

_PAGES = 10


class _Repository(Struct):
    default_branch: str


class _Token(Struct):
    default_workflow_permissions: Literal["read", "write"]
    can_approve_pull_request_reviews: bool


class _Rule(Struct):
    type: str


class _Environment(Struct):
    name: str
    protection_rules: list[_Rule] = []
    deployment_branch_policy: msgspec.Raw = msgspec.Raw(b"null")


class _Environments(Struct):
    environments: list[_Environment] = []


class _Errors(Struct):
    errors: list[OwnersError] = []


def read(api: Api, branches: Iterable[str], *, has_owners: bool) -> Settings:
    """What is set for these branches and the default one, and for the repository; raises ApiError.

    `has_owners`: there is a CODEOWNERS, so that GitHub can say what is wrong with it.
    """
    reader = Reader(api)
    default = api.get("", _Repository).default_branch
    found = protection.branches(reader, dict.fromkeys((default, *branches)))
    tokens = reader.read(
        "what the tokens of workflows may",
        "administration: read",
        lambda: api.get("actions/permissions/workflow", _Token),
    )
    environments = reader.read("the environments", "actions: read", lambda: _environments(api))
    errors = reader.read("the errors of CODEOWNERS", "contents: read", lambda: _errors(api)) if has_owners else ()
    return Settings(
        repository=api.repository,
        branches=found,
        environments=environments,
        token_writes=tokens.default_workflow_permissions == "write" if tokens is not None else None,
        may_approve=tokens.can_approve_pull_request_reviews if tokens is not None else None,
        owners_errors=errors or (),
        unread=tuple(reader.unread),
    )


def _environments(api: Api) -> tuple[Environment, ...]:
    """All environments. One is guarded by reviewers, an App's rule, or by a policy of branches."""
    found: list[_Environment] = []
    for page in range(1, _PAGES + 1):
        listed = api.get("environments", _Environments, per_page=100, page=page).environments
        found += listed
        if len(listed) < 100:
            break
    return tuple(Environment(name=each.name, guarded=_guarded(each)) for each in found)


def _guarded(environment: _Environment) -> bool:
    rules = {rule.type for rule in environment.protection_rules} - {"wait_timer"}
    return bool(rules) or bytes(environment.deployment_branch_policy) != b"null"


def _errors(api: Api) -> tuple[OwnersError, ...]:
    return tuple(api.get("codeowners/errors", _Errors).errors)
