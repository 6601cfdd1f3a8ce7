output "db_instance_endpoint" {
  description = "The host name that clients connect to."
  value       = terraform_data.instance.input.endpoint
}

output "db_instance_port" {
  description = "The port that clients connect to."
  value       = terraform_data.instance.input.port
}

output "db_instance_name" {
  description = "The name of the database in the instance."
  value       = terraform_data.instance.input.db_name
}
