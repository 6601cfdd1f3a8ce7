"""The calls of Terragrunt for one unit, what is made of its errors, and what is said where there is no Terragrunt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from gitops_ci import config_file
from gitops_ci.config import DEFAULT, Config
from gitops_ci.errors import ToolError
from gitops_ci.kinds.database.server import Cluster
from gitops_ci.kinds.protocol import Ended, Installs
from gitops_ci.kinds.terraform import planning
from gitops_ci.kinds.terraform.engine import engines
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Engine, Plan
from gitops_ci.model.stack import Stack
from tests.unit.kinds.terraform.changes import Tree, taken

TERRAFORM = Engine(name="terraform", version="1.11.4", source="path")
TERRAGRUNT = Engine(name="terragrunt", version="1.0.3", source="path")
FILES: Tree = {
    "live/production/net/terragrunt.hcl": 'terraform {\n  source = "../../../modules//net"\n}\n',
    "modules/net/main.tf": 'output "a" {\n  value = 1\n}\n',
}
FINE = Ended(0, b"", b"", "exited")
DOCUMENT = b'{"format_version": "1.2", "resource_changes": []}'


class Place(Struct, frozen=True):
    root: Path
    private: Path


class Fake:
    """Tools with a Terraform, and perhaps a Terragrunt, that answers from a list and writes down what it is asked."""

    def __init__(self, place: Path, *answers: Ended, terragrunt: Engine | ToolError | None = TERRAGRUNT) -> None:
        self.place = Place(place / "repository", place / "private")
        (self.place.root / "live/production/net").mkdir(parents=True)
        self.place.private.mkdir()
        self.answers = list(answers)
        self.kept: list[tuple[str, bytes]] = []
        self.terragrunt = terragrunt
        self.asked: list[tuple[Engine, tuple[str, ...], dict[str, str]]] = []
        self.stacks: tuple[str, ...] = ()

    def engines(self, name: str) -> Iterator[Engine | ToolError]:
        if name == "terraform":
            yield TERRAFORM
        elif self.terragrunt is None:
            raise ToolError("terragrunt is not on PATH", hint="install terragrunt 1.0 or later")
        else:
            yield self.terragrunt

    def keep(self, stack: Stack, document: bytes) -> None:
        self.kept.append((stack.id, document))

    def postgres(self, kept: str, timeout: float) -> AbstractContextManager[Cluster]:
        raise AssertionError("Terraform needs no database")

    def program(self, engine: Engine, place: Path) -> Path:
        assert engine == TERRAFORM
        return place / "terraform"

    def run(
        self,
        engine: Engine,
        args: Sequence[str],
        *,
        workspace: Any,
        env: Mapping[str, str],
        timeout: float,
        installs: Installs | None = None,
    ) -> Ended:
        assert installs is None
        self.asked.append((engine, tuple(args), dict(env)))
        return self.answers.pop(0)

    @contextmanager
    def workspace(self, inventory: Any, *stacks: Stack) -> Iterator[Place]:
        self.stacks = tuple(each.path for each in stacks)
        yield self.place


def planned(tools: Fake, files: Tree | None = None, config: Config = DEFAULT) -> Plan:
    end = taken(files or FILES, config=config)
    [stack] = [each for each in end.stacks.values() if each.path == "live/production/net"]
    return planning.plan(stack, end, end, tools)


def test_the_calls_of_a_plan(tmp_path: Path) -> None:
    tools = Fake(tmp_path, FINE, FINE, Ended(0, b"Initializing...\n" + DOCUMENT, b"", "exited"))
    found = planned(tools)
    assert found.status == "unchanged"
    assert found.engine == engines.through(TERRAGRUNT, TERRAFORM)
    assert [each[0] for each in tools.asked] == [TERRAGRUNT] * 3
    root, private = tools.place.root, tools.place.private
    (_, init, env), (_, plan, _), (_, show, _) = tools.asked
    assert init == ("init", "-input=false", "-no-color", "-json")
    assert plan == ("plan", "-input=false", "-no-color", "-json", "-lock=false", f"-out={private / 'plan'}")
    assert show == ("show", "-json", "-no-color", str(private / "plan"))
    assert env["TG_WORKING_DIR"] == str(root / "live/production/net")
    assert env["TG_TF_PATH"] == str(private / "terraform")
    assert env["TG_DOWNLOAD_DIR"].startswith(str(private))
    assert (env["TG_BACKEND_BOOTSTRAP"], env["TG_NON_INTERACTIVE"], env["TG_LOG_FORMAT"]) == ("false", "true", "json")
    assert "TF_DATA_DIR" not in env, "the units that it needs would share it"
    assert (root / ".git/HEAD").is_file()


def test_the_files_of_the_units_that_it_needs_are_there(tmp_path: Path) -> None:
    needing = FILES["live/production/net/terragrunt.hcl"] + 'dependency "a" {\n  config_path = "../a"\n}\n'
    files = {**FILES, "live/production/net/terragrunt.hcl": needing}
    files["live/production/a/terragrunt.hcl"] = FILES["live/production/net/terragrunt.hcl"]
    tools = Fake(tmp_path, FINE, FINE, Ended(0, DOCUMENT, b"", "exited"))
    assert planned(tools, files).status == "unchanged"
    assert tools.stacks == ("live/production/net", "live/production/a")


def test_files_of_the_layout_are_found_from_where_terraform_runs(tmp_path: Path) -> None:
    layout = """version: 1
