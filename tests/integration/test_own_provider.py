"""Plans of a provider of our own and of the real null provider: every action, drift, imports, secrets, by the real engine."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.model.plan import Change, Plan
from tests.integration import provider_bed
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import Scratch

DIRECTORY = "environments/staging/terraform"
MAIN = f"{DIRECTORY}/main.tf"
PROVIDER = """terraform {{
  required_providers {{
    shelf = {{ source = "registry.example.com/acme/shelf" }}
  }}
}}
provider "shelf" {{
  path = "{shelf}"
}}
"""


@dataclass(frozen=True)
class Bed:
    """A repository with one root, and the shelf that its provider keeps boxes on."""

    repository: Scratch
    configuration: Path
    shelf: Path

    def applied(self, content: str) -> None:
        """Writes and applies the root in place; the state is committed with it."""
        self.repository.write({MAIN: self.whole(content)})
        directory = self.repository.path / DIRECTORY
        env = {"TF_CLI_CONFIG_FILE": str(self.configuration)}
        provider_bed.terraform(directory, "init", "-input=false", env=env)
        provider_bed.terraform(directory, "apply", "-input=false", "-auto-approve", env=env)
        shutil.rmtree(directory / ".terraform")
        self.repository.commit()

    def planned(self, content: str) -> tuple[Plan, Outcome]:
        self.repository.commit({MAIN: self.whole(content)})
        env = {"TF_CLI_CONFIG_FILE": str(self.configuration)}
        outcome = gitops_ci(self.repository.path, "run", "--base", "HEAD~1", env=env)
        [plan] = outcome.report.plans
        assert plan.status in ("changed", "unchanged"), plan.reason
        return plan, outcome

    def whole(self, content: str) -> str:
        return PROVIDER.format(shelf=self.shelf) + content

    def boxes(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = json.loads(self.shelf.read_text())
        return found

    def put(self, id: str, **attributes: Any) -> None:
        """Changes what is on the shelf behind Terraform's back."""
        boxes = self.boxes() if self.shelf.exists() else {}
        nothing = dict.fromkeys(("name", "size", "lock_code", "api_token"))
        boxes[id] = {"id": id, **nothing, **boxes.get(id, {}), **attributes}
        self.shelf.write_text(json.dumps(boxes))


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    provider_bed.shelf(tmp_path / "mirror", "1.0.0")
    configuration = provider_bed.cli_configuration(tmp_path, provider_bed.filesystem_mirror(tmp_path / "mirror"))
    repository = Scratch(tmp_path / "repository")
    repository.commit({"gitops-ci.yml": provider_bed.PERMITTED, "README.md": "# here\n"})
    return Bed(repository, configuration, tmp_path / "shelf.json")


def box(name: str, content: str, of: str | None = None) -> str:
    return f'resource "shelf_box" "{name}" {{\n  name = "{of or name}"\n  {content}\n}}\n'


def by_address(plan: Plan) -> dict[str, Change]:
    return {change.address.removeprefix("shelf_box."): change for change in plan.changes}


def forced(change: Change) -> list[str]:
    return [each.path for each in change.attributes if each.forces_replacement]


def values(change: Change) -> dict[str, tuple[Any, Any]]:
    return {each.path: (each.before, each.after) for each in change.attributes}


def test_every_action_of_a_real_provider(bed: Bed) -> None:
    first = "lifecycle {\n    create_before_destroy = true\n  }"
    bed.applied(
        box("kept", "size = 1")
        + box("updated", "size = 1")
        + box("replaced", "size = 1")
        + box("replaced_first", first)
        + box("deleted", "size = 1")
        + box("old", "size = 1")
    )
    bed.put("box-found", name="found", size=3)
    plan, _ = bed.planned(
        box("kept", "size = 1")
        + box("updated", "size = 2")
        + box("replaced", "size = 2", of="another")
        + box("replaced_first", first, of="another_first")
        + box("created", "size = 1")
        + box("new", "size = 1", of="old")
        + box("found", "size = 3")
        + "moved {\n  from = shelf_box.old\n  to   = shelf_box.new\n}\n"
        + 'import {\n  id = "box-found"\n  to = shelf_box.found\n}\n'
    )
    changes = by_address(plan)
    assert {name: change.action for name, change in changes.items()} == {
        "updated": "update",
        "replaced": "replace",
        "replaced_first": "replace",
        "deleted": "delete",
        "created": "create",
        "new": "move",
        "found": "import",
    }
    assert values(changes["updated"]) == {"size": (1, 2)}
    assert forced(changes["replaced"]) == forced(changes["replaced_first"]) == ["name"]
    assert changes["new"].previous_address == "shelf_box.old"
    assert plan.summary.replace == 2


