resource "terraform_data" "subnet_group" {
  input = {
    name       = "${var.cluster_id}-subnets"
    subnet_ids = var.subnet_ids
    tags       = var.tags
  }
}

resource "terraform_data" "cluster" {
  input = {
    cluster_id                 = var.cluster_id
    endpoint                   = "${var.cluster_id}.${var.domain}"
    port                       = var.port
    node_type                  = var.node_type
    num_cache_nodes            = var.num_cache_nodes
    parameter_group_name       = var.parameter_group_name
    at_rest_encryption_enabled = true
    transit_encryption_enabled = true
    subnet_group_id            = terraform_data.subnet_group.id
    vpc_security_group_ids     = var.vpc_security_group_ids
    tags                       = var.tags
  }

  triggers_replace = { cluster_id = var.cluster_id }
}
