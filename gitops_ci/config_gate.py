"""The section `environments[].gate` of `gitops-ci.yml`: what a change needs before it enters an environment."""

from __future__ import annotations

from collections.abc import Mapping
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


_HOLD_DATA: Mapping[str, str] = {
    "databases": "*_database* *_db_instance* *_db_cluster *_rds_* *_sql_* *sql*_server *sql*_instance *sql*_cluster"
    " *mariadb*_server *_alloydb_* *_cosmosdb_* *_docdb*_cluster *_neptune*_cluster *_cluster_instance *_spanner_*"
    " *_bigtable_* *_timestream* *_keyspaces_* *_qldb_ledger *_kusto_cluster mongodbatlas_*cluster*",
    "tables": "*dynamodb*_table *_bigquery_dataset *_bigquery_table *_storage_table *_schema snowflake_table"
    " *_redshift*_cluster *_redshiftserverless_namespace *_synapse_workspace",
    "caches and search": "*_elasticache_cluster *_elasticache_replication_group *_elasticache_serverless_cache"
    " *_memorydb_cluster *_memorystore_instance *_redis_cache *_redis_cluster *_redis_instance *search_domain"
    " *_opensearchserverless_collection *_search_service",
    "buckets, disks and files": "*_bucket *_storage_account *_storage_container *_storage_share *_filesystem"
    " *_file_system *_filestore_* *_disk *_volume *_volume_v[0-9] *_snapshot* *_vault",
    "queues and logs": "*_sqs_queue *_servicebus_namespace *_servicebus_queue *_servicebus_topic *_kinesis_stream"
    " *_msk*_cluster *_kafka_cluster *_kafka_topic *_eventhub *_eventhub_namespace *_pubsub_subscription *_log_group"
    " *_log_analytics_workspace",
    "keys, secrets and people": "*_kms_*key *_key_vault_key *_key_vault_certificate *_cloudhsm*_cluster *_secret"
    " *_secret_v[0-9] *_user_pool",
    "code and images": "*_repository *_container_registry",
    "what holds all of these": "*_eks_cluster *_container_cluster *_kubernetes_cluster azurerm_resource_group"
    " google_project",
    "Kubernetes": "PersistentVolume PersistentVolumeClaim StatefulSet Namespace CustomResourceDefinition"
    " kubernetes_persistent_volume* kubernetes_stateful_set* kubernetes_namespace*"
    " kubernetes_custom_resource_definition*",
    "inside of databases": "database schema table column data",
}
"""By what they are: types that hold what cannot be made again. Rules, users and settings beside them are none."""

PROTECTED_TYPES = tuple(pattern for some in _HOLD_DATA.values() for pattern in some.split())
"""Patterns of these types: what `destroy: protected` guards where none are named."""

PRODUCTION = Gate(approvals=1, destroy="protected", promotion="warn")
"""What an environment called production needs where `gitops-ci.yml` does not say."""
