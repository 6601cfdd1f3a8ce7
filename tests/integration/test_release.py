"""A release's workflows run the very commit that they are pinned with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.repositories import IDENTITY, Scratch
from tools import release

WORKFLOW = """on: [workflow_call]
jobs:
  gate:
    steps:
      - uses: gitops-ci/gitops-ci@v1 # zizmor: ignore[unpinned-uses] of the same release as this workflow
        with: {command: gate}
"""


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    for name, value in IDENTITY.items():  # a machine may have none of its own
        monkeypatch.setenv(name, value)
    made = Scratch(tmp_path / "action")
    made.commit({".github/workflows/gate.yml": WORKFLOW, "action.yml": "name: x\n"})
    return made


def test_the_tag_names_the_commit_whose_code_it_is_and_the_branch_stays(scratch: Scratch) -> None:
    code = scratch.git("rev-parse", "HEAD").strip()
    made = release.main("1.2.0", scratch.path)
    assert scratch.git("show", f"{made}:.github/workflows/gate.yml").count(f"@{code} # v1.2.0") == 1
    assert scratch.git("rev-parse", "v1.2.0", "v1", f"{made}^").split() == [made, made, code]
    assert (scratch.git("rev-parse", "HEAD").strip(), scratch.git("status", "--porcelain")) == (code, "")
    assert scratch.git("diff", "--name-only", code, made).split() == [".github/workflows/gate.yml"]


def test_what_is_not_committed_is_no_release(scratch: Scratch) -> None:
    (scratch.path / "action.yml").write_text("name: y\n")
    with pytest.raises(SystemExit, match="commit it first"):
        release.main("1.2.0", scratch.path)
    assert "v1" not in scratch.git("tag")


def test_every_workflow_of_ours_is_pinned_by_it(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for path in (release.ROOT / ".github" / "workflows").glob("*.yml"):
        (folder / path.name).write_text(path.read_text())
    assert release.pinned(tmp_path, "c" * 40, "1.2.0") > 5
    left = re.findall(r"uses: gitops-ci/gitops-ci@(\S+)", "".join(path.read_text() for path in folder.glob("*.yml")))
    assert set(left) == {"c" * 40}


def test_without_a_version_it_says_what_it_takes() -> None:
    done = subprocess.run(
        (sys.executable, "-I", str(release.ROOT / "tools" / "release.py")), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "python tools/release.py 1.2.0" in done.stderr
