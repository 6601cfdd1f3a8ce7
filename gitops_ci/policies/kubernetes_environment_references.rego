# METADATA
# title: Other environments' manifests do not reach into production
# description: |
#   A manifest of an environment that is not production leads to nothing of production: no namespace, host, URL or ARN
#   that bears its name, and no Argo CD application that takes its source or deploys to its cluster. Otherwise whoever
#   may change development changes production, without a promotion and without its approvals.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinkubernetes-environment-references
# custom:
#   id: kubernetes-environment-references
#   severity: warning
#   help: Use the environment's own, or move what all need to a shared one.
package builtin.kubernetes_environment_references

import data.builtin.lib.environments
import data.builtin.lib.kubernetes

argo_kinds := {"Application", "ApplicationSet", "AppProject"}

# Most objects name production nowhere, and are not walked through. Definitions of kinds are large, and all schema.
suspicious if {
	environments.judged
	kubernetes.resource.kind != "CustomResourceDefinition"
	environments.suspicious(json.marshal(kubernetes.resource))
}

deny contains {"msg": msg, "path": path} if {
	suspicious
	walk(kubernetes.resource, [path, text])
	is_string(text)
	environments.suspicious(text)
	some name in environments.production_in(key_of(path), text)
	msg := sprintf("%s: %s leads to production (%s)", [kubernetes.name, concat(".", words(path)), name])
}

words(path) := [step | some step in path; is_string(step)]

# Where an Argo CD application comes from and goes to is a place, whatever its name is.
key_of(path) := "namespace" if argo(path)

key_of(path) := array.reverse(words(path))[0] if {
	not argo(path)
}

argo(path) if {
	kubernetes.resource.kind in argo_kinds
	some step in path
	step in {"destination", "destinations", "source", "sources"}
}
