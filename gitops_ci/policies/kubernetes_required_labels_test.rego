package builtin.kubernetes_required_labels_test

import data.builtin.kubernetes_required_labels as policy
import data.builtin.lib.inputs

review(api, kind, labels) := inputs.review({"apiVersion": api, "kind": kind, "metadata": {"name": "api", "labels": labels}})

all := {"app": "shop", "environment": "staging", "team": "shop"}

test_all_labels_pass if {
	policy.deny == set() with input as review("apps/v1", "Deployment", all)
		with data.gitops_ci.parameters as inputs.parameters
}

test_missing_labels_are_found if {
	policy.deny == {{
		"msg": "Deployment api has no label environment, team",
		"path": ["metadata", "labels"],
	}} with input as review("apps/v1", "Deployment", {"app": "shop"})
		with data.gitops_ci.parameters as inputs.parameters
}

test_no_labels_at_all_are_found if {
	every each in [{"kind": "Service", "apiVersion": "v1"}, {"kind": "Ingress", "apiVersion": "networking.k8s.io/v1"}] {
		count(policy.deny) == 1 with input as inputs.review(each)
			with data.gitops_ci.parameters as inputs.parameters
	}
}

test_other_kinds_pass if {
	every each in [["v1", "ConfigMap"], ["apps/v1", "ControllerRevision"], ["acme.example/v1", "Deployment"]] {
		policy.deny == set() with input as review(each[0], each[1], {})
			with data.gitops_ci.parameters as inputs.parameters
	}
}

test_labels_of_a_kustomization_are_not_known if {
	document := object.union(review("apps/v1", "Deployment", {}), {"gitops_ci": {"kustomized": "resource"}})
	policy.deny == set() with input as document
		with data.gitops_ci.parameters as inputs.parameters
}