def test_an_import_that_changes_as_well(bed: Bed) -> None:
    bed.put("box-found", name="found", size=3)
    plan, _ = bed.planned(box("found", "size = 4") + 'import {\n  id = "box-found"\n  to = shelf_box.found\n}\n')
    [change] = plan.changes
    assert change.action in ("update", "import")
    assert ("size", 3, 4) in [(each.path, each.before, each.after) for each in change.attributes]


def test_what_changed_behind_terraforms_back_is_drift(bed: Bed) -> None:
    bed.applied(box("a", "size = 1") + box("gone", "size = 1"))
    bed.put("box-a", size=7)
    bed.shelf.write_text(json.dumps({"box-a": bed.boxes()["box-a"]}))
    plan, outcome = bed.planned(box("a", "size = 1") + box("gone", "size = 1") + "\n")
    drift = {change.address: change for change in plan.drift}
    assert set(drift) == {"shelf_box.a", "shelf_box.gone"}
    assert values(drift["shelf_box.a"])["size"] == (1, 7)
    assert {name: change.action for name, change in by_address(plan).items()} == {"a": "update", "gone": "create"}
    assert outcome.code == 0


def test_secrets_of_a_provider_are_nowhere(bed: Bed) -> None:
    """One that its schema marks as sensitive, and one whose mark it forgot."""
    secrets = ("marked-by-the-schema-1", "forgotten-by-the-schema-1", "marked-by-the-schema-2", "forgotten-2-by-all")
    bed.applied(box("a", f'lock_code = "{secrets[0]}"\n  api_token = "{secrets[1]}"'))
    plan, outcome = bed.planned(box("a", f'lock_code = "{secrets[2]}"\n  api_token = "{secrets[3]}"'))
    [change] = plan.changes
    assert {each.path for each in change.attributes if each.sensitive} == {"lock_code", "api_token"}
    texts = [path.read_text() for path in outcome.out.rglob("*") if path.is_file()] + [outcome.stdout, outcome.stderr]
    assert len(texts) > 3
    assert not [secret for secret in secrets for text in texts if secret in text]


def test_the_real_null_provider(tmp_path: Path) -> None:
    provider_bed.null(tmp_path / "mirror", tmp_path)
    configuration = provider_bed.cli_configuration(tmp_path, provider_bed.filesystem_mirror(tmp_path / "mirror"))
    bed = Bed(Scratch(tmp_path / "repository"), configuration, tmp_path / "shelf.json")
    root = 'resource "null_resource" "a" {{\n  triggers = {{ version = "{}" }}\n}}\n'
    bed.repository.write({MAIN: root.format(1)})
    directory, env = bed.repository.path / DIRECTORY, {"TF_CLI_CONFIG_FILE": str(configuration)}
    for arguments in (("init", "-input=false"), ("apply", "-input=false", "-auto-approve")):
        provider_bed.terraform(directory, *arguments, env=env)
    shutil.rmtree(directory / ".terraform")
    bed.repository.commit()
    bed.repository.commit({MAIN: root.format(2)})
    outcome = gitops_ci(bed.repository.path, "run", "--base", "HEAD~1", env=env)
    [plan] = outcome.report.plans
    [change] = plan.changes
    assert (plan.status, change.address, change.action) == ("changed", "null_resource.a", "replace")
    assert forced(change) in (["triggers"], ["triggers.version"])
