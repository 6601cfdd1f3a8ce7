"""The section `environments[].gate` of `gitops-ci.yml`: what a change needs before it enters an environment."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from gitops_ci.config_section import Section
from gitops_ci.model.stack import Kind

Login = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=100, examples=["octocat"])]
Team = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200, examples=["acme/platform"]),
]
Duration = Annotated[str, Meta(pattern=r"^[0-9]{1,4}[mhd]$", examples=["30m", "24h", "2d"])]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Moment = Annotated[
    str,
    Meta(
        pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2})?|[0-9]{2}:[0-9]{2})$",
        examples=["17:00", "2026-12-20", '"2026-12-20 17:00"'],
    ),
]
Weight = Literal["block", "warn", "off"]


class Approvers(Section, frozen=True):
    """Whose approval counts: these accounts, and members of these teams (`org/team`); empty: whoever may write."""

    users: tuple[Login, ...] = ()
    teams: tuple[Team, ...] = ()

    @property
    def named(self) -> bool:
        """Whether anybody is named."""
        return bool(self.users or self.teams)


class KindGate(Section, frozen=True):
    """What one kind needs beside: the higher number counts, and these approvers instead of the environment's."""

    approvals: Annotated[int, Meta(ge=0, le=20)] = 0
    approvers: Approvers = Approvers()


class ByKind(Section, frozen=True):
    """What each kind needs; None for nothing beside."""

    terraform: KindGate | None = None
    kubernetes: KindGate | None = None
    database: KindGate | None = None
    security: KindGate | None = None

    def get(self, kind: Kind) -> KindGate | None:
        """What one kind needs."""
        found: KindGate | None = getattr(self, kind)
        return found


class Freeze(Section, frozen=True):
    """When nothing enters. `from` and `to` are dates (`2026-12-20`), times (`17:00`) or both, in `timezone`.

    With times alone it is every day, or every one of `days` (on which it begins); a `to` that is not after `from` is
    the next day's. A date alone as `to` is the last day that is frozen.
    """

    from_: Moment = field(name="from")
    to: Moment
    days: tuple[Day, ...] = ()
    timezone: Annotated[str, Meta(min_length=1, max_length=100)] = "UTC"
    reason: Annotated[str, Meta(max_length=200)] = ""


class Override(Section, frozen=True):
    """Who lifts a rule for one change, by setting `label` with a hash of what it is for (docs/rules/gate.md).

    Where nobody is named no rule is lifted. A label has at most 50 characters at GitHub, 33 of which are the hash's.
    """

    label: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=17)] = "gitops-override"
    approvers: Approvers = Approvers()


class Hotfix(Section, frozen=True):
    """How something enters that was not promoted: a label that one of `approvers` set, and approvals by them."""

    label: Annotated[str, Meta(min_length=1, max_length=40)] = "gitops-ci-hotfix"
    approvals: Annotated[int, Meta(ge=1, le=20)] = 1
    approvers: Approvers = Approvers()


class Gate(Section, frozen=True):
    """What a change needs before it enters an environment (docs/rules/gate.md).

    `owners`: whether CODEOWNERS of affected stacks have to approve. `protected_types` are what is never destroyed
    without somebody who agrees (patterns of types of resources and objects); `destroy` whether that holds for
    everything, for these only, or not at all.

    `promotion`: whether only what the environment before has may enter; `promotion_together` lets the same change bring
    it to both, `promotion_except` are patterns of names of stacks (`terraform/dns`) that have no counterpart there.
    `soak` is how long it has to have been there.
    """

    approvals: Annotated[int, Meta(ge=0, le=20)] = 0
    approvers: Approvers = Approvers()
    by_kind: ByKind = ByKind()
    owners: bool = False
    destroy: Literal["all", "protected", "off"] = "off"
    protected_types: tuple[str, ...] = ()
    promotion: Weight = "off"
    promotion_together: bool = False
    promotion_except: tuple[str, ...] = ()
    soak: Duration | None = None
    hotfix: Hotfix = Hotfix()
    freeze: tuple[Freeze, ...] = ()
    override: Override = Override()


_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


def seconds(duration: str | None) -> int:
    """How long `90m`, `24h` or `7d` is; 0 for none."""
    return int(duration[:-1]) * _SECONDS[duration[-1]] if duration else 0


PROTECTED_TYPES = (
    "*_db_instance*",
    "*_rds_*",
    "*_sql_*",
    "*_database*",
    "*dynamodb_table",
    "*_s3_bucket",
    "*_storage_bucket",
    "*_storage_account",
    "*_file_system",
    "*_disk",
    "*_volume",
    "*_kms_key",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StatefulSet",
    "Namespace",
    "CustomResourceDefinition",
    "database",
    "schema",
    "table",
    "column",
    "data",
)
"""Patterns of types that hold what cannot be made again: what `destroy: protected` guards where none are named."""

PRODUCTION = Gate(approvals=1, destroy="protected", promotion="warn")
"""What an environment called production needs where `gitops-ci.yml` does not say."""
