package builtin.kubernetes_environment_references_test

import data.builtin.kubernetes_environment_references as policy
import data.builtin.lib.inputs

denied(resource) := result if {
	result := policy.deny with input as inputs.review(resource)
		with data.gitops_ci.parameters as inputs.parameters
}

settings(values) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": values}

test_a_host_is_found if {
	denied(settings({"HOST": "db.production.acme.example"})) == {{
		"msg": "ConfigMap shop: data.HOST leads to production (production)",
		"path": ["data", "HOST"],
	}}
}

test_a_namespace_is_found if {
	resource := {"kind": "Role", "metadata": {"name": "x", "namespace": "production"}}
	inputs.messages(denied(resource)) == {"Role x: metadata.namespace leads to production (production)"}
}

test_its_own_and_words_pass if {
	denied(settings({"HOST": "db.development.acme.example", "NOTE": "as in production"})) == set()
}

test_in_production_it_passes if {
	document := object.union(inputs.review(settings({"HOST": "db.production.acme.example"})), {"gitops_ci": {"environment": "production"}})
	policy.deny == set() with input as document
		with data.gitops_ci.parameters as inputs.parameters
}

application(spec) := {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "shop"}, "spec": spec}

test_an_application_that_leads_there_is_found if {
	inputs.messages(denied(application({
		"source": {"path": "environments/production/k8s"},
		"destination": {"name": "prod"},
	}))) == {
		"Application shop: spec.source.path leads to production (production)",
		"Application shop: spec.destination.name leads to production (prod)",
	}
}

test_another_name_passes if denied(application({"info": [{"name": "like", "value": "production"}]})) == set()

test_definitions_of_kinds_pass if {
	denied({"kind": "CustomResourceDefinition", "spec": {"conversion": {"url": "https://x.production.acme.example"}}}) == set()
}
