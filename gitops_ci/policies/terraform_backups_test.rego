package builtin.terraform_backups_test

import data.builtin.lib.inputs
import data.builtin.terraform_backups as policy

denied(document) := result if {
	result := inputs.messages(policy.deny) with input as document
		with data.gitops_ci.parameters as inputs.parameters
}

doubted(document) := result if {
	result := inputs.messages(policy.warn) with input as document
		with data.gitops_ci.parameters as inputs.parameters
}

database(days) := inputs.created("aws_db_instance", {"backup_retention_period": days})

test_a_week_passes if denied(inputs.plan([database(7)])) == set()

test_less_is_found if {
	denied(inputs.plan([database(6)])) == {"aws_db_instance.main: backup_retention_period is 6"}
	denied(inputs.plan([database(0)])) == {"aws_db_instance.main: backup_retention_period is 0"}
	denied(inputs.plan([database(null)])) == {"aws_db_instance.main: backup_retention_period is not set"}
}

test_elsewhere_it_passes if denied(inputs.of("development", inputs.plan([database(0)]))) == set()

test_replicas_pass if {
	replica := {"backup_retention_period": 0, "replicate_source_db": "main"}
	denied(inputs.plan([inputs.created("aws_db_instance", replica)])) == set()
}

test_switches if {
	on := [{"enabled": true}]
	denied(inputs.plan([inputs.created("aws_dynamodb_table", {"point_in_time_recovery": on})])) == set()
	denied(inputs.plan([inputs.created("aws_dynamodb_table", {"point_in_time_recovery": []})])) == {"aws_dynamodb_table.main: point_in_time_recovery.enabled is not set"}
	settings := [{"backup_configuration": [{"enabled": false}]}]
	denied(inputs.plan([inputs.created("google_sql_database_instance", {"settings": settings})])) == {"google_sql_database_instance.main: settings.backup_configuration.enabled is false"}
}

test_what_is_not_known_is_told if {
	document := inputs.plan([inputs.partly("aws_db_instance", {}, {"backup_retention_period": true})])
	denied(document) == set()
	doubted(document) == {"aws_db_instance.main: backup_retention_period is known only after it is applied"}
}
