variable "cluster_name" {
  description = "The cluster's name. Changing it replaces the cluster."
  type        = string
}

variable "cluster_version" {
  description = "The Kubernetes minor version, such as 1.33."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]+$", var.cluster_version))
    error_message = "cluster_version must be a minor version such as 1.33: patch versions are the provider's."
  }
}

variable "vpc_id" {
  description = "The network that the cluster is in. Changing it replaces the cluster."
  type        = string
}

variable "subnet_ids" {
  description = "The private subnets that the nodes are in."
  type        = list(string)
}

variable "node_groups" {
  description = "The cluster's node groups, by name."
  type = map(object({
    desired_capacity = number
    max_capacity     = number
    min_capacity     = number
    instance_types   = list(string)
    capacity_type    = optional(string, "ON_DEMAND")
  }))

  validation {
    condition = alltrue([
      for group in values(var.node_groups) :
      group.min_capacity <= group.desired_capacity && group.desired_capacity <= group.max_capacity
    ])
    error_message = "Every node group needs min_capacity <= desired_capacity <= max_capacity."
  }

  validation {
    condition     = alltrue([for group in values(var.node_groups) : contains(["ON_DEMAND", "SPOT"], group.capacity_type)])
    error_message = "capacity_type must be ON_DEMAND or SPOT."
  }
}

variable "tags" {
  description = "Tags that the cluster and its nodes carry."
  type        = map(string)
  default     = {}
}
