"""The promises that users read agree with each other and with the code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from gitops_ci import __version__
from gitops_ci.github import outputs

ROOT = Path(__file__).resolve().parents[2]
LOCKED = sorted((ROOT / "requirements").glob("*.txt"))
INPUTS = (
    "command", "config", "base", "head", "environment", "stack", "all", "shard", "out", "reports", "needs", "pull-request", "run",
    "workflow", "github-token", "comment", "pending", "report-url", "fail-on",
)  # fmt: skip
"""The contract's inputs; its outputs are `outputs.NAMES`."""


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def action() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(read("action.yml")))


def project() -> dict[str, Any]:
    return cast("dict[str, Any]", tomllib.loads(read("pyproject.toml"))["project"])


def table(text: str, heading: str) -> dict[str, list[str]]:
    """The rows of the first table below `heading`, by the code word in their first cell."""
    below = text.split(f"## {heading}\n", 1)[1].lstrip().split("\n\n")
    rows = next(block for block in below if block.startswith("|")).splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {re.sub(r"\[?`([^`]+)`.*", r"\1", row[0]): row[1:] for row in cells}


@cache
def files() -> tuple[Path, ...]:
    """Everything that git would track: read without git, since unit tests start no process."""
    ignored = [line.strip("/") for line in read(".gitignore").splitlines() if line and not line.startswith("#")]

    def walk(directory: Path) -> Iterator[Path]:
        for path in directory.iterdir():
            inside = path.relative_to(ROOT).as_posix()
            if path.name == ".git" or any(fnmatch(path.name, each) or inside == each for each in ignored):
                continue
            if path.is_dir() and not path.is_symlink():
                yield from walk(path)
            elif path.is_file():
                yield path

    return tuple(sorted(walk(ROOT)))


def texts(*patterns: str) -> Iterator[tuple[str, str]]:
    """Name and content of every text file of the project that fits one of the patterns."""
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if any(fnmatch(name, pattern) for pattern in patterns):
            try:
                yield name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


# The action


def test_the_action_has_the_inputs_of_the_contract_and_the_docs() -> None:
    assert tuple(action()["inputs"]) == INPUTS
    assert tuple(table(read("docs/action.md"), "Inputs")) == INPUTS


def test_the_documented_defaults_are_the_real_ones() -> None:
    documented = {name: row[0].strip("`") for name, row in table(read("docs/action.md"), "Inputs").items()}
    assert {name: given["default"] for name, given in action()["inputs"].items()} == documented


def test_the_action_has_the_outputs_of_the_contract_and_the_docs() -> None:
    assert tuple(action()["outputs"]) == outputs.NAMES
    assert tuple(table(read("docs/action.md"), "Outputs")) == outputs.NAMES
    for name, output in action()["outputs"].items():
        steps = re.findall(r"steps\.(\w+)\.outputs\.([\w-]+)", output["value"])
        assert steps, name
        assert {step for step, _ in steps} <= {"run", "publish"}
        assert {given for _, given in steps} == {name}
    assert {"run", "publish"} <= {step.get("id") for step in action()["runs"]["steps"]}


def test_every_input_is_used_and_none_is_mistyped() -> None:
    """`${{ inputs.typo }}` is empty on GitHub, and no linter says so."""
    assert set(re.findall(r"inputs\.([\w-]+)", read("action.yml"))) == set(INPUTS)


def test_inputs_reach_the_shell_through_its_environment_only() -> None:
    script = read("action/entrypoint.sh")
    for step in action()["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        for name in step.get("env", {}):
            read_by = script + read("gitops_ci/settings.py")
            assert name in step["run"] or name in read_by, f"{name} is set and never read"
    read_there = set(re.findall(r"\bGITOPS_CI_[A-Z_]+", script)) - {"GITOPS_CI_"}
    assert read_there <= {name for step in action()["runs"]["steps"] for name in step.get("env", {})}
    assert "eval" not in script.replace("evaluated", "")


def test_the_token_is_in_no_step_that_runs_what_a_pull_request_holds() -> None:
    steps = {step["id"]: step for step in action()["runs"]["steps"] if "id" in step}
    assert [id for id, step in steps.items() if "github-token" in str(step.get("env", {}))] == ["run", "publish"]
    assert steps["publish"]["env"]["GITOPS_CI_COMMAND"] == "${{ inputs.command == 'run' && 'gate' || inputs.command }}"
    assert re.findall(r"\w+: .*inputs\.github-token.*", read("action.yml")) == [
        "GITOPS_CI_TOKEN: ${{ inputs.command == 'affected' && inputs.github-token || '' }} # it runs nothing",
        "if: ${{ always() && (inputs.command == 'gate' || inputs.command == 'publish' || inputs.command == 'runs' || (inputs.command == 'run' && inputs.github-token != '')) }}",
        "GITOPS_CI_TOKEN: ${{ inputs.github-token }}",
    ]


def test_every_action_is_pinned_to_a_commit() -> None:
    found = 0
    for name, text in texts("action.yml", ".github/**", "examples/**.yml", "examples/**.yaml", "docs/**.md", "*.md"):
        for used in re.findall(r"^\s*(?:- )?uses: *(\S+)(.*)", text, re.MULTILINE):
            if used[0].startswith(("./", "gitops-ci/gitops-ci@", "gitops-ci/gitops-ci/")):
                continue
            found += 1
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used[0]), f"{name}: {used[0]} is not pinned"
            assert re.match(r" +# v\d+\.\d+\.\d+", used[1]), f"{name}: {used[0]} does not say its version"
    assert found > 5


