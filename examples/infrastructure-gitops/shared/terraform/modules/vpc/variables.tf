variable "environment" {
  description = "The environment that the network belongs to."
  type        = string
}

variable "vpc_cidr" {
  description = "The network's address range. Changing it replaces the network."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr))
    error_message = "vpc_cidr must be an IPv4 range such as 10.0.0.0/16."
  }
}

variable "private_subnets" {
  description = "The address range of the private subnet of each availability zone, in the order of availability_zones."
  type        = list(string)

  validation {
    condition     = length(var.private_subnets) >= 2 && alltrue([for cidr in var.private_subnets : can(cidrnetmask(cidr))])
    error_message = "private_subnets needs at least two IPv4 ranges: clusters and databases span two zones."
  }
}

variable "public_subnets" {
  description = "The address range of the public subnet of each availability zone, in the order of availability_zones."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.public_subnets : can(cidrnetmask(cidr))])
    error_message = "public_subnets must be IPv4 ranges such as 10.0.101.0/24."
  }
}

variable "availability_zones" {
  description = "The zones that the subnets are in; at least as many as there are subnets of a kind."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) == length(distinct(var.availability_zones))
    error_message = "availability_zones must not name a zone twice."
  }
}

variable "tags" {
  description = "Tags that everything in the network carries."
  type        = map(string)
  default     = {}
}
