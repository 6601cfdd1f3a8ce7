package builtin.lib.kubernetes_test

import data.builtin.lib.inputs
import data.builtin.lib.kubernetes

spec := {
	"initContainers": [{"name": "prepare"}],
	"containers": [{"name": "api"}, {"image": "api:1"}],
	"ephemeralContainers": [{"name": "debug"}],
}

found := [[container.name, container.path] | some container in kubernetes.containers]

test_every_container_of_a_pod_and_where_it_is if {
	found == [
		["prepare", ["spec", "initContainers", 0]],
		["api", ["spec", "containers", 0]],
		["containers[1]", ["spec", "containers", 1]],
		["debug", ["spec", "ephemeralContainers", 0]],
	] with input as inputs.pod(spec)
}

test_every_pod_template if {
	some kind in ["DaemonSet", "Deployment", "Job", "ReplicaSet", "Rollout", "StatefulSet"]
	resource := {"kind": kind, "metadata": {"name": "api"}, "spec": {"template": {"spec": spec}}}
	count(found) == 4 with input as inputs.review(resource)
}

test_pods_of_a_cron_job if {
	resource := {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}
	found[0][1] == ["spec", "jobTemplate", "spec", "template", "spec", "initContainers", 0] with input as inputs.review(resource)
}

test_pods_of_a_pod_template if {
	count(found) == 4 with input as inputs.review({"apiVersion": "v1", "kind": "PodTemplate", "template": {"spec": spec}})
}

test_other_objects_have_none if {
	found == [] with input as inputs.review({"kind": "ConfigMap", "data": {"spec": "{}"}})
	found == [] with input as inputs.review({"kind": "Prometheus", "apiVersion": "monitoring.coreos.com/v1", "spec": spec})
	found == [] with input as inputs.review({"kind": "Pod", "apiVersion": "acme.example/v1", "spec": spec})
	found == [] with input as inputs.pod({"containers": null})
}

test_group if {
	kubernetes.group == "" with input as inputs.review({"apiVersion": "v1", "kind": "Pod"})
	kubernetes.group == "apps" with input as inputs.review({"apiVersion": "apps/v1", "kind": "Deployment"})
}

test_name if {
	kubernetes.name == "Pod api" with input as inputs.pod({})
	kubernetes.name == "Pod without a name" with input as inputs.review({"kind": "Pod"})
}
