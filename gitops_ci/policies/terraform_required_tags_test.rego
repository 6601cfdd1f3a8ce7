package builtin.terraform_required_tags_test

import data.builtin.lib.inputs
import data.builtin.terraform_required_tags as policy

denied(document) := result if {
	result := inputs.messages(policy.deny) with input as document
		with data.gitops_ci.parameters as inputs.parameters
}

doubted(document) := result if {
	result := inputs.messages(policy.warn) with input as document
		with data.gitops_ci.parameters as inputs.parameters
}

tags := {"Environment": "production", "ManagedBy": "gitops"}

test_own_tags_pass if denied(inputs.plan([inputs.created("aws_vpc", {"tags": tags})])) == set()

test_default_tags_pass if denied(inputs.plan([inputs.created("aws_vpc", {"tags": null, "tags_all": tags})])) == set()

test_missing_tags_are_found if {
	denied(inputs.plan([inputs.created("aws_vpc", {"tags": null})])) == {"aws_vpc.main: tags lack Environment, ManagedBy"}
	denied(inputs.plan([inputs.created("aws_vpc", {"tags": {"Environment": "x", "managedby": "y"}})])) == {"aws_vpc.main: tags lack ManagedBy"}
}

test_a_tag_with_a_value_that_is_not_known_is_there if {
	planned := inputs.partly("aws_vpc", {"tags": {"Environment": "x"}}, {"tags": {"ManagedBy": true}})
	denied(inputs.plan([planned])) == set()
	doubted(inputs.plan([planned])) == set()
}

test_tags_that_are_not_known_are_told if {
	document := inputs.plan([inputs.partly("aws_vpc", {}, {"tags": true})])
	denied(document) == set()
	doubted(document) == {"aws_vpc.main: only after it is applied it is known whether there are Environment, ManagedBy"}
}

provided(planned, settings) := object.union(
	inputs.bare_plan([planned]),
	{"configuration": {
		"provider_config": {"aws": {"name": "aws", "expressions": settings}},
		"root_module": {"resources": [{"mode": "managed", "type": "aws_vpc", "name": "main", "expressions": {}}]},
	}},
)

test_default_tags_that_are_not_known_are_told if {
	planned := inputs.partly("aws_vpc", {"tags": null}, {"tags_all": true})
	doubted(provided(planned, {"default_tags": [{}]})) == {"aws_vpc.main: only after it is applied it is known whether there are Environment, ManagedBy"}
	denied(provided(planned, {"default_tags": [{}]})) == set()
	denied(provided(planned, {})) == {"aws_vpc.main: tags lack Environment, ManagedBy"}
}

test_azure_has_no_case if {
	denied(inputs.plan([inputs.created("azurerm_subnet", {"tags": {"environment": "x", "managedBy": "y"}})])) == set()
	denied(inputs.plan([inputs.created("azurerm_subnet", {"tags": {}})])) == {"azurerm_subnet.main: tags lack Environment, ManagedBy"}
}

test_google_has_labels if {
	denied(inputs.plan([inputs.created("google_storage_bucket", {"labels": {"environment": "x", "managed-by": "y"}})])) == set()
	defaults := {"labels": null, "effective_labels": {"environment": "x", "managed_by": "y"}}
	denied(inputs.plan([inputs.created("google_storage_bucket", defaults)])) == set()
	denied(inputs.plan([inputs.created("google_storage_bucket", {"labels": null})])) == {"google_storage_bucket.main: labels lack Environment, ManagedBy"}
}

test_what_can_have_no_tags_passes if {
	every planned in [
		inputs.created("aws_iam_role_policy", {}),
		inputs.created("aws_autoscaling_group", {"tags": null}),
		inputs.created("aws_instance", {"tags": [{"key": "x"}]}),
		inputs.created("datadog_monitor", {"tags": null}),
		inputs.created("azurerm_subnet", {"labels": {}}),
	] {
		denied(inputs.plan([planned])) == set()
	}
}
