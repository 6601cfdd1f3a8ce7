# METADATA
# title: Containers cannot write to their root filesystem
# description: |
#   Every container, init and ephemeral ones too, of a Pod or a pod template has `readOnlyRootFilesystem: true`. Who
#   gets to run something in a container can then neither put programs there nor change those that are there. Pods of
#   Windows are left out: there is no such thing.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinkubernetes-read-only-root-filesystem
# custom:
#   id: kubernetes-read-only-root-filesystem
#   severity: error
#   help: Set `securityContext.readOnlyRootFilesystem` to true and mount an `emptyDir` where the program writes (`/tmp`).
package builtin.kubernetes_read_only_root_filesystem

import data.builtin.lib.kubernetes

deny contains kubernetes.result_of(container, "readOnlyRootFilesystem", text) if {
	some container in kubernetes.linux_containers
	value := kubernetes.setting(container, "readOnlyRootFilesystem")
	value != true
	not kubernetes.left_out(container, value)
	text := sprintf("readOnlyRootFilesystem %s", [kubernetes.found(value)])
}
