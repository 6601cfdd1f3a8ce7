# METADATA
# title: What holds data in production cannot be deleted by accident
# description: |
#   Databases, tables, load balancers and key vaults in production have their cloud's protection against deletion; what
#   is deleted on purpose leaves its last snapshot, and a bucket that holds something is not emptied. A replacement that
#   nobody noticed in a plan then ends with an error and not with the loss of all data.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinterraform-deletion-protection
# custom:
#   id: terraform-deletion-protection
#   severity: error
#   help: Switch the protection on in production, and leave `force_destroy` and `skip_final_snapshot` out.
package builtin.terraform_deletion_protection

import data.builtin.lib.terraform

accepted := {
	"aws_alb": {"enable_deletion_protection": terraform.on},
	"aws_cognito_user_pool": {"deletion_protection": {"ACTIVE"}},
	"aws_db_instance": {"deletion_protection": terraform.on, "skip_final_snapshot": terraform.not_on},
	"aws_docdb_cluster": {"deletion_protection": terraform.on, "skip_final_snapshot": terraform.not_on},
	"aws_dynamodb_table": {"deletion_protection_enabled": terraform.on},
	"aws_ecr_repository": {"force_delete": terraform.not_on},
	"aws_lb": {"enable_deletion_protection": terraform.on},
	"aws_neptune_cluster": {"deletion_protection": terraform.on, "skip_final_snapshot": terraform.not_on},
	"aws_rds_cluster": {"deletion_protection": terraform.on, "skip_final_snapshot": terraform.not_on},
	"aws_rds_global_cluster": {"deletion_protection": terraform.on},
	"aws_redshift_cluster": {"skip_final_snapshot": terraform.not_on},
	"aws_s3_bucket": {"force_destroy": terraform.not_on},
	"azurerm_key_vault": {"purge_protection_enabled": terraform.on},
	"google_alloydb_cluster": {"deletion_protection": terraform.not_off},
	"google_bigquery_table": {"deletion_protection": terraform.not_off},
	"google_bigtable_instance": {"deletion_protection": terraform.not_off},
	"google_container_cluster": {"deletion_protection": terraform.not_off},
	"google_spanner_database": {"deletion_protection": terraform.not_off},
	"google_sql_database_instance": {"deletion_protection": terraform.not_off},
	"google_storage_bucket": {"force_destroy": terraform.not_on},
}

resources := [resource |
	terraform.production
	some resource in terraform.resources
	not terraform.replica(resource)
]

deny contains terraform.result(resource, name) if {
	some resource in resources
	some name, values in accepted[resource.type]
	terraform.wrong(resource, name, values)
}

# METADATA
# title: Whether it can be deleted by accident is known only after it is applied
# custom:
#   severity: notice
warn contains terraform.open_question(resource, name) if {
	some resource in resources
	some name, _ in accepted[resource.type]
	terraform.undecided(resource, name)
}
