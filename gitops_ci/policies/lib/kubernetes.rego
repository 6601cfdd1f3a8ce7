# METADATA
# title: What a manifest says of the pods that come of it
# description: An object is taken as an admission review has it, `input.request.object`.
package builtin.lib.kubernetes

import data.builtin.lib.subject

resource := input.request.object

name := sprintf("%s %s", [resource.kind, object.get(resource, ["metadata", "name"], "without a name")])

# The group of the object's API; that of `v1` has no name.
group := substring(version, 0, max([indexof(version, "/"), 0])) if {
	version := object.get(resource, "apiVersion", "v1")
}

# Where a pod's specification may be. Any object with containers at such a place has a pod template, be it a Deployment,
# a Job or a kind of its own such as Argo's Rollout.
pod_paths contains ["spec"] if {
	resource.kind == "Pod"
	group == ""
}

pod_paths contains ["spec", "template", "spec"]

pod_paths contains ["spec", "jobTemplate", "spec", "template", "spec"]

pod_paths contains ["template", "spec"] if resource.kind == "PodTemplate"

pods := [{"path": path, "spec": spec} |
	some path in pod_paths
	spec := object.get(resource, path, null)
	is_array(object.get(resource, array.concat(path, ["containers"]), null))
]

# Every container of every pod: init containers and ephemeral ones too.
containers := [container |
	some pod in pods
	some field in ["initContainers", "containers", "ephemeralContainers"]
	some index, value in pod.spec[field]
	container := {
		"name": object.get(value, "name", sprintf("%s[%d]", [field, index])),
		"path": array.concat(pod.path, [field, index]),
		"value": value,
		"pod": pod.spec,
	}
]

# Pods of Windows have neither a root user nor a file system that could be read-only.
linux_containers := [container |
	some container in containers
	object.get(container.pod, ["os", "name"], "linux") != "windows"
]

# What a patch leaves out is no setting that is missing: it is merged into another object, which may have it. Of a file
# that only this change makes a patch it is believed where Kubernetes would refuse it as it is.
left_out(container, value) if {
	value == null
	newly_patched
	object.get(container.value, "image", null) == null
}

left_out(_, value) if {
	value == null
	newly_patched
	group == "apps"
	object.get(resource, ["spec", "selector"], null) == null
}

left_out(_, value) if {
	value == null
	patched
}

patched if subject.kustomized == "patch"

newly_patched if subject.kustomized == "new-patch"

# A setting of a container's security context; null where it is not set.
setting(container, key) := object.get(container.value, ["securityContext", key], null)

# The same, where the pod's counts for containers that have none of their own.
inherited(container, key) := setting(container, key) if setting(container, key) != null

inherited(container, key) := object.get(container.pod, ["securityContext", key], null) if {
	setting(container, key) == null
}

# What was found, for a message.
found(value) := "is not set" if value == null

found(value) := sprintf("is %v", [value]) if value != null

# One result: what is wrong with a container, and where it is.
result(container, text) := {
	"msg": sprintf("%s: container %s: %s", [name, container.name, text]),
	"name": container.name,
	"path": container.path,
}

# The same about a setting of its security context: where that is written, or the nearest to it that is.
result_of(container, key, text) := {
	"msg": sprintf("%s: container %s: %s", [name, container.name, text]),
	"name": container.name,
	"path": array.concat(container.path, ["securityContext", key]),
}

# Whether a kustomization of the repository takes the file: it may add labels and tags, which nobody sees here.
kustomized if subject.kustomized in {"patch", "new-patch", "resource"}
