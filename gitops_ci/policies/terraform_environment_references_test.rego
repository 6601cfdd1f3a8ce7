package builtin.terraform_environment_references_test

import data.builtin.lib.inputs
import data.builtin.terraform_environment_references as policy

denied(environment, document) := result if {
	result := inputs.messages(policy.deny) with input as inputs.of(environment, document)
		with data.gitops_ci.parameters as inputs.parameters
}

bucket := inputs.plan([inputs.created("aws_s3_object", {"bucket": "acme-production-data", "tags": {"For": "a.prod.acme.example"}})])

test_a_resource_that_leads_there_is_found if {
	denied("development", bucket) == {"aws_s3_object.main: bucket leads to production (production)"}
}

test_in_production_and_in_shared_stacks_it_passes if {
	denied("production", bucket) == set()
	denied("shared", bucket) == set()
}

test_its_own_passes if {
	document := inputs.plan([inputs.created("aws_s3_object", {"bucket": "acme-development-data"})])
	denied("development", document) == set()
}

test_a_role_that_a_provider_takes_on_is_found if {
	role := {"constant_value": "arn:aws:iam::111122223333:role/deploy"}
	document := {"configuration": {"provider_config": {"aws": {"expressions": {"assume_role": [{"role_arn": role}]}}}}}
	denied("staging", document) == {"provider aws: assume_role.role_arn leads to production (111122223333)"}
}

state(config) := {
	"address": "data.terraform_remote_state.network",
	"type": "terraform_remote_state",
	"values": {"config": config},
}

test_a_state_that_is_read_is_found if {
	expected := {"data.terraform_remote_state.network: key leads to production (production)"}
	root := {"resources": [state({"bucket": "acme-state", "key": "production/network.tfstate"})]}
	denied("development", {"prior_state": {"values": {"root_module": root}}}) == expected
	denied("development", {"prior_state": {"values": {"root_module": {"child_modules": [root]}}}}) == expected
}

test_other_data_is_no_state if {
	root := {"resources": [object.union(state({"bucket": "acme-production"}), {"type": "aws_s3_bucket"})]}
	denied("development", {"prior_state": {"values": {"root_module": root}}}) == set()
}

test_the_value_itself_is_not_told if {
	document := inputs.plan([inputs.created("x", {"url": "postgres://app:hunter2@db.production.acme.example/app"})])
	denied("development", document) == {"x.main: url leads to production (production)"}
}
