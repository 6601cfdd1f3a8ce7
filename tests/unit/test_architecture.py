"""The walls between the rooms (CONTRIBUTING.md): read from the source, so that nothing has to run."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "gitops_ci"
MODULES = sorted(PACKAGE.rglob("*.py"))
PURE = ("model", "discover", "policy", "gate", "render")
OUTSIDE = ("gitops_ci.github", "gitops_ci.commands", "gitops_ci.cli", "gitops_ci.settings", "gitops_ci.system")
STARTS_PROCESSES = ("subprocess", "multiprocessing", "asyncio", "ctypes", "pty")
ENGINE_SHIMS = {"gitops_ci/system/terraform_shim.py"}
"""Run by an interpreter of their own, as the engine's process: they have its arguments, environment and exit."""
ENTRANCES = {"gitops_ci/cli.py", "gitops_ci/__main__.py"} | ENGINE_SHIMS
LONGEST_MODULE = 300

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, at any depth of the module, `TYPE_CHECKING` included."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=0) if module is not None:
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in names)
            case ast.ImportFrom():
                yield node.lineno, "a relative import"
            case _:
                pass


def within(imported: str, package: str) -> bool:
    return imported == package or imported.startswith(f"{package}.")


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name of what is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def uses(path: Path, owner: str, attribute: str) -> list[int]:
    """Lines that use `owner.attribute`, or import it by name."""
    lines = [line for line, imported in imports(path) if imported == f"{owner}.{attribute}"]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr == attribute and ast.unparse(node.value) == owner:
            lines.append(node.lineno)
    return lines


def test_there_is_something_to_read() -> None:
    assert {"cli.py", "model", "discover", "render", "gate", "kinds", "system"} <= {room(path) for path in MODULES}


@every_module
def test_pure_rooms_do_not_know_the_outside(path: Path) -> None:
    if room(path) in PURE:
        for line, imported in imports(path):
            for outside in (*OUTSIDE, *STARTS_PROCESSES, "socket", "urllib.request", "http.client"):
                assert not within(imported, outside), f"{name(path)}:{line} imports {imported}"


@every_module
def test_the_model_imports_nothing_of_ours(path: Path) -> None:
    if room(path) == "model":
        for line, imported in imports(path):
            if within(imported, "gitops_ci"):
                assert within(imported, "gitops_ci.model"), f"{name(path)}:{line} imports {imported}"


@every_module
def test_only_system_starts_processes(path: Path) -> None:
    if room(path) != "system":
        for line, imported in imports(path):
            assert not any(within(imported, each) for each in STARTS_PROCESSES), (
                f"{name(path)}:{line} imports {imported}"
            )


@every_module
def test_only_github_knows_its_clients(path: Path) -> None:
    if room(path) != "github":
        for line, imported in imports(path):
            assert not any(within(imported, each) for each in ("github", "requests")), (
                f"{name(path)}:{line} imports {imported}"
            )


@every_module
def test_nothing_imports_the_entrance(path: Path) -> None:
    if name(path) not in ENTRANCES:
        for line, imported in imports(path):
            assert not within(imported, "gitops_ci.cli"), f"{name(path)}:{line} imports {imported}"
            assert not within(imported, "gitops_ci.__main__"), f"{name(path)}:{line} imports {imported}"


@every_module
def test_only_the_entrance_reads_the_environment_and_exits(path: Path) -> None:
    if name(path) not in ENTRANCES:
        for owner, attribute in (
            ("os", "environ"), ("os", "environb"), ("os", "getenv"), ("os", "putenv"), ("sys", "exit"), ("os", "_exit"), ("sys", "argv"),
        ):  # fmt: skip
            found = uses(path, owner, attribute)
            assert not found, f"{name(path)}:{found} uses {owner}.{attribute}: take a value that cli.py hands in"
        assert not [call for call, called in calls(path) if called in {"exit", "quit"}]


@every_module
def test_nothing_runs_what_it_reads(path: Path) -> None:
    for call, called in calls(path):
        where = f"{name(path)}:{call.lineno}"
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        assert called not in {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}, (
            f"{where} calls {called}"
        )
        shell = given.get("shell")
        assert shell is None or (isinstance(shell, ast.Constant) and shell.value is False), f"{where} uses a shell"
        if called in {"yaml.load", "yaml.load_all"}:
            loader = ast.unparse(given.get("Loader") or call.args[-1])
            assert "Safe" in loader, f"{where} uses {loader}: a YAML loader that is not safe builds any object"
        assert called not in {"yaml.unsafe_load", "yaml.full_load", "yaml.unsafe_load_all", "yaml.full_load_all"}, where
    for line, imported in imports(path):
        for each in ("pickle", "marshal", "shelve", "dill", "xml"):
            assert not within(imported, each), f"{name(path)}:{line} imports {imported}"


@every_module
def test_no_module_is_too_long(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_MODULE, f"{name(path)} has {lines} lines: is a type or a room missing?"


@every_module
def test_a_module_says_what_lives_in_it(path: Path) -> None:
    said = ast.get_docstring(tree(path))
    assert said, f"{name(path)} has no docstring"


@every_module
def test_names_mean_something(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}


def test_unit_tests_cannot_start_a_process() -> None:
    with pytest.raises(Exception, match="unit test reached"):
        subprocess.run(["true"], check=False)
