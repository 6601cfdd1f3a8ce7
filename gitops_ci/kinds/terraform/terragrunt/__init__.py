"""Terragrunt's units: directories with a `terragrunt.hcl` that deploys something, found by their files alone."""

from __future__ import annotations

from gitops_ci.discover.snapshot import Snapshot

FILES = ("terragrunt.hcl", "terragrunt.hcl.json")
STACK_FILE = "terragrunt.stack.hcl"


def is_unit(path: str, snapshot: Snapshot) -> bool:
    """Whether the stack at a path is a unit: Terraform alone would not see what its `terragrunt.hcl` adds."""
    at = f"{path}/" if path else ""
    return any(f"{at}{name}" in snapshot for name in FILES)
