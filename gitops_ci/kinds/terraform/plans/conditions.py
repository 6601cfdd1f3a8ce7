"""The `checks` of a plan (Terraform 1.3 and later, OpenTofu) and its `condition_results` (1.2) as Checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from gitops_ci.kinds.terraform.plans.masking import Masking
from gitops_ci.model.plan import Check

Status = Literal["pass", "fail", "error", "unknown"]

_STATUSES: dict[str, Status] = {"pass": "pass", "fail": "fail", "error": "error"}


class _Address(Struct):
    to_display: str


class _Problem(Struct):
    message: str = ""


class _Instance(Struct):
    address: _Address
    status: str = "unknown"
    problems: list[_Problem] | None = None


class _Checked(Struct):
    address: _Address
    status: str = "unknown"
    instances: list[_Instance] | None = None


class _Condition(Struct):
    address: str
    result: bool = False
    unknown: bool = False
    error_message: str = ""


def of(checks: Raw, results: Raw, known: Masking) -> tuple[Check, ...]:
    """Every check with its outcome. Raises msgspec.DecodeError."""
    found = msgspec.json.decode(checks, type=list[_Checked] | None) or ()
    older = msgspec.json.decode(results, type=list[_Condition] | None) or ()
    return (*(check for each in found for check in _checks(each, known)), *(_check(each, known) for each in older))


def _checks(checked: _Checked, known: Masking) -> Iterator[Check]:
    """One Check an instance; one of the whole where it has none, or where none of them accounts for its status."""
    instances = checked.instances or []
    if checked.status not in [each.status for each in instances]:
        yield Check(address=known.text(checked.address.to_display), status=_status(checked.status))
    for each in instances:
        yield Check(
            address=known.text(each.address.to_display),
            status=_status(each.status),
            problems=tuple(known.text(problem.message) for problem in each.problems or () if problem.message),
        )


def _check(condition: _Condition, known: Masking) -> Check:
    status: Status = "unknown" if condition.unknown else "pass" if condition.result else "fail"
    problems = (known.text(condition.error_message),) if condition.error_message else ()
    return Check(address=known.text(condition.address), status=status, problems=problems)


def _status(word: str) -> Status:
    """A word of a later format is an outcome that nobody knows."""
    return _STATUSES.get(word, "unknown")
