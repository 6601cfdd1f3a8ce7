# METADATA
# title: Pods run without privileges
# description: |
#   What a pod must set before it may run, whether it is created by itself or by a workload
#   such as a Deployment. A setting that is missing is refused like one that is wrong.
# scope: package
package kubernetes.admission

resource := input.request.object

# The pod's specification, wherever the object keeps it.
pod_spec := resource.spec if resource.kind == "Pod"

pod_spec := resource.spec.template.spec if {
	resource.kind in {"DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"}
}

pod_spec := resource.spec.jobTemplate.spec.template.spec if resource.kind == "CronJob"

containers contains container if {
	some field in ["initContainers", "containers", "ephemeralContainers"]
	some container in pod_spec[field]
}

# A setting of a pod's or a container's security context; null where it is not set.
setting(holder, name) := object.get(holder, ["securityContext", name], null)

# A container's own setting counts before the pod's.
runs_as_non_root(container) if {
	setting(container, "runAsNonRoot") == true
}

runs_as_non_root(container) if {
	setting(container, "runAsNonRoot") == null
	setting(pod_spec, "runAsNonRoot") == true
}

# METADATA
# title: Containers do not run as root
deny contains msg if {
	some container in containers
	not runs_as_non_root(container)
	msg := sprintf("Container %s must set runAsNonRoot to true", [container.name])
}

# METADATA
# title: Containers cannot write to their root filesystem
deny contains msg if {
	some container in containers
	setting(container, "readOnlyRootFilesystem") != true
	msg := sprintf("Container %s must have a read-only root filesystem", [container.name])
}

# METADATA
# title: Containers cannot gain privileges
deny contains msg if {
	some container in containers
	setting(container, "allowPrivilegeEscalation") != false
	msg := sprintf("Container %s must not allow privilege escalation", [container.name])
}

# METADATA
# title: Load balancers are internal
deny contains msg if {
	resource.kind == "Service"
	resource.spec.type == "LoadBalancer"
	object.get(resource.metadata, ["annotations", "service.beta.kubernetes.io/aws-load-balancer-scheme"], "") != "internal"
	msg := sprintf("Service %s must ask for an internal load balancer", [resource.metadata.name])
}
