terraform {
  required_version = ">= 1.0"

  backend "s3" {
    bucket         = "company-terraform-state"
    key            = "production/terraform.tfstate"
    region         = "us-west-2"
    dynamodb_table = "terraform-locks"
    encrypt        = true
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = "~> 2.0"
    }
    helm = {
      source  = "hashicorp/helm"
      version = "~> 2.0"
    }
  }
}

# Data sources for shared infrastructure
data "terraform_remote_state" "shared" {
  backend = "s3"

  config = {
    bucket = "company-terraform-state"
    key    = "shared/terraform.tfstate"
    region = "us-west-2"
  }
}

# VPC and networking
module "vpc" {
  source = "../../shared/terraform/modules/vpc"

  environment        = "production"
  vpc_cidr           = "10.0.0.0/16"
  private_subnets    = ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]
  public_subnets     = ["10.0.101.0/24", "10.0.102.0/24", "10.0.103.0/24"]
  availability_zones = ["us-west-2a", "us-west-2b", "us-west-2c"]
}

# EKS Cluster
module "eks" {
  source = "../../shared/terraform/modules/eks"

  cluster_name    = "production-cluster"
  cluster_version = "1.28"
  vpc_id          = module.vpc.vpc_id
  subnet_ids      = module.vpc.private_subnet_ids

  node_groups = {
    general = {
      desired_capacity = 3
      max_capacity     = 10
      min_capacity     = 1
      instance_types   = ["t3.medium"]
      capacity_type    = "ON_DEMAND"
    }
    spot = {
      desired_capacity = 2
      max_capacity     = 5
      min_capacity     = 0
      instance_types   = ["t3.medium", "t3.small"]
      capacity_type    = "SPOT"
    }
  }
}

# RDS Database
module "database" {
  source = "../../shared/terraform/modules/rds"

  identifier              = "production-db"
  engine                  = "postgres"
  engine_version          = "15.4"
  instance_class          = "db.t3.medium"
  allocated_storage       = 100
  max_allocated_storage   = 1000
  db_name                 = "production_app"
  username                = "app_user"
  vpc_security_group_ids  = [module.vpc.default_security_group_id]
  subnet_ids              = module.vpc.private_subnet_ids
  backup_retention_period = 7
  backup_window           = "03:00-04:00"
  maintenance_window      = "sun:04:00-sun:05:00"
  deletion_protection     = true
  skip_final_snapshot     = false
}

# Redis Cache
module "redis" {
  source = "../../shared/terraform/modules/redis"

  cluster_id             = "production-redis"
  node_type              = "cache.t3.micro"
  num_cache_nodes        = 1
  parameter_group_name   = "default.redis7"
  port                   = 6379
  subnet_ids             = module.vpc.private_subnet_ids
  vpc_security_group_ids = [module.vpc.default_security_group_id]
}
