package builtin.kubernetes_internal_load_balancer_test

import data.builtin.kubernetes_internal_load_balancer as policy
import data.builtin.lib.inputs

service(annotations, spec) := inputs.review({
	"apiVersion": "v1",
	"kind": "Service",
	"metadata": {"name": "api", "annotations": annotations},
	"spec": object.union({"type": "LoadBalancer"}, spec),
})

scheme := "service.beta.kubernetes.io/aws-load-balancer-scheme"

test_public_is_found if {
	policy.deny == {{
		"msg": "Service api: the load balancer is public: no annotation asks for an internal one",
		"path": ["spec", "type"],
	}} with input as inputs.review({"kind": "Service", "metadata": {"name": "api"}, "spec": {"type": "LoadBalancer"}})
}

test_every_annotation_passes if {
	every key, value in policy.internal_values {
		policy.deny == set() with input as service({key: value}, {})
	}
}

test_other_values_are_found if {
	every key, _ in policy.internal_values {
		count(policy.deny) == 1 with input as service({key: "external"}, {})
		count(policy.deny) == 1 with input as service({key: "false"}, {})
	}
}

test_capitals_do_not_matter if {
	policy.deny == set() with input as service({"networking.gke.io/load-balancer-type": "Internal"}, {})
}

test_old_values_of_aws_pass if {
	policy.deny == set() with input as service({"service.beta.kubernetes.io/aws-load-balancer-internal": "0.0.0.0/0"}, {})
}

test_the_scheme_of_aws_counts_first if {
	annotations := {scheme: "internet-facing", "service.beta.kubernetes.io/aws-load-balancer-internal": "true"}
	expected := {"Service api: the load balancer is public: aws-load-balancer-scheme is internet-facing"}
	inputs.messages(policy.deny) == expected with input as service(annotations, {})
	count(policy.deny) == 1 with input as service({scheme: "internet-facing"}, {"loadBalancerClass": "service.k8s.aws/nlb"})
}

test_a_subnet_of_tencent_passes if {
	key := policy.subnet
	policy.deny == set() with input as service({key: "subnet-1"}, {})
}

test_internal_classes_pass if {
	every class in policy.internal_classes | policy.aws_classes {
		policy.deny == set() with input as service({}, {"loadBalancerClass": class})
	}
	count(policy.deny) == 1 with input as service({}, {"loadBalancerClass": "networking.gke.io/l4-regional-external"})
}

test_the_controller_of_aws_passes if {
	annotations := {"service.beta.kubernetes.io/aws-load-balancer-type": "external"}
	policy.deny == set() with input as service(annotations, {})
	count(policy.deny) == 1 with input as service({"service.beta.kubernetes.io/aws-load-balancer-type": "nlb"}, {})
}

test_other_services_pass if {
	policy.deny == set() with input as service({}, {"type": "ClusterIP"})
	policy.deny == set() with input as inputs.review({"kind": "Service", "apiVersion": "v1", "spec": {"ports": []}})
	knative := {"kind": "Service", "apiVersion": "serving.knative.dev/v1", "spec": {"type": "LoadBalancer"}}
	policy.deny == set() with input as inputs.review(knative)
}
