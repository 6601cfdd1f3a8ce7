output "endpoint" {
  description = "The host name that clients connect to."
  value       = terraform_data.cluster.input.endpoint
}

output "port" {
  description = "The port that clients connect to."
  value       = terraform_data.cluster.input.port
}
