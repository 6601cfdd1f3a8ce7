package builtin.terraform_deletion_protection_test

import data.builtin.lib.inputs
import data.builtin.terraform_deletion_protection as policy

denied(document) := result if {
	result := inputs.messages(policy.deny) with input as document
		with data.gitops_ci.parameters as inputs.parameters
}

doubted(document) := result if {
	result := inputs.messages(policy.warn) with input as document
		with data.gitops_ci.parameters as inputs.parameters
}

bare := inputs.created("aws_db_instance", {"deletion_protection": false, "skip_final_snapshot": true})

test_protected_passes if {
	database := {"deletion_protection": true, "skip_final_snapshot": false}
	denied(inputs.plan([inputs.created("aws_db_instance", database)])) == set()
}

test_unprotected_is_found if {
	denied(inputs.plan([bare])) == {
		"aws_db_instance.main: deletion_protection is false",
		"aws_db_instance.main: skip_final_snapshot is true",
	}
}

test_elsewhere_it_passes if denied(inputs.of("staging", inputs.plan([bare]))) == set()

test_switches_that_are_left_out if {
	denied(inputs.plan([inputs.created("aws_lb", {"enable_deletion_protection": null})])) == {"aws_lb.main: enable_deletion_protection is not set"}
	denied(inputs.plan([inputs.created("google_container_cluster", {"deletion_protection": null})])) == set()
	denied(inputs.plan([inputs.created("aws_s3_bucket", {"force_destroy": null})])) == set()
}

test_providers_that_do_not_know_it_pass if denied(inputs.plan([inputs.created("aws_dynamodb_table", {})])) == set()

test_protection_that_is_a_word if {
	denied(inputs.plan([inputs.created("aws_cognito_user_pool", {"deletion_protection": "ACTIVE"})])) == set()
	denied(inputs.plan([inputs.created("aws_cognito_user_pool", {"deletion_protection": "INACTIVE"})])) == {"aws_cognito_user_pool.main: deletion_protection is INACTIVE"}
}

test_replicas_pass if {
	replica := {"replicate_source_db": "main", "deletion_protection": false, "skip_final_snapshot": true}
	denied(inputs.plan([inputs.created("aws_db_instance", replica)])) == set()
}

test_what_is_not_known_is_told if {
	document := inputs.plan([inputs.partly("aws_lb", {}, {"enable_deletion_protection": true})])
	denied(document) == set()
	doubted(document) == {"aws_lb.main: enable_deletion_protection is known only after it is applied"}
	doubted(inputs.plan([bare])) == set()
}
