# METADATA
# title: Workloads, Services and Ingresses have the required labels
# description: |
#   Objects that run something or let somebody reach it have the labels of `policy.builtin.required_labels`. They tell
#   what it belongs to, where it runs and whom to call; network policies, cost reports and alerts go by them. Files
#   that a kustomization takes are left out: it may add the labels.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinkubernetes-required-labels
# custom:
#   id: kubernetes-required-labels
#   severity: warning
#   help: Add the labels to `metadata.labels`, or once for all objects in the kustomization's or the chart's labels.
package builtin.kubernetes_required_labels

import data.builtin.lib.kubernetes

kinds := {
	"": {"Pod", "ReplicationController", "Service"},
	"apps": {"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"},
	"batch": {"CronJob", "Job"},
	"networking.k8s.io": {"Ingress"},
}

missing := [label |
	some label in data.gitops_ci.parameters.required_labels
	object.get(kubernetes.resource, ["metadata", "labels", label], null) == null
]

deny contains {"msg": msg, "path": ["metadata", "labels"]} if {
	kubernetes.resource.kind in kinds[kubernetes.group]
	not kubernetes.kustomized
	count(missing) > 0
	msg := sprintf("%s has no label %s", [kubernetes.name, concat(", ", missing)])
}
