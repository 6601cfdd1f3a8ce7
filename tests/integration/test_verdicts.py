"""What a run may call a pass: only what was asked, found, planned and judged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.command_line import gitops_ci
from tests.integration.repositories import Scratch

ROOT = 'resource "terraform_data" "a" {\n  input = "%s"\n}\n'
PRODUCTION = "environments/production/terraform/main.tf"
STAGING = "environments/staging/terraform/main.tf"


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repository")
    scratch.commit({"README.md": "# here\n", PRODUCTION: ROOT % 1, STAGING: ROOT % 1})
    return scratch


def rules(outcome: object) -> list[str]:
    verdict = outcome.report.verdict  # type: ignore[attr-defined]
    return [reason.rule for reason in verdict.reasons]


@pytest.mark.parametrize(
    "option", [("--environment", "staging"), ("--kind", "database"), ("--stack", "staging/terraform/main")]
)
def test_a_narrowed_run_is_no_pass(repository: Scratch, option: tuple[str, str]) -> None:
    repository.commit({PRODUCTION: ROOT % 2})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", *option)
    assert outcome.code == 3
    assert rules(outcome) == ["checks/not-asked"]
    assert "production/terraform/main" in outcome.stdout


def test_an_alias_names_its_environment(repository: Scratch) -> None:
    repository.commit({PRODUCTION: ROOT % 2})
    assert gitops_ci(repository.path, "run", "--base", "HEAD~1", "--environment", "prod").code == 0


def test_all_does_not_forget_what_is_removed(repository: Scratch) -> None:
    shutil.rmtree(repository.path / "environments/production")
    repository.commit()
    outcome = gitops_ci(repository.path, "run", "--all", "--base", "HEAD~1")
    changes = {stack.id: stack.change for stack in outcome.report.stacks}
    assert changes == {"production/terraform/main": "removed", "staging/terraform/main": "unmodified"}


def test_an_ambiguous_id_is_never_planned(repository: Scratch) -> None:
    repository.commit({"environments/prod/terraform/main.tf": ROOT % 1})
    repository.commit({PRODUCTION: ROOT % 2})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 1
    [plan] = outcome.report.plans
    assert plan.reason is not None
    assert plan.reason.code == "ambiguous"


def test_a_root_that_becomes_a_module_is_not_destroyed(repository: Scratch) -> None:
    repository.commit({"environments/staging/net/main.tf": ROOT % 1})
    repository.commit({STAGING: 'module "net" {\n  source = "../net"\n}\n'})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    plans = {plan.stack: plan for plan in outcome.report.plans}
    assert outcome.code == 3
    assert plans["staging/terraform/net"].changes == ()
    assert plans["staging/terraform/net"].reason is not None
    assert plans["staging/terraform/net"].reason.code == "no-longer-a-root"


@pytest.mark.parametrize(
    "path",
    [
        "vars/production.tfvars",
        "vendor/shop/kustomization.yaml",
        "live/production/terragrunt.hcl",
        "testdata/shop/Chart.yaml",
    ],
)
def test_what_nobody_deploys_that_we_know_of_is_undecided(repository: Scratch, path: str) -> None:
    repository.commit({path: "a = 1\n"})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 3
    assert rules(outcome) == ["checks/unclaimed"]
    assert path in outcome.stdout


def test_a_file_of_values_below_a_root_is_its_own(repository: Scratch) -> None:
    repository.commit({"environments/production/terraform/vars/blue.tfvars": "a = 1\n"})
    outcome = gitops_ci(repository.path, "affected", "--base", "HEAD~1", "--format", "json")
    [stack] = outcome.json()["stacks"]
    assert (stack["id"], stack["certainty"]) == ("production/terraform/main", "conservative")


def test_backend_files_of_the_configuration_are_read(repository: Scratch) -> None:
    config = """version: 1
layout:
  stacks:
    - kind: terraform
      path: "infra/{name}"
      environments: [staging, production]
      backend_config: ["../backends/{environment}.hcl"]