# Packages


@pytest.mark.parametrize("path", LOCKED, ids=lambda path: path.name)
def test_pinned_packages_have_hashes_and_name_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    entries = [entry for entry in re.sub(r"\\\n", "", text).splitlines() if entry and not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9.-]*==[\w.]+( ; [^-]+)?( +--hash=sha256:[0-9a-f]{64})+$", entry), entry[:80]


def pinned(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", read(f"requirements/{name}"), re.MULTILINE))


def test_tests_run_with_the_versions_that_users_get() -> None:
    assert pinned("runtime.txt").items() <= pinned("dev.txt").items()


def distributions(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=;\[ ]", each)[0].lower() for each in requirements}


def test_what_is_declared_is_pinned_and_documented() -> None:
    extras = project()["optional-dependencies"]
    assert distributions([*project()["dependencies"], *extras["database"], "flit-core"]) <= set(pinned("runtime.txt"))
    for name in ("terraform", "rego", "postgres"):
        assert distributions(extras[name]) <= set(pinned(f"{name}.txt"))
    for name in ("squawk", "kustomize", "helm"):
        assert distributions(extras[name]) == set(pinned(f"{name}.txt"))
    groups = tomllib.loads(read("pyproject.toml"))["dependency-groups"]
    declared = distributions([each for name in ("test", "lint", "lock", "build") for each in groups[name]])
    assert declared - {"uv"} <= set(pinned("dev.txt"))
    declared |= distributions(
        [*project()["dependencies"], *(each for name in extras if name != "all" for each in extras[name])]
    )
    documented = set(re.findall(r"[a-z0-9][a-z0-9-]+", read("docs/dependencies.md").lower()))
    assert declared - documented == set()


def test_the_extra_all_is_all() -> None:
    extras = project()["optional-dependencies"]
    assert extras["all"] == [f"gitops-ci[{','.join(name for name in extras if name != 'all')}]"]


# README and docs


def test_the_readme_names_every_extra_and_no_other() -> None:
    extras = set(project()["optional-dependencies"])
    assert set(table(read("README.md"), "Requirements")) == extras
    for _, text in texts("*.md", "docs/**.md", "gitops_ci/**.py"):
        for names in re.findall(r"gitops-ci\[([\w,-]+)\]", text):
            assert set(names.split(",")) <= extras


def test_the_readme_names_every_command_of_the_command_line() -> None:
    from gitops_ci import arguments

    assert set(table(read("README.md"), "Commands")) == set(arguments.COMMANDS)


def test_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "requirements/README.md", ".ci/run"):
        assert set(re.findall(r"^\s*make ([a-z]+)|`make ([a-z]+)", read(name), re.MULTILINE)) <= {
            pair for target in targets for pair in ((target, ""), ("", target))
        }


def test_ci_runs_what_the_readme_says_and_nothing_else() -> None:
    lines = [line for line in read(".ci/run").splitlines() if line and not line.startswith(("#", "set ", "cd "))]
    assert lines == ["make lint", "make test"]
    for line in lines:
        assert re.search(rf"^    {line}\b", read("README.md"), re.MULTILINE)


def test_the_exit_codes_of_the_readme_are_the_ones_of_the_code() -> None:
    from gitops_ci import cli, errors
    from gitops_ci.model.verdict import EXIT_CODES

    said = dict(re.findall(r"\*\*(\d+)\*\*\s+([a-z]+)", read("README.md")))
    assert {said[str(code)] for code in EXIT_CODES.values()} == set(EXIT_CODES)
    assert said[str(errors.UsageError.exit_code)] == "usage"
    assert said[str(cli.BUG)] == "a"
    assert said[str(errors.INTERRUPTED)] == "interrupted"


def test_the_changelog_knows_this_version() -> None:
    assert re.search(rf"^## .*{re.escape(__version__)}", read("CHANGELOG.md"), re.MULTILINE)


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for name, text in texts("*.md", "docs/**.md", "requirements/*.md"):
        for target in re.findall(
            r"\]\(([^)#:\s]*(?:#[^)\s]*)?)\)", re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
        ):
            path, _, part = target.partition("#")
            file = (ROOT / name).parent / path if path else ROOT / name
            if not file.exists():
                broken.append(f"{name}: {target}")
            elif part and file.suffix == ".md":
                headings = re.findall(r"^#+ (.*)", file.read_text(encoding="utf-8"), re.MULTILINE)
                broken += [] if part in map(anchor, headings) else [f"{name}: {target}"]
    assert broken == []


def test_no_file_names_this_machine() -> None:
    places = {f"{ROOT}/", f"{Path.home()}/"} - {"/", "//", "/tmp/"}
    named = [f"{name}: {place}" for name, text in texts("*") for place in places if place in text]
    assert named == []
    personal = re.compile(r"/(?:home|Users)/(?!runner\b|you\b|linuxbrew\b)[a-z][\w.-]*/")
    assert [name for name, text in texts("*") if name != "tests/unit/test_project.py" and personal.search(text)] == []
