environment = "production"

vpc_cidr           = "10.0.0.0/16"
private_subnets    = ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]
public_subnets     = ["10.0.101.0/24", "10.0.102.0/24", "10.0.103.0/24"]
availability_zones = ["us-west-2a", "us-west-2b", "us-west-2c"]

cluster_version = "1.33"
node_groups = {
  general = {
    desired_capacity = 3
    max_capacity     = 10
    min_capacity     = 3
    instance_types   = ["t3.medium"]
  }
  spot = {
    desired_capacity = 2
    max_capacity     = 5
    min_capacity     = 0
    instance_types   = ["t3.medium", "t3.small"]
    capacity_type    = "SPOT"
  }
}

database_version        = "17.6"
database_instance_class = "db.m7g.large"
database_storage        = 100
database_backup_days    = 30

cache_node_type = "cache.t4g.small"
cache_nodes     = 2

deletion_protection = true
