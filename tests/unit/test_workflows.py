"""Our reusable workflows hold what docs/action.md says that they hold, job by job, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
OURS = "gitops-ci/gitops-ci@v1"
RUNS_CODE = {"plan", "run"}
"""Commands of the action that run what the pull request holds."""
TOKEN = re.compile(r"github\.token|secrets\.")


class Row(NamedTuple):
    """What the docs say of a job."""

    permissions: dict[str, str]
    checks_out: str
    token: str


def documented() -> dict[tuple[str, str], Row]:
    text = (ROOT / "docs" / "action.md").read_text(encoding="utf-8").split("## Workflows to call\n", 1)[1]
    rows = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| `[\w-]+\.yml` \| `", line)]
    found = {}
    for cells in rows:
        file, job, permissions, checks_out, token = (cell.strip() for cell in cells)
        given = dict(re.findall(r"`([\w-]+): (\w+)`", permissions))
        found[file.strip("`"), job.strip("`")] = Row(given, checks_out, token)
    return found


def workflows() -> dict[str, dict[str, Any]]:
    """Those that users call, by file name."""
    read = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yml"))}
    return {name: each for name, each in read.items() if "workflow_call" in triggers(each)}


def triggers(workflow: dict[Any, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", workflow[True])  # YAML 1.1 reads `on` as a boolean


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file, workflow in workflows().items():
        for name, job in workflow["jobs"].items():
            yield file, name, job


JOBS = [pytest.param(file, name, job, id=f"{file}/{name}") for file, name, job in jobs()]


def used(job: dict[str, Any], action: str) -> list[dict[str, Any]]:
    return [step for step in job["steps"] if step.get("uses", "").startswith(action)]


def test_every_job_is_documented_and_every_documented_job_is_there() -> None:
    assert {(file, name) for file, name, _ in jobs()} == set(documented())


@pytest.mark.parametrize("file", sorted(workflows()))
def test_a_workflow_is_only_called_and_grants_nothing_by_itself(file: str) -> None:
    workflow = workflows()[file]
    assert list(triggers(workflow)) == ["workflow_call"]
    assert workflow["permissions"] == {}
    assert "pull_request_target" not in (FOLDER / file).read_text()


@pytest.mark.parametrize(("file", "name", "job"), JOBS)
def test_a_job_holds_what_its_line_says(file: str, name: str, job: dict[str, Any]) -> None:
    row = documented()[file, name]
    assert job["permissions"] == row.permissions
    assert bool(used(job, "actions/checkout@")) == (row.checks_out != "nothing")
    assert bool(TOKEN.search(str([step.get("with", {}) for step in used(job, OURS)]))) == (row.token != "")
    assert job["timeout-minutes"]


@pytest.mark.parametrize(("file", "name", "job"), JOBS)
def test_what_is_checked_out_keeps_no_token_and_is_what_the_line_says(
    file: str, name: str, job: dict[str, Any]
) -> None:
    row = documented()[file, name]
    for step in used(job, "actions/checkout@"):
        assert step["with"]["persist-credentials"] is False
        ref = step["with"].get("ref", "")
        if row.checks_out == "the default branch":
            assert ref == "${{ github.event.repository.default_branch }}"
        else:
            assert ref in ("", "${{ inputs.ref }}", "refs/pull/${{ matrix.pull_request }}/head")


@pytest.mark.parametrize(("file", "name", "job"), JOBS)
def test_what_runs_a_pull_requests_content_may_write_nothing_but_in_the_one_job_that_says_so(
    file: str, name: str, job: dict[str, Any]
) -> None:
    commands = {step["with"]["command"] for step in used(job, OURS)}
    row = documented()[file, name]
    says_so = row.checks_out.endswith("and runs it")
    if file != "gitops-pull-request.yml" or name != "detect":  # it plans where no stack is affected: nothing
        assert bool(commands & RUNS_CODE) == says_so
    if says_so and not row.token:
        assert "write" not in {level for scope, level in row.permissions.items() if scope != "id-token"}
        assert not TOKEN.search(str(job["steps"]))
    if "id-token" in row.permissions:
        assert says_so


@pytest.mark.parametrize(("file", "name", "job"), JOBS)
def test_nothing_of_an_event_is_part_of_a_script(file: str, name: str, job: dict[str, Any]) -> None:
    assert not [step for step in job["steps"] if "${{" in step.get("run", "")]


def test_a_forks_job_fetches_its_commit_and_never_checks_it_out() -> None:
    text = (FOLDER / "publish-from-fork.yml").read_text()
    (job,) = workflows()["publish-from-fork.yml"]["jobs"].values()
    scripts = " ".join(step.get("run", "") for step in job["steps"])
    assert re.findall(r"git (?:-\S+ )*(\w+)", scripts) == ["fetch"]
    assert "head_repository.id != github.event.repository.id" in job["if"]
    assert not re.search(r"uses: \./|cache", text)


def test_the_gate_judges_whatever_became_of_the_jobs_before() -> None:
    gate = workflows()["gitops-pull-request.yml"]["jobs"]["gate"]
    assert gate["if"] == "${{ always() }}"
    assert gate["needs"] == ["detect", "plan"]
    (publish,) = used(gate, OURS)
    assert publish["if"] == "${{ always() }}"
    told = json.loads(publish["with"]["needs"])
    assert told == {name: {"result": f"${{{{ needs.{name}.result }}}}"} for name in gate["needs"]}


def test_no_jobs_outputs_are_put_into_one_variable() -> None:
    """A matrix of many stacks is larger than a variable of a step may be."""
    for path in FOLDER.glob("*.yml"):
        assert "toJSON(needs)" not in path.read_text(), path.name


def test_every_reusable_workflow_is_documented_with_a_caller_that_grants_enough() -> None:
    """The first lines of a file are the workflow that calls it."""
    for file, workflow in workflows().items():
        if file in ("terraform-plan.yml", "compliance-check.yml"):
            continue  # told in the quickstart
        head = (FOLDER / file).read_text().split("name: ", 1)[0]
        (granted,) = re.findall(r"permissions: (\{[^}]+\})", head)
        needed: dict[str, str] = {}
        for job in workflow["jobs"].values():
            needed |= {scope: level for scope, level in job["permissions"].items() if needed.get(scope) != "write"}
        assert yaml.safe_load(granted) == needed, file


def test_what_must_be_mirrored_is_what_the_workflows_use() -> None:
    text = (ROOT / "docs" / "runners.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"and the actions that it uses\s+\((.*?)\. A runner fetches", text, re.DOTALL)
    named = {name if "/" in name else f"actions/{name}" for name in re.findall(r"`([\w/-]+)`", told)}
    files = (*(FOLDER / name for name in workflows()), ROOT / "action.yml")
    lines = "\n".join(line for file in files for line in file.read_text().splitlines() if not line.startswith("#"))
    theirs = {f"{owner}/{name}" for owner, name in re.findall(r"uses: ([\w-]+)/([\w-]+)", lines)}
    assert named == theirs - {"gitops-ci/gitops-ci"}


CALLERS = {
    "docs/quickstart.md": "gitops-pull-request.yml@",
    "docs/action.md": "        uses: gitops-ci/gitops-ci@",
    "README.md": "        uses: gitops-ci/gitops-ci@",
}


@pytest.mark.parametrize("page", CALLERS)
def test_a_pull_request_whose_base_changes_is_judged_anew_by_what_the_docs_show(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    caller = next(block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if CALLERS[page] in block)
    shown = yaml.safe_load(caller)
    assert set(triggers(shown)["pull_request"]["types"]) > {"opened", "synchronize", "reopened", "edited"}
    assert shown["concurrency"]["cancel-in-progress"] is True
    (job,) = shown["jobs"].values()
    if "steps" in job:
        assert "if" not in job, "a job that is the check counts as successful where it is skipped"
    else:
        (events,) = re.findall(r"### Events\n.*?```yaml\n(.*?)```", (ROOT / "docs/action.md").read_text(), re.DOTALL)
        rule = yaml.safe_load(events)
        assert triggers(shown) == triggers(rule)
        assert shown["concurrency"] == rule["concurrency"]
        assert job["if"] == rule["jobs"]["gitops"]["if"]
