output "tags" {
  description = "Tags that everything carries."
  value       = local.tags
}

output "region" {
  description = "The region that everything runs in."
  value       = var.region
}

output "dns_zone" {
  description = "The private DNS zone; each environment has a subdomain of it."
  value       = terraform_data.dns_zone.input.name
}

output "account_numbers" {
  description = "The number of the cloud account of each environment."
  value       = { for environment, account in terraform_data.account : environment => account.input.number }
}
