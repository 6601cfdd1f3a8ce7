from __future__ import annotations

import pytest

from gitops_ci.discover import snapshot
from gitops_ci.policy.checkov import places
from gitops_ci.policy.checkov.places import Place

FILES = {
    "live/main.tf": 'module "app" {\n  source = "../modules/app"\n}\n\nmodule "far" {\n  source = "acme/far/aws"\n}\n',
    "live/data.tf": '\ndata "aws_ami" "this" {}\n',
    "modules/app/main.tf": '\nresource "aws_s3_bucket" "logs" {}\nmodule "db" {\n  source = "../db"\n}\n',
    "modules/db/main.tf": '\n\nresource "aws_db_instance" "main" {}\n',
}


@pytest.mark.parametrize(
    ("address", "path", "line"),
    [
        ("module.app.aws_s3_bucket.logs", "modules/app/main.tf", 2),
        ('module.app["a.b[0]"].aws_s3_bucket.logs[0]', "modules/app/main.tf", 2),
        ('module.app[0].module.db.aws_db_instance.main["x\\"y"]', "modules/db/main.tf", 3),
        ("data.aws_ami.this", "live/data.tf", 2),
        ("module.far.aws_s3_bucket.any", "live/main.tf", 5),
        ("module.app.aws_s3_bucket.other", "live/main.tf", 1),
    ],
)
def test_an_address_leads_to_its_block(address: str, path: str, line: int) -> None:
    assert places.of(address, "live", snapshot.of(FILES)) == Place(path, line)


@pytest.mark.parametrize(
    "address", ["aws_s3_bucket.none", "", "provider.aws", "module.none.t.n", "module.", "module.app"]
)
def test_what_is_not_there_has_no_place(address: str) -> None:
    assert places.of(address, "live", snapshot.of(FILES)) is None
