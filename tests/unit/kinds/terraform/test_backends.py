from __future__ import annotations

import pytest

from gitops_ci.discover import snapshot
from gitops_ci.kinds.terraform import backends
from gitops_ci.kinds.terraform.language import values
from gitops_ci.kinds.terraform.reading import configuration

S3 = 'terraform {\n  backend "s3" {\n    bucket = "acme"\n    key = "production/net.tfstate"\n  }\n}\n'


def test_a_root_without_a_backend_keeps_its_state_beside_itself() -> None:
    found = backends.of("a", snapshot.of({"a/main.tf": "locals {}"}))
    assert (found.type, backends.location(found.type, found.settings, directory="a")) == ("local", "local:a/terraform.tfstate")  # fmt: skip


def test_the_backend_is_found_with_its_place() -> None:
    found = backends.of("a", snapshot.of({"a/main.tf": "", "a/terraform.tf": S3}))
    assert (found.path, found.line) == ("a/terraform.tf", 2)
    assert backends.location(found.type, found.settings) == "s3://acme/production/net.tfstate"


def test_an_override_file_wins_whatever_its_name_sorts_like() -> None:
    other = S3.replace("production", "staging")
    found = backends.of("a", snapshot.of({"a/a_override.tf": other, "a/main.tf": S3}))
    assert found.text("key") == "staging/net.tfstate"


def test_what_init_is_given_is_part_of_it_and_what_is_not_there_is_told() -> None:
    files = {"a/main.tf": 'terraform {\n  backend "s3" {}\n}', "a/production.hcl": 'bucket = "b"\nkey = "k"\n'}
    found = backends.of("a", snapshot.of(files), backend_config=("production.hcl", "../../x.hcl", "more.hcl"))
    assert backends.location(found.type, found.settings) == "s3://b/k"
    assert found.unread == ("../../x.hcl", "more.hcl")


@pytest.mark.parametrize(
    ("type", "settings", "workspace", "location"),
    [
        ("s3", {"bucket": "b", "key": "/k"}, "default", "s3://b/k"),
        ("s3", {"bucket": "b", "key": "k"}, "blue", "s3://b/env:/blue/k"),
        ("s3", {"bucket": "b", "key": values.COMPUTED}, "default", None),
        ("s3", {"bucket": "b"}, "default", None),
        ("gcs", {"bucket": "b"}, "default", "gs://b/default.tfstate"),
        ("gcs", {"bucket": "b", "prefix": "p/"}, "blue", "gs://b/p/blue.tfstate"),
        ("azurerm", {"storage_account_name": "a", "container_name": "c", "key": "k"}, "blue", "azurerm://a/c/kenv:blue"),
        ("local", {"path": "../states/x.tfstate"}, "default", "local:e/states/x.tfstate"),
        ("local", {}, "blue", "local:e/r/terraform.tfstate.d/blue/terraform.tfstate"),
        ("cloud", {"organization": "o", "workspaces": {"name": "w"}}, "default", "remote://app.terraform.io/o/w"),
        ("cloud", {"organization": "o", "workspaces": {"tags": ["x"]}}, "w2", "remote://app.terraform.io/o/w2"),
        ("cloud", {"organization": "o", "workspaces": {"tags": ["x"]}}, "default", None),
        ("remote", {"hostname": "h", "organization": "o", "workspaces": {"prefix": "p-"}}, "x", "remote://h/o/p-x"),
        ("http", {"address": "HTTPS://me:secret@H/s"}, "default", "https://h/s"),
        ("http", {"address": "https://h/s?token=1"}, "default", None),
        ("s3", {"bucket": "b", "key": "k", "endpoints": {"s3": "https://minio.example/"}}, "default", "s3+https://minio.example/b/k"),
        ("s3", {"bucket": "b", "key": "k", "endpoint": values.COMPUTED}, "default", None),
        ("s3", {"bucket": "b", "key": "k", "endpoints": values.COMPUTED}, "default", None),
        ("s3", {"bucket": "arn:aws:s3:eu-west-1:111122223333:accesspoint/x", "key": "k"}, "default", None),
        ("s3", {"bucket": "x-1234-s3alias", "key": "k"}, "default", None),
        ("s3", {"bucket": "b", "key": "${x}"}, "default", None),
        ("gcs", {"bucket": "b", "prefix": "a/../production"}, "default", "gs://b/production/default.tfstate"),
        ("azurerm", {"storage_account_name": "a", "container_name": "c", "key": "k", "metadata_host": "h"}, "default", None),
        ("kubernetes", {"secret_suffix": "x"}, "default", None),
        ("unclear", {}, "default", None),
        ("nonsense", {}, "default", None),
    ],
)  # fmt: skip
def test_a_location_is_one_text_without_credentials(
    type: str, settings: backends.Settings, workspace: str, location: str | None
) -> None:
    assert backends.location(type, settings, directory="e/r", workspace=workspace) == location


def test_a_remote_state_reads_the_location_that_its_producer_keeps() -> None:
    reader = 'data "terraform_remote_state" "net" {\n  backend = "s3"\n  config = {\n    bucket = "acme"\n    key = "production/net.tfstate"\n  }\n}\n'
    (data,) = configuration.of("b", snapshot.of({"b/main.tf": reader})).all("data", "terraform_remote_state")
    assert backends.remote_state(backends.settings_of(data.block.body), directory="b") == "s3://acme/production/net.tfstate"  # fmt: skip


def test_a_file_that_cannot_be_read_is_a_problem_and_the_others_are_read() -> None:
    files = snapshot.of({"a/a.tf": "x {", "a/b.tf": S3}, links={"a/c.tf": "../nowhere.tf"})
    found = configuration.of("a", files)
    assert [(each.path, each.line) for each in found.problems] == [("a/a.tf", 1), ("a/c.tf", None)]
    assert [path for path, _ in found.files] == ["a/b.tf"]
