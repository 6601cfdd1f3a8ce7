package builtin.kubernetes_read_only_root_filesystem_test

import data.builtin.kubernetes_read_only_root_filesystem as policy
import data.builtin.lib.inputs

container(settings) := {"name": "api", "image": "api:1", "securityContext": settings}

test_read_only_passes if {
	policy.deny == set() with input as inputs.pod({"containers": [container({"readOnlyRootFilesystem": true})]})
}

test_missing_and_false_are_found if {
	spec := {"containers": [container({})], "initContainers": [container({"readOnlyRootFilesystem": false})]}
	expected := {
		"Pod api: container api: readOnlyRootFilesystem is false",
		"Pod api: container api: readOnlyRootFilesystem is not set",
	}
	inputs.messages(policy.deny) == expected with input as inputs.pod(spec)
}

test_text_is_no_truth if {
	expected := {"Pod api: container api: readOnlyRootFilesystem is true"}
	spec := {"containers": [container({"readOnlyRootFilesystem": "true"})]}
	inputs.messages(policy.deny) == expected with input as inputs.pod(spec)
}

test_windows_passes if {
	spec := {"os": {"name": "windows"}, "containers": [container({})]}
	policy.deny == set() with input as inputs.pod(spec)
}
