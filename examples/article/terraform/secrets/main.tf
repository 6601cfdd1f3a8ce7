resource "aws_secretsmanager_secret" "database" {
  name        = "production/database-credentials"
  description = "Database credentials for production environment"

  tags = {
    Environment = "production"
    ManagedBy   = "gitops"
  }
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id = aws_secretsmanager_secret.database.id

  secret_string = jsonencode({
    username = var.db_username
    password = var.db_password
    host     = module.database.db_instance_endpoint
    port     = module.database.db_instance_port
    database = module.database.db_instance_name
  })
}

# Reference in RDS module
module "database" {
  source = "../../shared/terraform/modules/rds"

  # ... other configuration ...

  password = jsondecode(aws_secretsmanager_secret_version.database.secret_string)["password"]
}
