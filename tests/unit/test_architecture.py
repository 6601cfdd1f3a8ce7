"""The walls between the rooms (CONTRIBUTING.md): read from the source, so that nothing has to run."""

from __future__ import annotations

import ast
import socket
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "gitops_ci"
MODULES = sorted(PACKAGE.rglob("*.py"))
PURE = ("model", "discover", "policy", "gate", "doctor", "render")
OUTSIDE = ("gitops_ci.github", "gitops_ci.commands", "gitops_ci.cli", "gitops_ci.settings", "gitops_ci.system")
STARTS_PROCESSES = ("subprocess", "multiprocessing", "asyncio", "ctypes", "pty")
ENGINE_SHIMS = {
    f"gitops_ci/system/{name}.py"
    for name in ("terraform_shim", "wall_shim", "rego_worker", "checkov_worker", "render_worker")
}
"""Run by an interpreter of their own, as the engine's process: they have its arguments, environment and exit."""
ENTRANCES = {"gitops_ci/cli.py", "gitops_ci/__main__.py"} | ENGINE_SHIMS
ENTRANCE_ONLY = (
    ("os", "environ"),
    ("os", "environb"),
    ("os", "getenv"),
    ("os", "putenv"),
    ("os", "_exit"),
    ("sys", "argv"),
    ("sys", "exit"),
)
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
LONGEST_MODULE = 300


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and full name of everything imported, at any depth of the module, `TYPE_CHECKING` included."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree(path)):
        match node:
            case ast.Import(names=names):
                found += ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found += ((node.lineno, f"{module}.{alias.name}") for alias in names)
            case ast.ImportFrom():
                found.append((node.lineno, "a relative import"))
            case _:
                pass
    return tuple(found)


def within(imported: str, package: str) -> bool:
    return imported == package or imported.startswith(f"{package}.")


@cache
def calls(path: Path) -> tuple[tuple[ast.Call, str], ...]:
    """Every call with the dotted name of what is called."""
    return tuple((node, ast.unparse(node.func)) for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


def uses(path: Path, owner: str, attribute: str) -> list[int]:
    """Lines that use `owner.attribute`, or import it by name."""
    lines = [line for line, imported in imports(path) if imported == f"{owner}.{attribute}"]
    for node in ast.walk(tree(path)):
        match node:
            case ast.Attribute(value=ast.Name(id=found), attr=attr) if (found, attr) == (owner, attribute):
                lines.append(node.lineno)
            case _:
                pass
    return lines


def refused(paths: Iterable[Path], *packages: str) -> list[str]:
    """The places where one of `paths` imports one of `packages`."""
    return [
        f"{name(path)}:{line} imports {imported}"
        for path in paths
        for line, imported in imports(path)
        if any(within(imported, package) for package in packages)
    ]


def rooms(*names: str, but: bool = False) -> list[Path]:
    """The modules of these rooms, or of every other one."""
    return [path for path in MODULES if (room(path) in names) is not but]


def test_there_is_something_to_read() -> None:
    assert {"cli.py", "model", "discover", "render", "gate", "kinds", "system"} <= {room(path) for path in MODULES}
    assert refused(rooms("system"), "subprocess"), "the reading of imports finds nothing"


def test_pure_rooms_do_not_know_the_outside() -> None:
    assert refused(rooms(*PURE), *OUTSIDE, *STARTS_PROCESSES, "socket", "urllib.request", "http.client") == []


def test_the_model_imports_nothing_of_ours() -> None:
    ours = refused(rooms("model"), "gitops_ci")
    assert [each for each in ours if not within(each.rpartition(" ")[2], "gitops_ci.model")] == []


def test_only_system_starts_processes() -> None:
    assert refused(rooms("system", but=True), *STARTS_PROCESSES) == []


def test_only_github_knows_its_clients() -> None:
    assert refused(rooms("github", but=True), "github", "requests") == []


def test_nothing_imports_the_entrance() -> None:
    assert (
        refused((path for path in MODULES if name(path) not in ENTRANCES), "gitops_ci.cli", "gitops_ci.__main__") == []
    )


def test_no_module_takes_the_name_of_a_function_of_its_package() -> None:
    """Who imports `package.name` sets `name` in the package, and the function of that name is gone."""
    for path in (each for each in MODULES if each.name == "__init__.py"):
        functions = {node.name for node in tree(path).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        within = {each.stem for each in path.parent.iterdir()}
        assert not functions & within, name(path)


def test_imports_are_absolute() -> None:
    assert refused(MODULES, "a relative import") == []


def test_only_the_entrance_reads_the_environment_and_exits() -> None:
    """Elsewhere take a value that cli.py hands in."""
    inside = [path for path in MODULES if name(path) not in ENTRANCES]
    assert [f"{name(path)}:{line}" for path in inside for each in ENTRANCE_ONLY for line in uses(path, *each)] == []
    assert [
        f"{name(path)}:{call.lineno}" for path in inside for call, called in calls(path) if called in {"exit", "quit"}
    ] == []


def test_nothing_runs_what_it_reads() -> None:
    runs = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
    assert [
        f"{name(path)}:{call.lineno} {called}" for path in MODULES for call, called in calls(path) if called in runs
    ] == []
    assert refused(MODULES, "pickle", "marshal", "shelve", "dill") == []


def test_no_process_has_a_shell() -> None:
    shells = [
        f"{name(path)}:{call.lineno}"
        for path in MODULES
        for call, _ in calls(path)
        for keyword in call.keywords
        if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
    ]
    assert shells == []


def test_yaml_is_read_by_a_safe_loader() -> None:
    """Others build any object that a document names."""
    unsafe = []
    for path in MODULES:
        for call, called in calls(path):
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            loader = given.get("Loader") or (call.args[1] if len(call.args) > 1 else None)
            if called in {"yaml.load", "yaml.load_all"} and "Safe" not in (ast.unparse(loader) if loader else ""):
                unsafe.append(f"{name(path)}:{call.lineno}")
            if called.startswith(("yaml.unsafe_load", "yaml.full_load")):
                unsafe.append(f"{name(path)}:{call.lineno}")
    assert unsafe == []


def test_no_module_is_too_long() -> None:
    """Past that a type or a room is missing."""
    sizes = {name(path): path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {module: lines for module, lines in sizes.items() if lines > LONGEST_MODULE} == {}


def test_a_module_says_what_lives_in_it_and_its_name_means_something() -> None:
    assert [name(path) for path in MODULES if not ast.get_docstring(tree(path))] == []
    assert [name(path) for path in MODULES if path.stem in EMPTY_NAMES] == []


def test_unit_tests_reach_no_process_and_no_network() -> None:
    with pytest.raises(Exception, match="unit test reached"):
        subprocess.run(["true"], check=False)
    with socket.socket() as client, pytest.raises(Exception, match="unit test reached"):
        client.connect(("127.0.0.1", 9))
