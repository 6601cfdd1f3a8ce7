"""What roots without a lock file need, so that those who need the same take turns."""

from __future__ import annotations

from gitops_ci import config
from gitops_ci.discover import inventory, snapshot
from gitops_ci.kinds import catalog
from gitops_ci.kinds.terraform.engine import needs

ROOT = "environments/staging/terraform/a"


def needed(files: dict[str, str], root: str = ROOT) -> frozenset[str]:
    found = inventory.take(snapshot.of(files), config.DEFAULT, catalog.ALL)
    [stack] = [stack for stack in found.stacks.values() if stack.path == root]
    return needs.of(stack, found)


def test_everything_that_is_installed_is_named() -> None:
    files = {
        f"{ROOT}/main.tf": """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}
module "here" { source = "./here" }
module "there" { source = "terraform-aws-modules/vpc/aws" }
resource "google_storage_bucket" "a" {}
data "azurerm_client_config" "a" {}
resource "terraform_data" "a" {}
variable "aws_region" {}
output "x_y" { value = 1 }
""",
        f"{ROOT}/here/main.tf": 'resource "random_id" "a" {}\n',
    }
    assert needed(files) == {
        "hashicorp/aws ~> 5.0",
        "module terraform-aws-modules/vpc/aws",
        "hashicorp/google ",
        "hashicorp/azurerm ",
        "hashicorp/random ",
    }


def test_json_says_the_same() -> None:
    assert needed({f"{ROOT}/main.tf.json": '{"resource": {"aws_s3_bucket": {"a": {}}}}'}) == {"hashicorp/aws "}


def test_a_lock_file_says_it_all() -> None:
    files = {f"{ROOT}/main.tf": 'resource "aws_s3_bucket" "a" {}\n', f"{ROOT}/.terraform.lock.hcl": ""}
    assert needed(files) == frozenset()


def test_a_file_that_cannot_be_read_names_nothing() -> None:
    files = {f"{ROOT}/main.tf": 'resource "aws_s3_bucket" "a" {}\n', f"{ROOT}/bad.tf": 'resource "x_y" "a" {\n'}
    assert needed(files) == {"hashicorp/aws "}
