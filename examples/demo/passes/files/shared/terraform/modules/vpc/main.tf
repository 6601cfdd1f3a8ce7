locals {
  # Keyed by zone, not by position: one more subnet creates that subnet and touches no other.
  private_subnets = { for index, cidr in var.private_subnets : var.availability_zones[index] => cidr }
  public_subnets  = { for index, cidr in var.public_subnets : var.availability_zones[index] => cidr }

  # One a zone, from x.x.201.0/24 on in a /16.
  database_subnets = { for index, zone in var.availability_zones : zone => cidrsubnet(var.vpc_cidr, 8, 201 + index) }
}

resource "terraform_data" "vpc" {
  input = {
    name                 = "${var.environment}-vpc"
    cidr_block           = var.vpc_cidr
    enable_dns_hostnames = true
    enable_dns_support   = true
    tags                 = var.tags
  }

  triggers_replace = { cidr_block = var.vpc_cidr }
}

resource "terraform_data" "private_subnet" {
  for_each = local.private_subnets

  input = {
    name                    = "${var.environment}-private-${each.key}"
    cidr_block              = each.value
    availability_zone       = each.key
    map_public_ip_on_launch = false
    tags                    = var.tags
  }

  triggers_replace = {
    vpc_id     = terraform_data.vpc.id
    cidr_block = each.value
  }
}

resource "terraform_data" "public_subnet" {
  for_each = local.public_subnets

  input = {
    name                    = "${var.environment}-public-${each.key}"
    cidr_block              = each.value
    availability_zone       = each.key
    map_public_ip_on_launch = false
    tags                    = var.tags
  }

  triggers_replace = {
    vpc_id     = terraform_data.vpc.id
    cidr_block = each.value
  }
}

resource "terraform_data" "database_subnet" {
  for_each = local.database_subnets

  input = {
    name                    = "${var.environment}-database-${each.key}"
    cidr_block              = each.value
    availability_zone       = each.key
    map_public_ip_on_launch = false
    tags                    = var.tags
  }

  triggers_replace = {
    vpc_id     = terraform_data.vpc.id
    cidr_block = each.value
  }
}

# Traffic inside the network only; what a service opens beyond that, it opens itself.
resource "terraform_data" "default_security_group" {
  input = {
    name    = "${var.environment}-default"
    ingress = [{ protocol = "-1", cidr_blocks = [var.vpc_cidr] }]
    egress  = [{ protocol = "-1", cidr_blocks = [var.vpc_cidr] }]
    tags    = var.tags
  }

  triggers_replace = { vpc_id = terraform_data.vpc.id }
}
