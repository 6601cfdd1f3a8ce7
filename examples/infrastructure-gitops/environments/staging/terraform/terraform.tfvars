environment = "staging"

vpc_cidr           = "10.20.0.0/16"
private_subnets    = ["10.20.1.0/24", "10.20.2.0/24"]
public_subnets     = ["10.20.101.0/24", "10.20.102.0/24"]
availability_zones = ["us-west-2a", "us-west-2b"]

cluster_version = "1.33"
node_groups = {
  general = {
    desired_capacity = 2
    max_capacity     = 4
    min_capacity     = 1
    instance_types   = ["t3.medium"]
  }
  spot = {
    desired_capacity = 1
    max_capacity     = 3
    min_capacity     = 0
    instance_types   = ["t3.medium", "t3.small"]
    capacity_type    = "SPOT"
  }
}

database_version        = "17.6"
database_instance_class = "db.t4g.medium"
database_storage        = 50
database_backup_days    = 7

cache_node_type = "cache.t4g.micro"
cache_nodes     = 1

deletion_protection = true
