variable "environment" {
  description = "The environment's name, as in the folder's name."
  type        = string

  validation {
    condition     = contains(["development", "staging", "production"], var.environment)
    error_message = "environment must be development, staging or production."
  }
}

variable "vpc_cidr" {
  description = "The network's address range."
  type        = string
}

variable "private_subnets" {
  description = "The address range of the private subnet of each availability zone."
  type        = list(string)
}

variable "public_subnets" {
  description = "The address range of the public subnet of each availability zone."
  type        = list(string)
}

variable "availability_zones" {
  description = "The zones that the subnets are in."
  type        = list(string)
}

variable "cluster_version" {
  description = "The Kubernetes minor version."
  type        = string
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
}

variable "database_version" {
  description = "The PostgreSQL version."
  type        = string
}

variable "database_instance_class" {
  description = "The size of the database."
  type        = string
}

variable "database_storage" {
  description = "The storage that the database starts with, in GiB; it may grow to ten times that."
  type        = number
}

variable "database_backup_days" {
  description = "How many days the database's backups are kept."
  type        = number
}

variable "cache_node_type" {
  description = "The size of a cache node."
  type        = string
}

variable "cache_nodes" {
  description = "How many nodes the cache has."
  type        = number
}

variable "deletion_protection" {
  description = "Whether the cloud refuses to delete the database; without it no final snapshot is taken."
  type        = bool
}
