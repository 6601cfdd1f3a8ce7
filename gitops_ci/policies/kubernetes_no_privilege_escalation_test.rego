package builtin.kubernetes_no_privilege_escalation_test

import data.builtin.kubernetes_no_privilege_escalation as policy
import data.builtin.lib.inputs

container(settings) := {"name": "api", "image": "api:1", "securityContext": settings}

test_false_passes if {
	policy.deny == set() with input as inputs.pod({"containers": [container({"allowPrivilegeEscalation": false})]})
}

test_missing_and_true_are_found if {
	spec := {"containers": [container({})], "ephemeralContainers": [container({"allowPrivilegeEscalation": true})]}
	expected := {
		"Pod api: container api: allowPrivilegeEscalation is not set",
		"Pod api: container api: allowPrivilegeEscalation is true",
	}
	inputs.messages(policy.deny) == expected with input as inputs.pod(spec)
}

test_setting_of_the_pod_does_not_count if {
	spec := {"securityContext": {"allowPrivilegeEscalation": false}, "containers": [container({})]}
	count(policy.deny) == 1 with input as inputs.pod(spec)
}

test_privileged_is_found if {
	settings := {"allowPrivilegeEscalation": false, "privileged": true}
	expected := {"Pod api: container api: privileged is true"}
	inputs.messages(policy.deny) == expected with input as inputs.pod({"containers": [container(settings)]})
}

test_windows_passes if {
	spec := {"os": {"name": "windows"}, "containers": [container({})]}
	policy.deny == set() with input as inputs.pod(spec)
}