layout:
  stacks:
    - kind: terraform
      path: "live/production/{name}"
      environments: [production]
      var_files: ["../eu.tfvars"]
kinds:
  terraform:
    plan_args: ["-refresh=false"]
"""
    tools = Fake(tmp_path, FINE, FINE, Ended(0, DOCUMENT, b"", "exited"))
    planned(tools, {**FILES, "live/production/eu.tfvars": ""}, config_file.load(layout.encode()))
    plan = tools.asked[1][1]
    assert f"-var-file={tools.place.root}/live/production/net/../eu.tfvars" in plan
    assert "-refresh=false" in plan


def log(*messages: str) -> bytes:
    lines = [json.dumps({"time": "t", "level": "error", "msg": each}) for each in messages]
    return "\n".join(["Warning: of Terraform itself", *lines, "[1, 2]", '{"level": "info", "msg": "no"}']).encode()


def test_terragrunts_own_error_has_its_place(tmp_path: Path) -> None:
    at = f"{tmp_path}/repository/live/production/net/terragrunt.hcl"
    told = log("Error: Invalid expression", f"{at}:3,9-10: Invalid expression; Expected the start of one.")
    found = planned(Fake(tmp_path, Ended(1, b"", told, "exited")))
    assert found.status == "failed"
    assert found.reason is not None
    assert (found.reason.code, found.reason.path) == ("plan-failed", "live/production/net/terragrunt.hcl")
    assert (found.reason.line, found.reason.message) == (3, "Invalid expression; Expected the start of one.")


def test_an_error_without_a_place_is_undecided_and_names_no_path_of_the_machine(tmp_path: Path) -> None:
    told = log(f'resolving dependency "a" outputs: {tmp_path}/repository/live/a/terragrunt.hcl detected no outputs')
    found = planned(Fake(tmp_path, Ended(1, b"", told, "exited")))
    assert found.reason is not None
    assert found.reason.code == "init-failed"
    assert found.reason.message == 'resolving dependency "a" outputs: live/a/terragrunt.hcl detected no outputs'


def test_terraforms_error_comes_first_and_is_placed_in_the_module(tmp_path: Path) -> None:
    diagnostic = {
        "severity": "error",
        "summary": "Invalid reference",
        "range": {"filename": "main.tf", "start": {"line": 2}},
    }
    stdout = json.dumps({"type": "diagnostic", "diagnostic": diagnostic}).encode()
    found = planned(Fake(tmp_path, Ended(1, stdout, log("Failed to execute"), "exited")))
    assert found.reason is not None
    assert (found.reason.path, found.reason.line) == ("modules/net/main.tf", 2)
    assert found.reason.message == "Invalid reference"


@pytest.mark.parametrize("stderr", [b"", b"\xff{", b"{" * 100_000, b'{"level": "error", "msg": 3}'])
def test_a_log_that_cannot_be_read_is_no_crash(tmp_path: Path, stderr: bytes) -> None:
    found = planned(Fake(tmp_path, Ended(1, b"", stderr, "exited")))
    assert (found.status, found.reason.code if found.reason else None) == ("failed", "engine-failed")


def test_where_there_is_none_it_says_what_to_install(tmp_path: Path) -> None:
    found = planned(Fake(tmp_path, terragrunt=None))
    assert found.status == "skipped"
    assert found.reason is not None
    assert found.reason.code == "terragrunt"
    assert "install terragrunt" in found.reason.message


def test_one_that_is_too_old_is_not_used(tmp_path: Path) -> None:
    found = planned(Fake(tmp_path, terragrunt=ToolError("terragrunt 0.72.1 is too old")))
    assert (found.status, found.reason.code if found.reason else None) == ("skipped", "engine-version")


def test_a_version_file_is_about_the_engine_below() -> None:
    end = taken({**FILES, "live/production/net/.terraform-version": "1.9.0\n"})
    [stack] = end.stacks.values()
    both = engines.through(TERRAGRUNT, TERRAFORM)
    told: list[Finding] = list(engines.unmet_pin(stack, end, both))
    assert [each.rule for each in told] == ["terraform/engine-version"]
    assert "Terraform 1.11.4" in told[0].message
    assert (
        list(
            engines.unmet_pin(
                stack, end, engines.through(TERRAGRUNT, Engine(name="terraform", version="1.9.0", source="path"))
            )
        )
        == []
    )


def test_a_committed_plugin_of_a_unit_that_it_needs_is_refused(tmp_path: Path) -> None:
    unit = FILES["live/production/net/terragrunt.hcl"]
    files = {
        **FILES,
        "live/production/net/terragrunt.hcl": unit + 'dependency "a" {\n  config_path = "../a"\n}\n',
        "live/production/a/terragrunt.hcl": unit,
        "live/production/a/.terraform/x": "",
    }
    found = planned(Fake(tmp_path), files)
    assert (found.status, found.reason.code if found.reason else None) == ("skipped", "not-allowed")
