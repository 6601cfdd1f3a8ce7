output "vpc_id" {
  description = "The network's id."
  value       = module.vpc.vpc_id
}

output "cluster_name" {
  description = "The cluster's name."
  value       = module.eks.cluster_name
}

output "cluster_arn" {
  description = "The cluster's full name in the cloud."
  value = format(
    "arn:aws:eks:%s:%s:cluster/%s",
    local.shared.region, local.shared.account_numbers[var.environment], module.eks.cluster_name,
  )
}

output "database_endpoint" {
  description = "The host name of the database."
  value       = module.database.db_instance_endpoint
}
