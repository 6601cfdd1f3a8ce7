variable "identifier" {
  description = "The instance's name. Changing it replaces the database."
  type        = string
}

variable "engine" {
  description = "The database engine. Changing it replaces the database."
  type        = string

  validation {
    condition     = contains(["postgres", "mysql"], var.engine)
    error_message = "engine must be postgres or mysql."
  }
}

variable "engine_version" {
  description = "The engine's version, such as 17.6."
  type        = string
}

variable "instance_class" {
  description = "The instance's size, such as db.t4g.medium."
  type        = string

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "instance_class must start with \"db.\", such as db.t4g.medium."
  }
}

variable "allocated_storage" {
  description = "The storage that the instance starts with, in GiB."
  type        = number
}

variable "max_allocated_storage" {
  description = "The storage that the instance may grow to, in GiB."
  type        = number
}

variable "db_name" {
  description = "The name of the database in the instance."
  type        = string
}

variable "username" {
  description = "The name of the user that owns the database."
  type        = string
}

variable "password" {
  description = "The owner's password, as a reference to the secret that holds it."
  type        = string
  sensitive   = true
}

variable "domain" {
  description = "The DNS zone that the instance's endpoint is in."
  type        = string
}

variable "subnet_ids" {
  description = "The private subnets that the instance is in."
  type        = list(string)
}

variable "vpc_security_group_ids" {
  description = "The security groups that the instance is in."
  type        = list(string)
}

variable "backup_retention_period" {
  description = "How many days backups are kept."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_retention_period >= 1 && var.backup_retention_period <= 35
    error_message = "backup_retention_period must be between 1 and 35 days."
  }
}

variable "backup_window" {
  description = "When backups are taken, in UTC."
  type        = string
  default     = "03:00-04:00"
}

variable "maintenance_window" {
  description = "When maintenance may happen, in UTC."
  type        = string
  default     = "sun:04:00-sun:05:00"
}

variable "deletion_protection" {
  description = "Whether the cloud refuses to delete the instance."
  type        = bool
  default     = true
}

variable "skip_final_snapshot" {
  description = "Whether a deleted instance leaves no snapshot behind."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags that the instance carries."
  type        = map(string)
  default     = {}
}
