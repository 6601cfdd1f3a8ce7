"""`make demo` as a newcomer runs it, and the README that shows its comment."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples, played once."""
    place = tmp_path_factory.mktemp("demo")
    shutil.copytree(ROOT / "examples", place / "examples")
    done = subprocess.run(
        [sys.executable, "-I", "examples/demo/run.py"],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "out/demo/blocked/comment.md" in done.stdout
    return place / "out" / "demo"


def test_one_passes_and_one_is_blocked(demo: Path) -> None:
    reports = {name: json.loads((demo / name / "report.json").read_bytes()) for name in ("passes", "blocked")}
    assert reports["passes"]["verdict"]["decision"] == "pass"
    assert reports["blocked"]["verdict"]["decision"] == "blocked"
    created = {plan["stack"]: plan["summary"]["create"] for plan in reports["passes"]["plans"]}
    assert created["production/terraform/main"] == 3
    assert created["staging/terraform/main"] == 2
    new = {finding["rule"] for finding in reports["blocked"]["findings"] if finding["state"] == "new"}
    assert new == {"layout/unknown-environment", "database/history-edited"}
    deleted = [
        change["address"] for plan in reports["blocked"]["plans"] for change in plan["changes"] if change["destructive"]
    ]
    assert deleted == ["module.redis.terraform_data.cluster", "module.redis.terraform_data.subnet_group"]


def without_what_varies(comment: str) -> str:
    """The comment less commits, times and the engines that this machine happens to have."""
    comment = re.sub(r"`[0-9a-f]{7}`", "`commit`", comment)
    comment = re.sub(r"terraform \d+\.\d+\.\d+ \(\w+\)|tofu \d+\.\d+\.\d+ \(\w+\)", "terraform", comment)
    comment = re.sub(r"(?:opa|regorus) \d+\.\d+\.\d+ \(\w+\)", "rego", comment)
    return re.sub(r"\d+\.\d s", "time", comment)


def test_the_readme_shows_the_comment_as_it_is(demo: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- comment:begin -->\n")[2].partition("<!-- comment:end -->")[0]
    comment = (demo / "blocked" / "comment.md").read_text(encoding="utf-8").split("\n", 1)[1]
    assert without_what_varies(shown) == without_what_varies(comment), "run `make readme`"


def test_every_report_is_valid_against_the_shipped_schema(demo: Path) -> None:
    import jsonschema

    schema = json.loads((ROOT / "gitops_ci" / "schema" / "report-1.json").read_bytes())
    for path in demo.glob("*/report.json"):
        jsonschema.Draft202012Validator(schema).validate(json.loads(path.read_bytes()))
