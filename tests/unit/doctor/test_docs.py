"""docs/rules/doctor.md: a section a rule, whose examples do what they say."""

from __future__ import annotations

import re

import msgspec
import pytest

from gitops_ci.config import DEFAULT, Config, Environment
from gitops_ci.discover import snapshot
from gitops_ci.doctor import diagnosis
from gitops_ci.doctor.settings import Settings
from gitops_ci.policy.rules import __main__ as compiler
from gitops_ci.policy.rules import catalog
from tests.unit.policy.rules import rule_examples

RULES = catalog.families()["doctor"]
CONFIG = msgspec.structs.replace(
    DEFAULT, environments=(Environment(name="production", github_environment="production-plan"),)
)


def found(id: str, side: str) -> set[str]:
    files = rule_examples.files(id, "fails" if side == "fails" else "passes")
    example = files.pop("example", None)
    settings = Settings() if example is None else msgspec.yaml.decode(example, type=Settings)
    asked = None if example is None else settings
    given = CONFIG if id == "doctor/environment-open" else Config()
    return {each.rule for each in diagnosis.findings(snapshot.of(files), given, asked, "gitops-ci")}


@pytest.mark.parametrize("id", [rule.id for rule in RULES])
def test_examples(id: str) -> None:
    assert id in found(id, "fails")
    assert id not in found(id, "passes")


def test_the_table_has_every_rule_in_order() -> None:
    rows = re.findall(
        r"^\| (doctor/[a-z-]+) \|", (compiler.FOLDER / "doctor.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rows == [rule.id for rule in RULES]
