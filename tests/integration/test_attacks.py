"""What a hostile pull request tries, on the real thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.command_line import gitops_ci
from tests.integration.repositories import Scratch

ROOT = 'resource "terraform_data" "a" {\n  input = "1"\n}\n'
MAIN = "environments/staging/terraform/main.tf"


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repository")
    scratch.commit({"README.md": "# here\n"})
    return scratch


def test_a_report_is_not_written_through_a_link(repository: Scratch, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (repository.path / "out").symlink_to(elsewhere)
    repository.commit({MAIN: ROOT})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", "--out", "out")
    assert outcome.code == 2
    assert not list(elsewhere.iterdir())


def test_a_package_of_our_name_is_not_imported(repository: Scratch) -> None:
    planted = "open('planted', 'w')\n"
    repository.commit(
        {"gitops_ci/__init__.py": planted, "sitecustomize.py": planted, "msgspec.py": planted, MAIN: ROOT}
    )
    assert gitops_ci(repository.path, "run", "--base", "HEAD~1").code == 0
    assert not list(repository.path.rglob("planted"))


def test_a_folder_that_is_found_by_name_at_plan_time_is_there(repository: Scratch) -> None:
    computed = 'variable "d" {\n  default = "../../../data"\n}\n'
    computed += 'resource "terraform_data" "x" {\n  for_each = fileset(var.d, "*.txt")\n  input    = each.value\n}\n'
    repository.commit({MAIN: computed, "data/a.txt": "", "data/b.txt": ""})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    [plan] = outcome.report.plans
    assert plan.summary.create == 2


def test_replaced_objects_are_not_what_is_judged(repository: Scratch) -> None:
    head = repository.commit({MAIN: ROOT})
    harmless = repository.git("commit-tree", "-p", "HEAD~1", "-m", "harmless", "HEAD~1^{tree}")
    repository.git("replace", head, harmless)
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", "--head", head)
    assert [stack.id for stack in outcome.report.stacks] == ["staging/terraform/main"]


def test_messages_on_stderr_are_no_commands(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": 'version: 1\n"a\\n::error::x": 1\n"\\e[31m": 1\n'})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD")
    assert outcome.code == 2
    assert not any(line.lstrip().startswith("::") for line in outcome.stderr.splitlines())
    assert "\x1b" not in outcome.stderr
