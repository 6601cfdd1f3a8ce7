variable "organization" {
  description = "The organization's short name."
  type        = string
  default     = "acme"
}

variable "dns_zone" {
  description = "The private DNS zone; each environment has a subdomain of it."
  type        = string
  default     = "acme.example"

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.dns_zone))
    error_message = "dns_zone must be a domain name in lower case without a dot at the end."
  }
}

variable "region" {
  description = "The region that everything runs in."
  type        = string
  default     = "us-west-2"
}

variable "accounts" {
  description = "The number of the cloud account of each environment."
  type        = map(string)
  default = {
    development = "111122223333"
    staging     = "444455556666"
    production  = "777788889999"
  }

  validation {
    condition     = alltrue([for number in values(var.accounts) : can(regex("^[0-9]{12}$", number))])
    error_message = "An account number has twelve digits."
  }
}
