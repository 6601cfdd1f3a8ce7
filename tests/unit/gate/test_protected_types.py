"""What `destroy: protected` guards where no types are named: what holds data, and none of the settings beside it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from gitops_ci.config_gate import PRODUCTION, PROTECTED_TYPES
from gitops_ci.gate import destroy
from gitops_ci.model.plan import Change

DOCS = Path(__file__).parents[3] / "docs" / "configuration.md"
HOLD = """
alicloud_oss_bucket
aws_backup_vault
aws_cloudhsm_v2_cluster
aws_cloudwatch_log_group
aws_cognito_user_pool
aws_db_instance
aws_db_snapshot
volcengine_db_cluster
aws_docdb_cluster
aws_docdb_cluster_instance
aws_docdb_global_cluster
aws_docdbelastic_cluster
aws_dynamodb_global_table
aws_dynamodb_table
aws_ebs_snapshot
aws_ebs_volume
aws_ecr_repository
aws_efs_file_system
aws_eks_cluster
aws_elasticache_cluster
aws_elasticache_replication_group
aws_elasticache_serverless_cache
aws_elasticsearch_domain
aws_fsx_lustre_file_system
aws_fsx_ontap_volume
aws_glacier_vault
aws_keyspaces_table
aws_kinesis_stream
aws_kms_key
aws_kms_replica_key
aws_memorydb_cluster
aws_msk_cluster
aws_neptune_cluster
aws_neptune_cluster_instance
aws_neptune_cluster_snapshot
aws_opensearch_domain
aws_opensearchserverless_collection
aws_qldb_ledger
aws_rds_cluster
aws_rds_cluster_instance
aws_rds_global_cluster
aws_redshift_cluster
aws_redshiftserverless_namespace
aws_s3_bucket
aws_s3_directory_bucket
aws_secretsmanager_secret
aws_sqs_queue
aws_timestreamwrite_database
aws_timestreamwrite_table
azurerm_container_registry
azurerm_cosmosdb_account
azurerm_cosmosdb_sql_container
azurerm_data_protection_backup_vault
azurerm_eventhub
azurerm_eventhub_namespace
azurerm_key_vault
azurerm_key_vault_key
azurerm_key_vault_certificate
azurerm_key_vault_secret
azurerm_kubernetes_cluster
azurerm_kusto_cluster
azurerm_log_analytics_workspace
azurerm_managed_disk
azurerm_mariadb_server
azurerm_mssql_database
azurerm_mssql_managed_instance
azurerm_mssql_server
azurerm_mysql_flexible_server
azurerm_netapp_volume
azurerm_postgresql_flexible_server
azurerm_postgresql_flexible_server_database
azurerm_postgresql_server
azurerm_recovery_services_vault
azurerm_redis_cache
azurerm_resource_group
azurerm_search_service
azurerm_servicebus_namespace
azurerm_servicebus_queue
azurerm_servicebus_topic
azurerm_sql_server
azurerm_storage_account
azurerm_storage_container
azurerm_storage_data_lake_gen2_filesystem
azurerm_storage_share
azurerm_storage_table
azurerm_synapse_workspace
cloudflare_r2_bucket
confluent_kafka_cluster
confluent_kafka_topic
digitalocean_database_cluster
digitalocean_spaces_bucket
digitalocean_volume
github_repository
google_alloydb_cluster
google_artifact_registry_repository
google_bigquery_dataset
google_bigquery_table
google_bigtable_instance
google_bigtable_table
google_compute_disk
google_compute_snapshot
google_container_cluster
google_filestore_instance
google_firestore_database
google_kms_crypto_key
google_memorystore_instance
google_project
google_pubsub_subscription
google_redis_cluster
google_redis_instance
google_secret_manager_secret
google_spanner_instance
google_sql_database_instance
google_storage_bucket
hcloud_volume
kubernetes_custom_resource_definition_v1
kubernetes_namespace
kubernetes_persistent_volume_claim_v1
kubernetes_secret
kubernetes_secret_v1
kubernetes_stateful_set
mongodbatlas_advanced_cluster
mongodbatlas_cluster
openstack_blockstorage_volume_v3
postgresql_schema
snowflake_table
yandex_mdb_postgresql_cluster
CustomResourceDefinition
Namespace
PersistentVolume
PersistentVolumeClaim
apps/StatefulSet
column
data
database
schema
table
"""
"""Those of the large clouds, and of 257 real plans all that hold data."""

HOLD_NOTHING = """
aws_db_option_group
aws_db_parameter_group
aws_db_security_group
aws_db_subnet_group
aws_ecr_lifecycle_policy
aws_eks_node_group
aws_elasticache_security_group
aws_elasticsearch_domain_policy
aws_iam_role
aws_instance
aws_key_pair
aws_kms_alias
aws_lambda_function
aws_redshift_security_group
aws_route53_record
aws_route_table
aws_route_table_association
aws_s3_bucket_acl
aws_s3_bucket_policy
aws_security_group
aws_sns_topic
aws_sqs_queue_policy
aws_subnet
aws_volume_attachment
aws_vpc
aws_secretsmanager_secret_version
azurerm_key_vault_access_policy
azurerm_mssql_firewall_rule
azurerm_postgresql_configuration
azurerm_public_ip
azurerm_subnet
google_compute_firewall
google_container_node_pool
google_service_account
null_resource
apps/Deployment
ConfigMap
index
"""
"""What can be made again, of the same plans: settings beside what holds data, networks, code that is deployed."""


def guarded(type: str) -> bool:
    return destroy.is_guarded(Change(address="x", type=type, action="replace", destructive=True), PRODUCTION)


@pytest.mark.parametrize("type", HOLD.split())
def test_what_holds_data_is_guarded(type: str) -> None:
    assert guarded(type)


@pytest.mark.parametrize("type", HOLD_NOTHING.split())
def test_what_can_be_made_again_is_not(type: str) -> None:
    assert not guarded(type)


@pytest.mark.parametrize("pattern", PROTECTED_TYPES)
def test_each_pattern_is_for_something_and_is_documented(pattern: str) -> None:
    assert any(fnmatchcase(type.rpartition("/")[2], pattern) for type in HOLD.split())
    assert f"`{pattern}`" in DOCS.read_text()


def test_no_pattern_is_there_twice() -> None:
    assert len(PROTECTED_TYPES) == len(set(PROTECTED_TYPES))
