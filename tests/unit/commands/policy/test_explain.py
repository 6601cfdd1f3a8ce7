from __future__ import annotations

import pytest

from gitops_ci.commands.policy.explain import _meant
from gitops_ci.errors import UsageError
from gitops_ci.model.rule import Rule

KNOWN = {id: Rule(id=id, title=id) for id in ("terraform/state-shared", "checkov/CKV_AWS_20", "a/same", "b/same")}


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("terraform/state-shared", "terraform/state-shared"),
        ("Terraform/State-Shared", "terraform/state-shared"),
        ("state-shared", "terraform/state-shared"),
        ("ckv_aws_20", "checkov/CKV_AWS_20"),
        ("b/same", "b/same"),
    ],
)
def test_a_rule_is_meant_by_its_id_or_by_a_name_that_only_it_has(asked: str, meant: str) -> None:
    assert _meant(asked, KNOWN) == meant


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("same", "did you mean a/same or b/same?"),
        ("terraform/state-sharde", "did you mean terraform/state-shared?"),
        ("state-sharde", "did you mean terraform/state-shared?"),
        ("CKV_AWS_21", "did you mean checkov/CKV_AWS_20?"),
        ("\x1b[31m", "`gitops-ci policy explain` lists all rules"),
    ],
)
def test_what_nothing_is_called_gets_the_nearest_ids(asked: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        _meant(asked, KNOWN)
    assert raised.value.hint == hint
