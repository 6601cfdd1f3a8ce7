# METADATA
# title: Containers cannot gain privileges
# description: |
#   Every container, init and ephemeral ones too, of a Pod or a pod template has `allowPrivilegeEscalation: false`, and
#   none is `privileged`. Without it a program such as sudo makes root of any user; the setting is true where it is
#   left out. Pods of Windows are left out: they must not have it.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinkubernetes-no-privilege-escalation
# custom:
#   id: kubernetes-no-privilege-escalation
#   severity: error
#   help: Set `securityContext.allowPrivilegeEscalation` to false and leave `privileged` out.
package builtin.kubernetes_no_privilege_escalation

import data.builtin.lib.kubernetes

deny contains kubernetes.result_of(container, "allowPrivilegeEscalation", text) if {
	some container in kubernetes.linux_containers
	value := kubernetes.setting(container, "allowPrivilegeEscalation")
	value != false
	not kubernetes.left_out(container, value)
	text := sprintf("allowPrivilegeEscalation %s", [kubernetes.found(value)])
}

deny contains kubernetes.result_of(container, "privileged", "privileged is true") if {
	some container in kubernetes.linux_containers
	kubernetes.setting(container, "privileged") == true
}
