resource "terraform_data" "cluster" {
  input = {
    name                    = var.cluster_name
    version                 = var.cluster_version
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = false
    enabled_log_types       = ["api", "audit", "authenticator"]
    tags                    = var.tags
  }

  triggers_replace = {
    name   = var.cluster_name
    vpc_id = var.vpc_id
  }
}

resource "terraform_data" "node_group" {
  for_each = var.node_groups

  input = {
    name             = "${var.cluster_name}-${each.key}"
    subnet_ids       = var.subnet_ids
    desired_capacity = each.value.desired_capacity
    max_capacity     = each.value.max_capacity
    min_capacity     = each.value.min_capacity
    tags             = var.tags
  }

  # As with the cloud's own node groups: other machines mean other nodes.
  triggers_replace = {
    cluster_id     = terraform_data.cluster.id
    instance_types = each.value.instance_types
    capacity_type  = each.value.capacity_type
  }
}
