# METADATA
# title: Load balancers are internal
# description: |
#   A Service of type LoadBalancer asks its cloud for an internal address, by one of the annotations that clouds have
#   for it or by a `loadBalancerClass` that gives nothing else. Otherwise most clouds give a public one, and what was
#   meant for the cluster's neighbours is open to the internet.
# related_resources:
# - ref: https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md#builtinkubernetes-internal-load-balancer
# custom:
#   id: kubernetes-internal-load-balancer
#   severity: error
#   help: Add your cloud's annotation for an internal load balancer, or take the type ClusterIP and an Ingress.
package builtin.kubernetes_internal_load_balancer

import data.builtin.lib.kubernetes

# The value that makes a load balancer internal, by annotation, in lower case.
internal_values := {
	"cloud.google.com/load-balancer-type": "internal",
	"load-balancer.hetzner.cloud/disable-public-network": "true",
	"networking.gke.io/load-balancer-type": "internal",
	"oci-network-load-balancer.oraclecloud.com/internal": "true",
	"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": "intranet",
	"service.beta.kubernetes.io/aws-load-balancer-internal": "true",
	"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
	"service.beta.kubernetes.io/azure-load-balancer-internal": "true",
	"service.beta.kubernetes.io/cce-load-balancer-internal-vpc": "true",
	"service.beta.kubernetes.io/do-loadbalancer-network": "internal",
	"service.beta.kubernetes.io/oci-load-balancer-internal": "true",
	"service.beta.kubernetes.io/openstack-internal-load-balancer": "true",
	"service.beta.kubernetes.io/scw-loadbalancer-private": "true",
	"service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": "private",
}

# Tencent's load balancers are internal where they have a subnet.
subnet := "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid"

aws_scheme := "service.beta.kubernetes.io/aws-load-balancer-scheme"

internal_classes := {"networking.gke.io/l4-regional-internal", "tailscale"}

# Classes and types of the AWS Load Balancer Controller, whose load balancers are internal without a word.
aws_classes := {"eks.amazonaws.com/nlb", "service.k8s.aws/nlb"}

aws_types := {"external", "nlb-ip"}

annotation(key) := lower(sprintf("%v", [object.get(kubernetes.resource, ["metadata", "annotations", key], "")]))

class := object.get(kubernetes.resource, ["spec", "loadBalancerClass"], "")

# The scheme counts before all that AWS has beside it.
asks_for_internal if {
	annotation(aws_scheme) == ""
	some key, value in internal_values
	annotation(key) == value
}

asks_for_internal if annotation(aws_scheme) == "internal"

# The older values of AWS's older annotation.
asks_for_internal if {
	annotation(aws_scheme) == ""
	annotation("service.beta.kubernetes.io/aws-load-balancer-internal") == "0.0.0.0/0"
}

asks_for_internal if annotation(subnet) != ""

asks_for_internal if class in internal_classes

asks_for_internal if {
	annotation(aws_scheme) == ""
	class in aws_classes
}

asks_for_internal if {
	annotation(aws_scheme) == ""
	annotation("service.beta.kubernetes.io/aws-load-balancer-type") in aws_types
}

found := "no annotation asks for an internal one" if annotation(aws_scheme) == ""

found := sprintf("aws-load-balancer-scheme is %s", [annotation(aws_scheme)]) if annotation(aws_scheme) != ""

deny contains {"msg": msg, "path": ["spec", "type"]} if {
	kubernetes.resource.kind == "Service"
	kubernetes.group == ""
	kubernetes.resource.spec.type == "LoadBalancer"
	not asks_for_internal
	msg := sprintf("%s: the load balancer is public: %s", [kubernetes.name, found])
}