"""
    root = 'terraform {\n  backend "local" {}\n}\n' + ROOT % 1
    backends = {f"infra/backends/{each}.hcl": f'path = "{each}.tfstate"\n' for each in ("staging", "production")}
    repository.commit({"gitops-ci.yml": config, "infra/net/main.tf": root, **backends})
    repository.commit({"infra/backends/production.hcl": 'path = "new.tfstate"\n'})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert [stack.id for stack in outcome.report.stacks] == ["production/terraform/net"]
    assert outcome.code == 0, outcome.stdout
    repository.commit({"infra/backends/production.hcl": 'path = "staging.tfstate"\n'})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 1
    assert "terraform/state-shared" in outcome.rules()


def test_a_change_cannot_break_the_configuration(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": "version: 1\nlayot: {}\n"})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 1
    assert rules(outcome) == ["config/invalid"]
    assert "did you mean layout" in outcome.stdout


def test_a_pattern_that_matches_nothing_is_told(repository: Scratch) -> None:
    config = 'version: 1\nlayout:\n  stacks:\n    - {kind: terraform, path: "enviroments/{environment}/{name}"}\n'
    repository.commit({"gitops-ci.yml": config})
    repository.commit({STAGING: ROOT % 2})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 3  # the file belongs to no stack
    assert {"config/unmatched"} <= outcome.rules()
    assert rules(outcome) == ["checks/unclaimed"]


def test_a_change_of_the_configuration_is_told(repository: Scratch) -> None:
    repository.commit({"gitops-ci.yml": "version: 1\n"})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 0
    assert "config/changed" in outcome.rules()


def event(repository: Scratch, base: str, head: str, owner: int = 1, branch: str | None = None) -> dict[str, str]:
    """A pull request of somebody whose repository has the id `owner`; ours has 1. It goes to `branch`."""
    payload = repository.path.parent / "event.json"
    sides = {"base": {"sha": base, "ref": branch, "repo": {"id": 1}}, "head": {"sha": head, "repo": {"id": owner}}}
    payload.write_text(json.dumps({"pull_request": {"number": 7, **sides}}))
    return {"GITHUB_EVENT_PATH": str(payload), "GITHUB_EVENT_NAME": "pull_request"}


def test_in_a_job_the_configuration_is_always_the_bases(repository: Scratch) -> None:
    base = repository.git("rev-parse", "HEAD")
    lenient = "version: 1\npolicy:\n  severity:\n    layout/*: off\n"
    (repository.path / "escaping").symlink_to("/etc/passwd")
    head = repository.commit({"gitops-ci.yml": lenient})
    for command in (("layout",), ("run",), ("run", "--all")):
        assert gitops_ci(repository.path, *command, env=event(repository, base, head)).code == 1, command


def test_a_forks_plans_wait_for_a_maintainer_and_its_files_are_judged_all_the_same(repository: Scratch) -> None:
    base = repository.git("rev-parse", "HEAD")
    (repository.path / "escaping").symlink_to("/etc/passwd")
    head = repository.commit({STAGING: ROOT % 2})
    for more in ((), ("--head", head), ("--all",)):
        outcome = gitops_ci(repository.path, "run", *more, env=event(repository, base, head, owner=2))
        assert outcome.code == 1
        assert {plan.reason.code for plan in outcome.report.plans if plan.reason is not None} == {"fork"}
        assert all(plan.status == "skipped" and plan.engine is None for plan in outcome.report.plans)
        assert "layout/symlink-escapes" in outcome.rules()
        assert "maintainer" in outcome.stdout


def test_a_dirty_work_tree_does_not_make_a_fork_ours(repository: Scratch) -> None:
    base = repository.git("rev-parse", "HEAD")
    head = repository.commit({STAGING: ROOT % 2})
    repository.write({STAGING: ROOT % 3})
    outcome = gitops_ci(repository.path, "run", env=event(repository, base, head, owner=2))
    assert outcome.code == 3
    assert {plan.reason.code for plan in outcome.report.plans if plan.reason is not None} == {"fork"}


APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web-production, namespace: argocd}
spec:
  project: default
  destination: {name: production, namespace: web}
  source: {repoURL: "https://github.com/acme/gitops", path: apps/web, targetRevision: REVISION}
"""
WEB = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: '%s'}\n"


def test_what_is_pinned_to_a_tag_is_never_planned_from_head(repository: Scratch) -> None:
    pinned = {"argocd/web.yaml": APPLICATION.replace("REVISION", "v1.0.0"), "apps/web/a.yaml": WEB % 1}
    base = repository.commit(pinned)
    head = repository.commit({"apps/web/a.yaml": WEB % 2})
    affected = {
        branch: [each.id for each in gitops_ci(repository.path, "run", env=asked).report.stacks]
        for branch in ("main", "v1.0.0", None)
        if (asked := event(repository, base, head, branch=branch))
    }
    web = ["production/kubernetes/web"]
    assert affected == {"main": [], "v1.0.0": web, None: []}  # a release, and no branch that this clone knows
    promoted = repository.commit({"argocd/web.yaml": APPLICATION.replace("REVISION", "v1.1.0")})
    outcome = gitops_ci(repository.path, "run", env=event(repository, head, promoted, branch="main"))
    assert outcome.code == 3
    [said] = (plan.reason.message for plan in outcome.report.plans if plan.stack == web[0] and plan.reason is not None)
    assert said.startswith("not rendered: apps/web: at v1.1.0, ")


def test_what_runs_no_code_of_a_fork_is_planned(repository: Scratch) -> None:
    migrations = "environments/staging/databases/app/migrations"
    base = repository.commit({f"{migrations}/0001_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);\n"})
    head = repository.commit({f"{migrations}/0002_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n"})
    outcome = gitops_ci(repository.path, "run", env=event(repository, base, head, owner=2))
    codes = [plan.reason.code for plan in outcome.report.plans if plan.reason is not None]
    assert "fork" not in codes


