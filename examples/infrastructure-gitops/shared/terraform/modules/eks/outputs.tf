output "cluster_id" {
  description = "The cluster's id."
  value       = terraform_data.cluster.id
}

output "cluster_name" {
  description = "The cluster's name."
  value       = terraform_data.cluster.input.name
}

output "cluster_version" {
  description = "The Kubernetes minor version that the cluster runs."
  value       = terraform_data.cluster.input.version
}
