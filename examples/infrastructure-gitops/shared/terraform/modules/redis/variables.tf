variable "cluster_id" {
  description = "The cache's name. Changing it replaces the cache."
  type        = string
}

variable "node_type" {
  description = "The size of a cache node, such as cache.t4g.micro."
  type        = string

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "node_type must start with \"cache.\", such as cache.t4g.micro."
  }
}

variable "num_cache_nodes" {
  description = "How many nodes the cache has."
  type        = number
  default     = 1

  validation {
    condition     = var.num_cache_nodes >= 1
    error_message = "num_cache_nodes must be 1 or more."
  }
}

variable "parameter_group_name" {
  description = "The parameter group of the engine's version."
  type        = string
  default     = "default.redis7"
}

variable "port" {
  description = "The port that clients connect to."
  type        = number
  default     = 6379
}

variable "domain" {
  description = "The DNS zone that the cache's endpoint is in."
  type        = string
}

variable "subnet_ids" {
  description = "The private subnets that the nodes are in."
  type        = list(string)
}

variable "vpc_security_group_ids" {
  description = "The security groups that the nodes are in."
  type        = list(string)
}

variable "tags" {
  description = "Tags that the cache carries."
  type        = map(string)
  default     = {}
}
