package builtin.kubernetes_run_as_non_root_test

import data.builtin.kubernetes_run_as_non_root as policy
import data.builtin.lib.inputs

container(settings) := {"name": "api", "image": "api:1", "securityContext": settings}

test_own_setting_passes if {
	policy.deny == set() with input as inputs.deployment({"containers": [container({"runAsNonRoot": true})]})
}

test_setting_of_the_pod_passes if {
	spec := {"securityContext": {"runAsNonRoot": true}, "containers": [container({})]}
	policy.deny == set() with input as inputs.deployment(spec)
}

test_missing_setting_is_found if {
	policy.deny == {{
		"msg": "Deployment api: container api: runAsNonRoot is not set",
		"name": "api",
		"path": ["spec", "template", "spec", "containers", 0, "securityContext", "runAsNonRoot"],
	}} with input as inputs.deployment({"containers": [{"name": "api", "image": "api:1"}]})
}

test_own_setting_counts_before_that_of_the_pod if {
	spec := {"securityContext": {"runAsNonRoot": true}, "initContainers": [container({"runAsNonRoot": false})], "containers": []}
	expected := {"Pod api: container api: runAsNonRoot is false"}
	inputs.messages(policy.deny) == expected with input as inputs.pod(spec)
}

test_user_of_root_is_found if {
	spec := {"securityContext": {"runAsNonRoot": true, "runAsUser": 0}, "containers": [container({})]}
	expected := {"Pod api: container api: runAsUser is 0, which is root"}
	inputs.messages(policy.deny) == expected with input as inputs.pod(spec)
}

test_own_user_counts_before_that_of_the_pod if {
	spec := {"securityContext": {"runAsUser": 0}, "containers": [container({"runAsNonRoot": true, "runAsUser": 1000})]}
	policy.deny == set() with input as inputs.pod(spec)
}

of_use(document, use) := object.union(document, {"gitops_ci": {"kustomized": use}})

test_what_a_patch_leaves_out_is_no_finding if {
	without_image := inputs.pod({"containers": [{"name": "api", "resources": {}}]})
	patch := of_use(without_image, "new-patch")
	policy.deny == set() with input as patch
	count(policy.deny) == 1 with input as without_image
}

test_what_this_change_calls_a_patch_is_none_where_it_could_run if {
	whole := of_use(inputs.pod({"containers": [container({})]}), "new-patch")
	count(policy.deny) == 1 with input as whole
	part := of_use(inputs.deployment({"containers": [container({})]}), "new-patch")
	policy.deny == set() with input as part
	selector := {"request": {"object": {"spec": {"selector": {"matchLabels": {"app": "api"}}}}}}
	complete := object.union(part, selector)
	count(policy.deny) == 1 with input as complete
}

test_what_a_patch_says_is_one if {
	patch := {"name": "api", "securityContext": {"runAsNonRoot": false}}
	count(policy.deny) == 1 with input as inputs.deployment({"containers": [patch]})
}

test_a_file_that_is_a_patch_leaves_out_more if {
	document := object.union(inputs.deployment({"containers": [container({})]}), {"gitops_ci": {"kustomized": "patch"}})
	policy.deny == set() with input as document
	resource := object.union(document, {"gitops_ci": {"kustomized": "resource"}})
	count(policy.deny) == 1 with input as resource
}
