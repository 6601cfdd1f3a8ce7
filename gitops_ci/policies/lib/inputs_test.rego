# METADATA
# title: Inputs and parameters for the tests of all policies
package builtin.lib.inputs

parameters := {
	"required_tags": ["Environment", "ManagedBy"],
	"required_labels": ["app", "environment", "team"],
	"public_ports": [80, 443],
	"environments": ["development", "staging", "production"],
	"production": ["production"],
	"production_names": ["prod", "production", "111122223333"],
}

# An admission review of an object.
review(resource) := {"request": {"object": resource}, "gitops_ci": {"environment": "development"}}

pod(spec) := review({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api"}, "spec": spec})

deployment(spec) := review({
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "api"},
	"spec": {"template": {"spec": spec}},
})

# A plan of production with these changes; the configuration mentions all that they say is not known.
plan(changes) := object.union(bare_plan(changes), {"configuration": {"root_module": {"resources": [block |
	some change in changes
	block := {
		"mode": "managed",
		"type": change.type,
		"name": change.name,
		"expressions": {name: {} | some name, _ in object.get(change.change, "after_unknown", {})},
	}
]}}})

bare_plan(changes) := {"gitops_ci": {"environment": "production"}, "resource_changes": changes}

of(environment, document) := object.union(document, {"gitops_ci": {"environment": environment}})

created(type, values) := partly(type, values, {})

# What is planned of a resource, and what of it is not known.
partly(type, values, unknown) := {
	"address": sprintf("%s.main", [type]),
	"mode": "managed",
	"type": type,
	"name": "main",
	"change": {"actions": ["create"], "after": values, "after_unknown": unknown},
}

messages(results) := {result.msg | some result in results}
