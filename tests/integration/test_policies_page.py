"""docs/policies.md: what it tells a user to type does what it says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from gitops_ci import config_file
from tests.integration.command_line import gitops_ci
from tests.integration.repositories import Scratch

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
POLICY, TEST = re.findall(r"^```rego\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FOLDER = "shared/security/policies"
DATABASE = "apiVersion: acme.example/v1\nkind: Database\nmetadata: {name: shop}\nspec: {replicas: 1}\n"
PLACE = "environments/production/k8s/database.yaml"


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    if importlib.util.find_spec("regorus") is None:
        pytest.skip("the extra gitops-ci[rego] is not installed here")
    made = Scratch(tmp_path / "repository")
    made.commit({f"{FOLDER}/replicas.rego": POLICY, f"{FOLDER}/replicas_test.rego": TEST, PLACE: DATABASE})
    return made


def test_the_policy_of_the_page_is_tested_compiled_asked_and_explained(repository: Scratch) -> None:
    tested = gitops_ci(repository.path, "policy", "test")
    assert (tested.code, "2 tests, 2 passed" in tested.stdout) == (0, True)
    assert gitops_ci(repository.path, "policy", "check").code == 0
    asked = gitops_ci(repository.path, "policy", "run", "--all")
    (found,) = (each for each in asked.report.findings if each.source == "rego")
    assert asked.code == 1
    assert (found.rule, found.severity, found.path) == ("rego/database.replicas", "error", PLACE)
    assert (found.message, found.help) == ("shop has 1 instance", "Set replicas to 2 or more.")
    told = gitops_ci(repository.path, "policy", "explain", "rego/database.replicas")
    assert told.stdout.startswith("rego/database.replicas  A database has at least two instances\n")


def test_starting_small_lets_what_is_there_pass_and_stops_what_comes(repository: Scratch) -> None:
    (example,) = re.findall(r"^ *```yaml\n(.*?)^ *```", PAGE, re.MULTILINE | re.DOTALL)
    text = re.sub(r"^   ", "", example, flags=re.MULTILINE)
    config_file.load(text.encode())
    repository.commit({"gitops-ci.yml": text})
    assert gitops_ci(repository.path, "policy", "run", "--all").code == 1
    assert gitops_ci(repository.path, "policy", "baseline").code == 0
    repository.commit()
    assert gitops_ci(repository.path, "policy", "run", "--all").code == 0
    repository.commit({PLACE.replace("database", "other"): DATABASE.replace("shop", "other")})
    again = gitops_ci(repository.path, "policy", "run", "--all")
    assert again.code == 1
    assert sorted(each.state for each in again.report.findings if each.source == "rego") == ["existing", "new"]
