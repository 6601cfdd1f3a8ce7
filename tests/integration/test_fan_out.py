"""A matrix of jobs, each with its shard, merged again: the same as one run."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from gitops_ci.model.report import Report
from tests.integration.command_line import gitops_ci
from tests.integration.repositories import Scratch

ROOT = 'resource "terraform_data" "a" {\n  input = "%s"\n}\n'
BROKEN = 'resource "terraform_data" "a" {\n  inputt = "%s"\n}\n'

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH here")


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repository")
    scratch.commit({"README.md": "# here\n", "modules/vpc/main.tf": ROOT % 1})
    return scratch


def same(report: Report) -> Report:
    """Without what differs from run to run: times, and how often a file that is no stack's was looked at."""
    plans = tuple(msgspec.structs.replace(plan, seconds=0.0) for plan in report.plans)
    policies = tuple(msgspec.structs.replace(run, seconds=0.0, inputs=0) for run in report.policies)
    return msgspec.structs.replace(report, plans=plans, policies=policies, seconds=0.0, started_at="")


def shards(repository: Scratch, tmp_path: Path, *more: str) -> tuple[list[str], list[Path]]:
    """The shards of the matrix, and the directories with their reports."""
    matrix = gitops_ci(repository.path, "affected", "--base", "HEAD~1", "--format", "matrix", *more).json()["include"]
    names = [each["shard"] for each in matrix]
    folders = []
    for name in names:
        folders.append(tmp_path / name.replace("/", "-of-"))
        gitops_ci(repository.path, "plan", "--base", "HEAD~1", "--shard", name, "--out", str(folders[-1]), *more)
    return names, folders


def roots(*environments: str) -> dict[str, str]:
    return {
        f"environments/{environment}/terraform/{name}/main.tf": ROOT % name
        for environment in environments
        for name in ("app", "network")
    }


@pytest.mark.parametrize("broken", [False, True])
def test_merged_shards_are_one_run(repository: Scratch, tmp_path: Path, broken: bool) -> None:
    files = roots("production", "staging", "development")
    if broken:
        files["environments/staging/terraform/app/main.tf"] = BROKEN % "app"
        files["gitops-ci.tf"] = "resource {\n"
    repository.commit(files)
    one = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert one.code == (1 if broken else 0)
    names, folders = shards(repository, tmp_path)
    assert names == ["1/3", "2/3", "3/3"] if not broken else len(names) >= 3
    out = tmp_path / "merged"
    for order in (folders, folders[::-1]):
        merged = gitops_ci(repository.path, "report", *map(str, order), "--out", str(out), "--format", "json")
        assert merged.code == one.code
        report = msgspec.json.decode((out / "report.json").read_bytes(), type=Report)
        assert same(report) == same(one.report)
    times = str.maketrans("", "", "0123456789.")
    assert (out / "comment.md").read_text().translate(times) == one.comment.translate(times)


def test_a_shard_that_is_left_out_is_undecided_and_named(repository: Scratch, tmp_path: Path) -> None:
    repository.commit(roots("production", "staging"))
    _, folders = shards(repository, tmp_path)
    outcome = gitops_ci(repository.path, "report", str(folders[0]))
    assert outcome.code == 3
    assert "staging/terraform/app" in outcome.stdout
    assert "no report has a plan of this stack" in outcome.stdout


def test_a_report_of_an_older_head_is_refused_by_name(repository: Scratch, tmp_path: Path) -> None:
    repository.commit(roots("production", "staging"))
    _, folders = shards(repository, tmp_path)
    repository.git("commit", "--quiet", "--amend", "--message", "another")
    repository.write({"README.md": "# changed\n"})
    repository.git("commit", "--quiet", "--all", "--amend", "--message", "again")
    gitops_ci(repository.path, "plan", "--base", "HEAD~1", "--shard", "2/2", "--out", str(folders[1]))
    outcome = gitops_ci(repository.path, "report", *map(str, folders))
    assert outcome.code == 2
    assert "head" in outcome.stderr
    assert str(folders[1]) in outcome.stderr


def test_single_stacks_are_merged_as_well(repository: Scratch, tmp_path: Path) -> None:
    repository.commit(roots("production"))
    for name in ("app", "network"):
        stack = f"production/terraform/{name}"
        gitops_ci(repository.path, "plan", "--base", "HEAD~1", "--stack", stack, "--out", str(tmp_path / name))
    assert gitops_ci(repository.path, "report", str(tmp_path / "app"), str(tmp_path / "network")).code == 0
    assert gitops_ci(repository.path, "report", str(tmp_path / "app")).code == 3
