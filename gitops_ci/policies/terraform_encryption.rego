# METADATA
# title: What is stored and sent is encrypted
# description: |
#   Databases, disks, file systems, caches, search domains, streams and topics that clouds encrypt only when they are
#   asked to are asked to, and encryption that is on by default is not switched off. Most of them cannot be encrypted
#   later without being made anew. Buckets and tables that clouds always encrypt (S3, DynamoDB, GCS) are not looked at.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinterraform-encryption
# custom:
#   id: terraform-encryption
#   severity: error
#   help: Switch the encryption on. For what is there already, plan the move; it is often a replacement.
package builtin.terraform_encryption

import data.builtin.lib.terraform

# What clouds encrypt by themselves may only not be switched off.
accepted := {
	"aws_db_instance": {"storage_encrypted": terraform.on},
	"aws_docdb_cluster": {"storage_encrypted": terraform.on},
	"aws_ebs_volume": {"encrypted": terraform.on},
	"aws_efs_file_system": {"encrypted": terraform.on},
	"aws_elasticache_replication_group": {"at_rest_encryption_enabled": terraform.on, "transit_encryption_enabled": terraform.on},
	"aws_elasticsearch_domain": {"encrypt_at_rest.enabled": terraform.on},
	"aws_kinesis_stream": {"encryption_type": {"KMS"}},
	"aws_neptune_cluster": {"storage_encrypted": terraform.on},
	"aws_opensearch_domain": {"encrypt_at_rest.enabled": terraform.on},
	"aws_rds_cluster": {"storage_encrypted": terraform.on},
	"aws_redshift_cluster": {"encrypted": terraform.not_off},
	"azurerm_redis_cache": {"enable_non_ssl_port": terraform.not_on, "non_ssl_port_enabled": terraform.not_on},
	"azurerm_storage_account": {"enable_https_traffic_only": terraform.not_off, "https_traffic_only_enabled": terraform.not_off},
}

resources := [resource |
	some resource in terraform.resources
	not terraform.replica(resource)
]

# Valkey and Aurora's first serverless mode always encrypt what they store.
by_itself(resource, "at_rest_encryption_enabled") if {
	terraform.value(resource, "engine") == "valkey"
	terraform.value(resource, "at_rest_encryption_enabled") == null
}

by_itself(resource, "storage_encrypted") if {
	terraform.value(resource, "engine_mode") == "serverless"
	terraform.value(resource, "storage_encrypted") == null
}

deny contains terraform.result(resource, name) if {
	some resource in resources
	some name, values in accepted[resource.type]
	terraform.wrong(resource, name, values)
	not by_itself(resource, name)
}

# A queue has SQS's own key unless that is switched off, or one of KMS.
deny contains terraform.result(resource, "sqs_managed_sse_enabled") if {
	some resource in resources
	resource.type == "aws_sqs_queue"
	terraform.value(resource, "sqs_managed_sse_enabled") == false
	terraform.unset(resource, "kms_master_key_id")
}

# METADATA
# title: Whether it is encrypted is known only after it is applied
# custom:
#   severity: notice
warn contains terraform.open_question(resource, name) if {
	some resource in resources
	some name, _ in accepted[resource.type]
	terraform.undecided(resource, name)
}
