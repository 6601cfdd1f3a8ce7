package kubernetes.admission_test

import data.kubernetes.admission

review(object) := {"request": {"object": object}}

container := {
	"name": "api",
	"securityContext": {
		"allowPrivilegeEscalation": false,
		"readOnlyRootFilesystem": true,
	},
}

pod_spec := {
	"securityContext": {"runAsNonRoot": true},
	"containers": [container],
}

test_safe_pod_is_allowed if {
	count(admission.deny) == 0 with input as review({"kind": "Pod", "spec": pod_spec})
}

test_safe_deployment_is_allowed if {
	count(admission.deny) == 0 with input as review({"kind": "Deployment", "spec": {"template": {"spec": pod_spec}}})
}

test_bare_container_is_denied_for_every_setting if {
	pod := {"kind": "Pod", "spec": {"containers": [{"name": "api"}]}}
	count(admission.deny) == 3 with input as review(pod)
}

test_deployment_is_denied_like_a_pod if {
	spec := {"containers": [{"name": "api"}]}
	count(admission.deny) == 3 with input as review({"kind": "Deployment", "spec": {"template": {"spec": spec}}})
}

test_init_container_is_checked if {
	spec := object.union(pod_spec, {"initContainers": [{"name": "prepare"}]})
	expected := {
		"Container prepare must have a read-only root filesystem",
		"Container prepare must not allow privilege escalation",
	}
	admission.deny == expected with input as review({"kind": "Pod", "spec": spec})
}

test_container_overrides_its_pod if {
	root := object.union(container, {"securityContext": {"runAsNonRoot": false}})
	spec := object.union(pod_spec, {"containers": [root]})
	expected := {"Container api must set runAsNonRoot to true"}
	admission.deny == expected with input as review({"kind": "Pod", "spec": spec})
}

test_public_load_balancer_is_denied if {
	service := {"kind": "Service", "metadata": {"name": "api"}, "spec": {"type": "LoadBalancer"}}
	admission.deny == {"Service api must ask for an internal load balancer"} with input as review(service)
}

test_internal_load_balancer_is_allowed if {
	annotations := {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}
	metadata := {"name": "api", "annotations": annotations}
	service := {"kind": "Service", "metadata": metadata, "spec": {"type": "LoadBalancer"}}
	count(admission.deny) == 0 with input as review(service)
}
