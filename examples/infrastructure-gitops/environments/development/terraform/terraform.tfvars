environment = "development"

vpc_cidr           = "10.10.0.0/16"
private_subnets    = ["10.10.1.0/24", "10.10.2.0/24"]
public_subnets     = ["10.10.101.0/24", "10.10.102.0/24"]
availability_zones = ["us-west-2a", "us-west-2b"]

cluster_version = "1.33"
node_groups = {
  general = {
    desired_capacity = 1
    max_capacity     = 3
    min_capacity     = 1
    instance_types   = ["t3.medium"]
    capacity_type    = "SPOT"
  }
}

database_version        = "17.6"
database_instance_class = "db.t4g.small"
database_storage        = 20
database_backup_days    = 1

cache_node_type = "cache.t4g.micro"
cache_nodes     = 1

deletion_protection = false
