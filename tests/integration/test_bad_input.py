"""Every bad input gets a clear message or finding and the right exit code; other stacks are still reported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import Scratch

ROOT = 'resource "terraform_data" "a" {\n  input = "1"\n}\n'
GOOD = "environments/staging/terraform/good/main.tf"
BAD = "environments/staging/terraform/bad/main.tf"


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "repository")


def changed(repository: Scratch, files: dict[str, str | bytes]) -> Path:
    """A repository whose last commit adds `files` and one root that can be planned."""
    repository.commit({"README.md": "# here\n"})
    repository.commit({**files, GOOD: ROOT})
    return repository.path


def good_is_planned(outcome: Outcome) -> bool:
    plans = {plan.stack: plan for plan in outcome.report.plans}
    return plans["staging/terraform/good"].status == "changed"


def test_not_a_git_repository(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    outcome = gitops_ci(tmp_path / "plain", "run")
    assert outcome.code == 2
    assert "is not a git repository" in outcome.stderr


def test_a_shallow_clone_without_the_base(repository: Scratch, tmp_path: Path) -> None:
    first = repository.commit({GOOD: ROOT})
    repository.commit({"a": "2"})
    clone = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.path}", str(clone))
    outcome = gitops_ci(clone, "run", "--base", first)
    assert outcome.code == 2
    assert "fetch-depth: 0" in outcome.stderr


def test_an_unknown_revision(repository: Scratch) -> None:
    repository.commit({GOOD: ROOT})
    outcome = gitops_ci(repository.path, "run", "--base", "nope")
    assert outcome.code == 2
    assert "--base 'nope' is not a commit of this repository" in outcome.stderr


def test_an_empty_repository(repository: Scratch) -> None:
    assert gitops_ci(repository.path, "layout").code == 0
    outcome = gitops_ci(repository.path, "run")
    assert outcome.code == 2
    assert "no commit yet" in outcome.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("layout: [\n", "gitops-ci.yml:"),
        ("version: 1\nlayout:\n  presett: flat\n", "did you mean preset"),
        ("version: 1\nlayout:\n  preset: flatt\n", "flat"),
        (b"version: 1 # \xff\n", "UTF-8"),
        ("version: 1\nversion: 1\n", "version"),
        ("- a list\n", "gitops-ci.yml"),
    ],
)
def test_a_broken_configuration(repository: Scratch, content: str | bytes, said: str) -> None:
    repository.commit({"gitops-ci.yml": content, GOOD: ROOT})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD")
    assert outcome.code == 2
    assert said in outcome.stderr


def test_a_broken_configuration_in_head_is_a_finding_and_does_not_decide(repository: Scratch) -> None:
    repository.commit({GOOD: ROOT})
    repository.commit({"gitops-ci.yml": "layout: ["})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 1
    assert [finding.rule for finding in outcome.report.findings if finding.state == "new"] == ["config/invalid"]


def test_a_file_that_is_not_utf8(repository: Scratch) -> None:
    outcome = gitops_ci(changed(repository, {BAD: b'x = "\xff"\n'}), "run", "--base", "HEAD~1")
    assert outcome.code == 1
    assert good_is_planned(outcome)
    finding = next(each for each in outcome.report.findings if each.rule == "terraform/unreadable")
    assert (finding.path, finding.line) == (BAD, 1)


def test_a_file_of_200_megabytes(repository: Scratch) -> None:
    outcome = gitops_ci(changed(repository, {BAD: b"#" * 200_000_000}), "run", "--base", "HEAD~1")
    assert outcome.code == 3
    assert good_is_planned(outcome)
    assert any(each.path == BAD and "larger than" in each.message for each in outcome.report.findings)


def test_symlinks_that_dangle_or_escape(repository: Scratch) -> None:
    repository.commit({"README.md": "# here\n"})
    repository.write({GOOD: ROOT})
    (repository.path / "dangling").symlink_to("nowhere")
    (repository.path / "escaping").symlink_to("../../etc/passwd")
    (repository.path / "environments/staging/terraform/good/link.tf").symlink_to("/etc/passwd")
    repository.commit()
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code in (1, 3)
    assert {"layout/symlink-dangling", "layout/symlink-escapes"} <= outcome.rules()
    assert "root:" not in outcome.comment + outcome.stdout


HOSTILE = ["a b", "new\nline", 'quo"te', "back`tick``s", "@team", "<!-- x", "::error::x", "a|b", "</details>", "$(id)"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(repository: Scratch, name: str) -> None:
    repository.commit({"README.md": "# here\n"})
    repository.commit({f"environments/staging/terraform/{name}/main.tf": ROOT})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code in (0, 1)
    assert [plan.status for plan in outcome.report.plans] == ["changed"]
    for text in (outcome.stdout, outcome.stderr, outcome.comment):
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    rendered = re.sub(
        r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outcome.comment
    )  # in code GitHub reads neither mentions nor tags
    assert "@team" not in rendered
    assert rendered.count("<!--") == 1
    assert rendered.count("<details") == rendered.count("</details>")


def test_an_hcl_syntax_error(repository: Scratch) -> None:
    content = 'resource "terraform_data" "a" {\n  input = \n}\n'
    outcome = gitops_ci(changed(repository, {BAD: content}), "run", "--base", "HEAD~1")
    assert outcome.code == 1
    assert good_is_planned(outcome)
    failed = next(plan for plan in outcome.report.plans if plan.stack == "staging/terraform/bad")
    assert failed.reason is not None
    assert (failed.reason.code, failed.reason.path, failed.reason.line) == ("invalid", BAD, 2)


def test_a_failing_plan_names_its_place(repository: Scratch) -> None:
    content = 'variable "x" {\n  default = 1\n}\n\nresource "terraform_data" "a" {\n  lifecycle {\n    precondition {\n'
    content += '      condition     = var.x == 2\n      error_message = "one is not two"\n    }\n  }\n}\n'
    outcome = gitops_ci(changed(repository, {BAD: content}), "run", "--base", "HEAD~1")
    assert outcome.code == 1
    assert good_is_planned(outcome)
    failed = next(plan for plan in outcome.report.plans if plan.stack == "staging/terraform/bad")
    assert failed.reason is not None
    assert failed.reason.path == BAD
    assert "one is not two" in failed.reason.message


def test_a_provider_that_cannot_be_fetched(repository: Scratch) -> None:
    content = (
        'terraform {\n  required_providers {\n    x = {\n      source = "registry.invalid/acme/x"\n    }\n  }\n}\n'
    )
    allowed = "version: 1\nkinds:\n  terraform:\n    providers: {allow: [registry.invalid/acme/*]}\n"
    repository.commit({"gitops-ci.yml": allowed})
    outcome = gitops_ci(changed(repository, {BAD: content + 'resource "x_y" "z" {}\n'}), "run", "--base", "HEAD~1")
    assert outcome.code == 3
    assert good_is_planned(outcome)
    failed = next(plan for plan in outcome.report.plans if plan.stack == "staging/terraform/bad")
    assert failed.reason is not None
    assert failed.reason.code == "unreachable"


def binary(place: Path, script: str) -> str:
    place.mkdir(exist_ok=True)
    path = place / "terraform"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def with_binary(repository: Scratch, path: str) -> Path:
    repository.commit({"gitops-ci.yml": f"version: 1\nkinds:\n  terraform:\n    binary: {path}\n"})
    repository.commit({GOOD: ROOT})
    return repository.path


def test_an_engine_that_is_missing(repository: Scratch, tmp_path: Path) -> None:
    outcome = gitops_ci(with_binary(repository, str(tmp_path / "no-terraform")), "run", "--base", "HEAD~1")
    assert outcome.code == 3
    [plan] = outcome.report.plans
    assert plan.reason is not None
    assert plan.reason.code == "engine-missing"
    assert "no-terraform is not there" in plan.reason.message


def test_an_engine_that_is_too_old(repository: Scratch, tmp_path: Path) -> None:
    old = binary(tmp_path / "bin", """echo '{"terraform_version": "0.12.31"}'""")
    outcome = gitops_ci(with_binary(repository, old), "run", "--base", "HEAD~1")
    assert outcome.code == 3
    assert "0.12.31" in str(outcome.report.plans[0].reason)
    assert "too old" in str(outcome.report.plans[0].reason)


def test_an_engine_that_is_killed(repository: Scratch, tmp_path: Path) -> None:
    script = (
        """case "$*" in version*) echo '{"terraform_version": "1.11.4"}';; *) sh -c "kill -9 \\$\\$"; exit $?;; esac"""
    )
    outcome = gitops_ci(with_binary(repository, binary(tmp_path / "bin", script)), "run", "--base", "HEAD~1")
    assert outcome.code == 3
    [plan] = outcome.report.plans
    assert plan.reason is not None
    assert plan.reason.code == "engine-killed"


def test_an_engine_inside_the_repository_is_refused(repository: Scratch) -> None:
    inside = binary(repository.path / "bin", "echo should never run > /dev/stderr; exit 1")
    repository.commit({"gitops-ci.yml": f"version: 1\nkinds:\n  terraform:\n    binary: {inside}\n"})
    repository.commit({GOOD: ROOT})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 2
    assert "lies in the repository" in outcome.stderr


def test_a_full_disk(repository: Scratch, tmp_path: Path) -> None:
    if not shutil.which("unshare") or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("no mount namespace here: a full disk cannot be made")
    repository.commit({"README.md": "# here\n"})
    repository.commit({GOOD: ROOT})
    full = tmp_path / "full"
    full.mkdir()
    mount = f'mount -t tmpfs -o size=4k none "{full}" && exec "$@"'
    before = ("unshare", "-m", "sh", "-c", mount, "sh")
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", "--out", str(full), before=before)
    assert outcome.code == 3
    assert "cannot be written: No space left on device" in outcome.stderr
    assert "staging" in outcome.stdout  # what was learned is still shown


def test_two_stacks_with_one_id(repository: Scratch) -> None:
    outcome = gitops_ci(
        changed(
            repository,
            {"environments/prod/terraform/x/main.tf": ROOT, "environments/production/terraform/x/main.tf": ROOT},
        ),
        "run",
        "--base",
        "HEAD~1",
    )
    assert outcome.code == 1
    assert "layout/duplicate-stack" in outcome.rules()
    assert good_is_planned(outcome)


def test_committed_plugins_are_refused(repository: Scratch) -> None:
    plugin = "environments/staging/terraform/bad/.terraform/providers/x/terraform-provider-x"
    outcome = gitops_ci(changed(repository, {BAD: ROOT, plugin: "#!/bin/sh\n"}), "run", "--base", "HEAD~1")
    assert outcome.code == 1
    assert good_is_planned(outcome)
    refused = next(plan for plan in outcome.report.plans if plan.stack == "staging/terraform/bad")
    assert refused.reason is not None
    assert refused.reason.code == "not-allowed"


def test_an_engine_sees_no_token(repository: Scratch, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f"""case "$*" in version*) echo '{{"terraform_version": "1.11.4"}}';; *) env > {seen}; exit 1;; esac"""
    path = with_binary(repository, binary(tmp_path / "bin", script))
    secrets = {
        name: f"s3cret-{name}" for name in ("GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "GH_TOKEN", "INPUT_X", "NPM_TOKEN")
    }
    gitops_ci(path, "run", "--base", "HEAD~1", env={**secrets, "AWS_REGION": "eu-west-1"})
    environment = seen.read_text()
    assert "s3cret-" not in environment
    assert "AWS_REGION=eu-west-1" in environment
    assert f"HOME={os.environ.get('HOME')}\n" not in environment
