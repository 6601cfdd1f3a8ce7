# What every environment shares. The environments read these outputs through `terraform_remote_state`.

locals {
  tags = {
    Organization = var.organization
    ManagedBy    = "gitops"
    Repository   = "infrastructure-gitops"
  }
}

resource "terraform_data" "dns_zone" {
  input = {
    name = var.dns_zone
    tags = local.tags
  }

  triggers_replace = { name = var.dns_zone }
}

resource "terraform_data" "account" {
  for_each = var.accounts

  input = {
    name   = "${var.organization}-${each.key}"
    number = each.value
    tags   = local.tags
  }
}
