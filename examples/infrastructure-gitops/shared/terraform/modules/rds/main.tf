locals {
  ports = { postgres = 5432, mysql = 3306 }
}

resource "terraform_data" "subnet_group" {
  input = {
    name       = "${var.identifier}-subnets"
    subnet_ids = var.subnet_ids
    tags       = var.tags
  }
}

# Another password is another version of the secret.
resource "terraform_data" "credentials" {
  input = {
    name     = "${var.identifier}-credentials"
    username = var.username
  }

  triggers_replace = { password = var.password }
}

resource "terraform_data" "instance" {
  input = {
    identifier              = var.identifier
    endpoint                = "${var.identifier}.${var.domain}"
    port                    = local.ports[var.engine]
    db_name                 = var.db_name
    engine_version          = var.engine_version
    instance_class          = var.instance_class
    allocated_storage       = var.allocated_storage
    max_allocated_storage   = var.max_allocated_storage
    storage_encrypted       = true
    publicly_accessible     = false
    subnet_group_id         = terraform_data.subnet_group.id
    vpc_security_group_ids  = var.vpc_security_group_ids
    backup_retention_period = var.backup_retention_period
    backup_window           = var.backup_window
    maintenance_window      = var.maintenance_window
    deletion_protection     = var.deletion_protection
    skip_final_snapshot     = var.skip_final_snapshot
    tags                    = var.tags
  }

  triggers_replace = {
    identifier = var.identifier
    engine     = var.engine
  }
}
