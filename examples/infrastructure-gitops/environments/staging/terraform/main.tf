# The same file in every environment: what differs between them is in terraform.tfvars.

data "terraform_remote_state" "shared" {
  backend = "local"

  config = {
    path = "../../../shared/terraform/terraform.tfstate"
  }
}

locals {
  shared = data.terraform_remote_state.shared.outputs
  domain = "${var.environment}.${local.shared.dns_zone}"
  tags   = merge(local.shared.tags, { Environment = var.environment })
}

module "vpc" {
  source = "../../../shared/terraform/modules/vpc"

  environment        = var.environment
  vpc_cidr           = var.vpc_cidr
  private_subnets    = var.private_subnets
  public_subnets     = var.public_subnets
  availability_zones = var.availability_zones
  tags               = local.tags
}

module "eks" {
  source = "../../../shared/terraform/modules/eks"

  cluster_name    = "${var.environment}-cluster"
  cluster_version = var.cluster_version
  vpc_id          = module.vpc.vpc_id
  subnet_ids      = module.vpc.private_subnet_ids
  node_groups     = var.node_groups
  tags            = local.tags
}

module "database" {
  source = "../../../shared/terraform/modules/rds"

  identifier              = "${var.environment}-db"
  engine                  = "postgres"
  engine_version          = var.database_version
  instance_class          = var.database_instance_class
  allocated_storage       = var.database_storage
  max_allocated_storage   = var.database_storage * 10
  db_name                 = "storefront"
  username                = "storefront"
  password                = "secretsmanager:${var.environment}/database-credentials#password"
  domain                  = local.domain
  subnet_ids              = module.vpc.private_subnet_ids
  vpc_security_group_ids  = [module.vpc.default_security_group_id]
  backup_retention_period = var.database_backup_days
  deletion_protection     = var.deletion_protection
  skip_final_snapshot     = !var.deletion_protection
  tags                    = local.tags
}

module "redis" {
  source = "../../../shared/terraform/modules/redis"

  cluster_id             = "${var.environment}-redis"
  node_type              = var.cache_node_type
  num_cache_nodes        = var.cache_nodes
  domain                 = local.domain
  subnet_ids             = module.vpc.private_subnet_ids
  vpc_security_group_ids = [module.vpc.default_security_group_id]
  tags                   = local.tags
}
