"""Each policy is one file that says what it is; its page, its tests and its file agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_ci import config_file, policies
from gitops_ci.config import Builtin
from gitops_ci.errors import ConfigError
from gitops_ci.model.finding import SEVERITIES

ROOT = Path(__file__).parents[3]
DIRECTORY = ROOT / "gitops_ci" / "policies"
PAGE = (ROOT / "docs" / "rules" / "builtin.md").read_text(encoding="utf-8")
FILES = {name: DIRECTORY / f"{name.replace('-', '_')}.rego" for name in policies.names()}
SECTIONS = dict(re.findall(r"^## builtin/(\S+)$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def metadata(text: str) -> dict[str, Any]:
    block = re.match(r"# METADATA\n((?:#.*\n)+)", text)
    assert block is not None
    found: dict[str, Any] = yaml.safe_load(re.sub(r"^# ?", "", block[1], flags=re.MULTILINE))
    return found


def test_there_are_some() -> None:
    assert len(FILES) >= 14
    assert all(path.is_file() for path in FILES.values())


@pytest.mark.parametrize("name", FILES)
def test_a_policy_says_what_it_is(name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    found = metadata(text)
    assert found["title"]
    assert len(found["description"]) > 100
    own = found["custom"]
    assert own["id"] == name
    assert own["severity"] in SEVERITIES
    assert own["help"].endswith(".")
    assert re.search(rf"^package builtin\.{name.replace('-', '_')}$", text, re.MULTILINE)
    assert re.search(r"^deny contains", text, re.MULTILINE)
    assert FILES[name].with_name(f"{FILES[name].stem}_test.rego").is_file()


@pytest.mark.parametrize("name", FILES)
def test_a_policy_leads_to_its_section(name: str) -> None:
    (resource,) = metadata(FILES[name].read_text(encoding="utf-8"))["related_resources"]
    page, _, anchor = resource["ref"].partition("#")
    assert page == "https://github.com/gitops-ci/gitops-ci/blob/v1/docs/rules/builtin.md"
    assert anchor == f"builtin{name}"


def test_every_policy_has_a_section_and_a_row_with_its_severity() -> None:
    assert sorted(SECTIONS) == sorted(FILES)
    rows = dict(re.findall(r"^\| \[builtin/(\S+)\]\(#builtin\S+\) \| (\w+) \|", PAGE, re.MULTILINE))
    assert rows == {
        name: metadata(path.read_text(encoding="utf-8"))["custom"]["severity"] for name, path in FILES.items()
    }


@pytest.mark.parametrize("name", FILES)
def test_a_section_names_every_type_and_annotation_that_the_policy_knows(name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    types = set(re.findall(r'"((?:aws|azurerm|google)_[a-z0-9_]+)"', text))
    assert [
        each for each in sorted(types) if f"`{each}`" not in SECTIONS[name] and name != "terraform-required-tags"
    ] == []


@pytest.mark.parametrize("name", FILES)
def test_a_section_has_what_why_fix_and_both_examples(name: str) -> None:
    for part in ("**What**: ", "**Why**: ", "**Fix**: "):
        assert part in SECTIONS[name]
    assert re.search(r"^Fails\b.*?^Passes:", SECTIONS[name], re.MULTILINE | re.DOTALL)


def test_what_an_engine_is_given() -> None:
    given = {module.path: module.text for module in policies.modules()}
    assert not [path for path in given if path.endswith("_test.rego")]
    assert {f"gitops_ci/policies/{path.name}" for path in FILES.values()} < given.keys()
    assert "gitops_ci/policies/lib/terraform.rego" in given


def test_patterns_may_begin_as_findings_do() -> None:
    assert policies.patterns(Builtin(rules=("builtin/kubernetes-*", "terraform-backups"))) == (
        "kubernetes-*",
        "terraform-backups",
    )


def test_a_pattern_that_means_no_policy_is_told() -> None:
    text = b"version: 1\npolicy:\n  builtin:\n    rules: [kubernetes-image-tags]\n"
    with pytest.raises(
        ConfigError, match=r"kubernetes-image-tags is no built-in policy; did you mean kubernetes-image-tag\?"
    ):
        config_file.load(text)
    for pattern in ("*", "kubernetes-*", "builtin/terraform-backups"):
        config_file.load(f"version: 1\npolicy: {{builtin: {{rules: ['{pattern}']}}}}\n".encode())
