# METADATA
# title: Databases of production have backups
# description: |
#   Databases and tables in production can be brought back to what they were: their automatic backups are kept for seven
#   days or more, or point-in-time recovery is on. Deletion protection does not help against a wrong UPDATE.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinterraform-backups
# custom:
#   id: terraform-backups
#   severity: error
#   help: Set the retention to 7 days or more, or switch point-in-time recovery on.
package builtin.terraform_backups

import data.builtin.lib.terraform

least_days := 7

days := {
	"aws_db_instance": "backup_retention_period",
	"aws_docdb_cluster": "backup_retention_period",
	"aws_neptune_cluster": "backup_retention_period",
	"aws_rds_cluster": "backup_retention_period",
}

switch := {
	"aws_dynamodb_table": "point_in_time_recovery.enabled",
	"google_sql_database_instance": "settings.backup_configuration.enabled",
}

resources := [resource |
	terraform.production
	some resource in terraform.resources
	not terraform.replica(resource)
]

deny contains terraform.result(resource, name) if {
	some resource in resources
	name := days[resource.type]
	terraform.exists(resource, name)
	not terraform.undecided(resource, name)
	not enough(terraform.value(resource, name))
}

enough(value) if {
	is_number(value)
	value >= least_days
}

deny contains terraform.result(resource, name) if {
	some resource in resources
	name := switch[resource.type]
	terraform.wrong(resource, name, terraform.on)
}

# METADATA
# title: Whether there are backups is known only after it is applied
# custom:
#   severity: notice
warn contains terraform.open_question(resource, name) if {
	some resource in resources
	some table in [days, switch]
	name := table[resource.type]
	terraform.undecided(resource, name)
}
