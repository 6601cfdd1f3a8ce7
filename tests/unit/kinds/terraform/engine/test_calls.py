"""What `layout.stacks` and the configuration add to the calls of an engine, and which of it is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from gitops_ci import config_file
from gitops_ci.discover import inventory, snapshot
from gitops_ci.discover.inventory import Inventory
from gitops_ci.errors import ToolError
from gitops_ci.kinds import catalog
from gitops_ci.kinds.database.server import Cluster
from gitops_ci.kinds.protocol import Ended, Installs
from gitops_ci.kinds.terraform import planning
from gitops_ci.kinds.terraform.engine import calls
from gitops_ci.model.plan import Engine, Plan
from gitops_ci.model.stack import Stack

LAYOUT = """version: 1
layout:
  stacks:
    - kind: terraform
      path: "infra/{name}"
      environments: [staging]
      workspace: "{environment}-eu"
      var_files: ["../vars/{environment}.tfvars"]
      backend_config: ["key={environment}/net.tfstate", "backend.hcl"]
kinds:
  terraform:
    init_args: ["-backend-config=bucket=acme", "-lockfile=readonly"]
    plan_args: ["-refresh=false", "-lock=true"]
"""
FILES = {
    "infra/net/main.tf": 'terraform {\n  backend "s3" {}\n}\n',
    "infra/net/backend.hcl": 'region = "eu"\n',
    "infra/vars/staging.tfvars": "",
}
ENGINE = Engine(name="terraform", version="1.11.4", source="path")


def taken(
    files: Mapping[str, str], links: Mapping[str, str] | None = None, layout: str = LAYOUT
) -> tuple[Stack, Inventory]:
    found = inventory.take(snapshot.of(files, links=links), config_file.load(layout.encode()), catalog.ALL)
    [stack] = found.stacks.values()
    return stack, found


def test_placeholders_are_filled_and_the_configurations_settings_come_last() -> None:
    found = calls.given(*taken(FILES))
    assert found.workspace == "staging-eu"
    assert found.var_files == ("../vars/staging.tfvars",)
    assert found.backend_config == ("key=staging/net.tfstate", "backend.hcl", "bucket=acme")


@pytest.mark.parametrize(
    ("gone", "key"), [("infra/vars/staging.tfvars", "var_files"), ("infra/net/backend.hcl", "backend_config")]
)
def test_a_file_that_is_not_there_is_named(gone: str, key: str) -> None:
    assert calls.missing(*taken(FILES)) is None
    found = calls.missing(*taken({path: text for path, text in FILES.items() if path != gone}))
    assert found is not None
    assert (found.code, found.path) == ("settings", gone)
    assert f"layout.stacks[].{key}" in found.message


def test_a_file_outside_of_the_repository_is_not_there_either() -> None:
    found = calls.missing(*taken(FILES, layout=LAYOUT.replace("../vars/", "../../../")))
    assert found is not None
    assert "outside of the repository" in found.message
    files = {path: text for path, text in FILES.items() if not path.endswith(".tfvars")}
    linked = calls.missing(*taken(files, {"infra/vars/staging.tfvars": "../../../etc/passwd"}))
    assert linked is not None
    assert "outside of the repository" in linked.message


class Place(Struct, frozen=True):
    root: Path
    private: Path


class Fake:
    """Tools whose engine answers from a list and writes down what it is asked."""

    def __init__(self, place: Path, *answers: Ended) -> None:
        self.place = Place(place / "repository", place / "private")
        (self.place.root / "infra/net").mkdir(parents=True)
        self.place.private.mkdir()
        self.answers = list(answers)
        self.kept: list[tuple[str, bytes]] = []
        self.asked: list[tuple[tuple[str, ...], dict[str, str]]] = []

    def engines(self, name: str) -> Iterator[Engine | ToolError]:
        yield ENGINE

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
        assert engine == ENGINE
        assert (installs is not None) is ("init" in args)
        self.asked.append((tuple(args), dict(env)))
        return self.answers.pop(0)

    def keep(self, stack: Stack, document: bytes) -> None:
        self.kept.append((stack.id, document))

    def postgres(self, kept: str, timeout: float) -> AbstractContextManager[Cluster]:
        raise AssertionError("Terraform needs no database")

    def program(self, engine: Engine, place: Path) -> Path:
        raise AssertionError("nothing runs below Terraform")

    @contextmanager
    def workspace(self, inventory: Inventory, *stacks: Stack) -> Iterator[Place]:
        yield self.place


FINE = Ended(0, b"", b"", "exited")
PLAN = Ended(0, b'{"format_version": "1.2", "resource_changes": []}', b"", "exited")
ABSENT = Ended(
    1,
    b'{"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "Currently selected workspace'
    b' \\"staging-eu\\" does not exist"}}\n',
    b"",
    "exited",
)


def planned(tools: Fake) -> Plan:
    stack, found = taken(FILES)
    return planning.plan(stack, None, found, tools)


def test_the_calls_of_a_plan(tmp_path: Path) -> None:
    tools = Fake(tmp_path, FINE, FINE, PLAN)
    assert planned(tools).status == "unchanged"
    (init, env), (plan, _), (show, _) = tools.asked
    assert init[1:] == (
        "init", "-input=false", "-no-color", "-json", "-lockfile=readonly",
        "-backend-config=key=staging/net.tfstate", "-backend-config=backend.hcl", "-backend-config=bucket=acme",
    )  # fmt: skip
    out = f"-out={tmp_path / 'private' / 'plan'}"
    assert plan[1:] == (
        "plan", "-input=false", "-no-color", "-json", "-lock=false", "-refresh=false", "-lock=true",
        "-var-file=../vars/staging.tfvars", out,
    )  # fmt: skip
    assert show[1:3] == ("show", "-json")
    assert env["TF_WORKSPACE"] == "staging-eu"


def test_a_workspace_that_is_not_there_is_planned_with_an_empty_state_of_ours(tmp_path: Path) -> None:
    tools = Fake(tmp_path, ABSENT, FINE, FINE, PLAN)
    found = planned(tools)
    assert found.status == "unchanged"
    assert found.reason is not None
    assert (found.reason.code, "staging-eu" in found.reason.message) == ("workspace-new", True)
    second = tools.asked[1][0]
    assert "-reconfigure" in second
    assert not any(each.startswith("-backend-config") for each in second)
    [override] = (tmp_path / "repository/infra/net").glob("*_override.tf")
    assert f'workspace_dir = "{tmp_path / "private" / "states"}"' in override.read_text()


def test_another_failure_of_init_is_none_of_that(tmp_path: Path) -> None:
    tools = Fake(tmp_path, Ended(1, b"", b"something else", "exited"))
    assert planned(tools).status == "failed"
    assert len(tools.asked) == 1


def test_a_linked_override_leads_to_no_other_file(tmp_path: Path) -> None:
    tools = Fake(tmp_path, ABSENT, FINE, FINE, PLAN)
    other = tmp_path / "other"
    other.write_text("kept")
    (tmp_path / "repository/infra/net/zz_gitops_ci_override.tf").symlink_to(other)
    planned(tools)
    assert other.read_text() == "kept"


def test_a_provider_that_init_brings_unasked_is_not_run(tmp_path: Path) -> None:
    tools = Fake(tmp_path, FINE, FINE, PLAN)
    (tmp_path / "private/data/providers/registry.terraform.io/evil/x/1.0.0").mkdir(parents=True)
    stack, head = taken(FILES)
    base = inventory.take(snapshot.of({"README.md": ""}), head.config, catalog.ALL)
    plan = planning.plan(stack, base, head, tools)
    assert plan.reason is not None
    assert (plan.status, plan.reason.code) == ("failed", "not-allowed")
    assert "evil/x" in plan.reason.message
    assert len(tools.asked) == 1
