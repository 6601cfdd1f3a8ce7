# METADATA
# title: Containers do not run as root
# description: |
#   Every container, init and ephemeral ones too, of a Pod or a pod template has `runAsNonRoot: true`, its own or else
#   its pod's, and no `runAsUser: 0`. A process that breaks out of its container is on the node what it was inside:
#   root. The kubelet refuses to start an image as root only where it is told so.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinkubernetes-run-as-non-root
# custom:
#   id: kubernetes-run-as-non-root
#   severity: error
#   help: Set `securityContext.runAsNonRoot` to true, for the pod or for each container, and give the image a user.
package builtin.kubernetes_run_as_non_root

import data.builtin.lib.kubernetes

deny contains kubernetes.result_of(container, "runAsNonRoot", text) if {
	some container in kubernetes.containers
	value := kubernetes.inherited(container, "runAsNonRoot")
	value != true
	not kubernetes.left_out(container, value)
	text := sprintf("runAsNonRoot %s", [kubernetes.found(value)])
}

deny contains kubernetes.result_of(container, "runAsUser", "runAsUser is 0, which is root") if {
	some container in kubernetes.containers
	kubernetes.inherited(container, "runAsUser") == 0
}