def test_a_merge_of_github_is_compared_with_its_other_parent(repository: Scratch) -> None:
    old = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "--quiet", "-b", "topic")
    head = repository.commit({STAGING: ROOT % 2})
    repository.git("checkout", "--quiet", "main")
    tip = repository.commit({PRODUCTION: ROOT % 3})
    repository.git("merge", "--quiet", "--no-edit", "topic")
    job = {"GITHUB_SHA": repository.git("rev-parse", "HEAD")}
    outcome = gitops_ci(repository.path, "run", env=event(repository, old, head) | job)
    report = outcome.report
    assert [stack.id for stack in report.stacks] == ["staging/terraform/main"]
    assert (report.base, report.head, report.pull_request) == (tip, head, 7)


def test_another_commit_is_not_called_the_pull_requests(repository: Scratch) -> None:
    base = repository.git("rev-parse", "HEAD")
    other = repository.commit({STAGING: ROOT % 2})
    repository.commit({STAGING: ROOT % 3})
    head = repository.git("rev-parse", "HEAD")
    outcome = gitops_ci(repository.path, "run", "--head", other, env=event(repository, base, head))
    assert (outcome.report.head, outcome.report.pull_request) == (other, None)


def test_a_problem_that_shrinks_is_not_new(repository: Scratch) -> None:
    same = {f"environments/{name}/terraform/x/main.tf": ROOT % 1 for name in ("prod", "prd", "production")}
    repository.commit(same)
    shutil.rmtree(repository.path / "environments/prd")
    repository.commit()
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    new = [
        finding.rule for finding in outcome.report.findings if finding.state == "new" and finding.severity == "error"
    ]
    assert new == []


def test_a_broken_root_can_be_removed(repository: Scratch) -> None:
    repository.commit({"environments/staging/terraform/broken/main.tf": 'resource "terraform_data" {\n}\n'})
    shutil.rmtree(repository.path / "environments/staging/terraform/broken")
    repository.commit()
    assert gitops_ci(repository.path, "run", "--base", "HEAD~1").code == 3


def test_an_environment_that_only_warns_says_what_it_let_through(repository: Scratch) -> None:
    config = "version: 1\nenvironments:\n  - {name: staging, enforcement: warn}\n  - {name: production}\n"
    repository.commit({"gitops-ci.yml": config})
    repository.commit({STAGING: 'resource "terraform_data" {\n}\n'})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert outcome.code == 0
    verdict = outcome.report.verdict
    assert verdict is not None
    (told,) = (each for each in verdict.reasons if each.is_told)
    assert "staging only warns" in told.remedy


def test_a_plan_holds_what_a_run_holds(repository: Scratch) -> None:
    (repository.path / "escaping").symlink_to("/etc/passwd")
    repository.commit({STAGING: ROOT % 2})
    outcome = gitops_ci(repository.path, "plan", "--base", "HEAD~1")
    assert outcome.code == 1
    assert "layout/symlink-escapes" in outcome.rules()


def test_a_report_ends_as_its_verdict_does(repository: Scratch) -> None:
    repository.commit({STAGING: 'resource "terraform_data" {\n}\n'})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert gitops_ci(repository.path, "report", str(outcome.out)).code == outcome.code == 1


@pytest.mark.parametrize("seconds", ["nan", "-5", "0", "inf", "soon"])
def test_a_timeout_is_a_time(repository: Scratch, seconds: str) -> None:
    assert gitops_ci(repository.path, "run", "--base", "HEAD", "--timeout", seconds).code == 2


def test_a_root_that_is_renamed_with_its_state_destroys_nothing(repository: Scratch) -> None:
    state = 'terraform {\n  backend "local" {\n    path = "/nowhere/net.tfstate"\n  }\n}\n'
    repository.commit({"environments/staging/net/main.tf": state + ROOT % 1})
    repository.git("mv", "environments/staging/net", "environments/staging/network")
    repository.commit()
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    plans = {plan.stack.rpartition("/")[2]: plan for plan in outcome.report.plans}
    assert plans["net"].status == "unchanged"
    assert plans["net"].reason is not None
    assert "staging/terraform/network" in plans["net"].reason.message
    assert plans["net"].summary.delete == 0
    assert outcome.code != 0 or plans["network"].status == "changed"


def test_a_removed_root_whose_state_nobody_new_keeps_is_destroyed(repository: Scratch) -> None:
    repository.commit({f"environments/staging/{name}/main.tf": ROOT % 1 for name in ("net", "app")})
    repository.git("mv", "environments/staging/net", "environments/staging/network")
    repository.commit()
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert {plan.reason is None for plan in outcome.report.plans} == {True}


def test_a_manifest_that_is_none_in_an_environments_folder_is_told_and_not_passed_over(repository: Scratch) -> None:
    """Without `apiVersion` it makes no stack of the folder, and the API server would refuse it."""
    repository.commit({"environments/staging/k8s/deployment.yaml": "kind: Deployment\n"})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1")
    assert (outcome.code, rules(outcome)) == (3, ["checks/unclaimed"])
