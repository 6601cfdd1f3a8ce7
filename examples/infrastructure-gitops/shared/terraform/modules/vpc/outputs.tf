output "vpc_id" {
  description = "The network's id."
  value       = terraform_data.vpc.id
}

output "private_subnet_ids" {
  description = "The ids of the private subnets, in the order of their zones' names."
  value       = [for zone in keys(local.private_subnets) : terraform_data.private_subnet[zone].id]
}

output "public_subnet_ids" {
  description = "The ids of the public subnets, in the order of their zones' names."
  value       = [for zone in keys(local.public_subnets) : terraform_data.public_subnet[zone].id]
}

output "default_security_group_id" {
  description = "The id of the security group that allows traffic inside the network only."
  value       = terraform_data.default_security_group.id
}
