"""The calls of an engine that make one plan: `init`, `plan`, `show`, each with what the configuration adds."""

from __future__ import annotations

import json
import re
from pathlib import Path

from msgspec import Struct

from gitops_ci.config import StackPattern, Terraform
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import join
from gitops_ci.kinds.protocol import Ended, Installs, Tools, Workspace
from gitops_ci.kinds.terraform.engine import diagnosis
from gitops_ci.model.plan import Engine, Problem
from gitops_ci.model.stack import Stack

_JSON_INIT = (1, 9)  # `init -json` since Terraform 1.9 and OpenTofu 1.9
_NO_WORKSPACE = re.compile(r'currently selected workspace ".*" does not exist', re.IGNORECASE)
_EMPTY_STATE = "zz_gitops_ci_override.tf"
"""In our private copy it takes the place of the backend, where the workspace is not there yet: there is no state."""


class Given(Struct, frozen=True):
    """What `layout.stacks` gives one stack, with its environment filled in: paths are relative to its directory."""

    workspace: str | None = None
    var_files: tuple[str, ...] = ()
    backend_config: tuple[str, ...] = ()


def given(stack: Stack, inventory: Inventory) -> Given:
    """The workspace, var files and backend settings (`key=value`, or a file) of a stack."""
    pattern = _pattern(stack, inventory)
    settings = inventory.config.kinds.terraform
    everywhere = tuple(each.partition("=")[2] for each in settings.init_args if each.startswith("-backend-config="))
    if pattern is None:
        return Given(backend_config=everywhere)
    return Given(
        workspace=pattern.workspace or None,
        var_files=pattern.var_files,
        backend_config=(*pattern.backend_config, *everywhere),
    )


def _pattern(stack: Stack, inventory: Inventory) -> StackPattern | None:
    for declared, pattern in naming.declared(stack.path, "terraform", inventory.config):
        if declared.id == stack.id:
            return pattern
    return None


def missing(stack: Stack, inventory: Inventory) -> Problem | None:
    """A file that `layout.stacks` names and that is not there: no engine says as clearly which one."""
    found = given(stack, inventory)
    files = [each for each in found.backend_config if "=" not in each]
    for key, name in [
        *(("var_files", each) for each in found.var_files),
        *(("backend_config", each) for each in files),
    ]:
        path = join(stack.path, name)
        target = inventory.snapshot.resolve(path) if path is not None else None
        if target is None or target not in inventory.snapshot:
            where = "is outside of the repository" if path is None or target is None else "is not there"
            message = f"{path or name} {where}: layout.stacks[].{key} in gitops-ci.yml names it"
            return Problem(code="settings", message=message, path=path)
    return None


class Calls(Struct, frozen=True):
    """One root's calls of the engine, in a private copy of its files."""

    stack: Stack
    settings: Terraform
    given: Given
    engine: Engine
    tools: Tools
    workspace: Workspace
    needs: frozenset[str]

    @property
    def made_by(self) -> Engine:
        """What the plan is said to be made by."""
        return self.engine

    @property
    def directory(self) -> str:
        """Where in the repository the files lie that the engine names in its messages."""
        return self.stack.path

    @property
    def plan_file(self) -> Path:
        """Where `plan` writes."""
        return self.workspace.private / "plan"

    @property
    def sources(self) -> tuple[Path, ...]:
        """Where the sources of the root and of every module lie once `init` is done."""
        return (self.workspace.root, self.workspace.private / "data" / "modules")

    def installed(self) -> frozenset[str]:
        """The providers that `init` installed: `registry.terraform.io/hashicorp/aws`."""
        return providers(self.workspace.private / "data")

    def _run(self, *args: str, installs: Installs | None = None) -> Ended:
        directory = self.workspace.root / self.stack.path
        return self.tools.run(
            self.engine,
            (f"-chdir={directory}", *args),
            workspace=self.workspace,
            env={"TF_DATA_DIR": str(self.workspace.private / "data"), **self._environment()},
            timeout=self.settings.timeout,
            installs=installs,
        )

    def _environment(self) -> dict[str, str]:
        workspace = {"TF_WORKSPACE": self.given.workspace} if self.given.workspace is not None else {}
        return {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", **workspace}

    def init(self) -> Ended:
        """Backend, modules and providers made ready."""
        others = (each for each in self.settings.init_args if not each.startswith("-backend-config="))
        return self._init(*others, *(f"-backend-config={each}" for each in self.given.backend_config))

    def _init(self, *args: str) -> Ended:
        flags = ["-input=false", "-no-color"]
        if version(self.engine) >= _JSON_INIT:
            flags.append("-json")
        root, data = self.workspace.root / self.stack.path, self.workspace.private / "data"
        return self._run("init", *flags, *args, installs=Installs(root, data, self.needs))

    def lacks_workspace(self, ended: Ended) -> bool:
        """Whether `init` failed because nobody has made the workspace yet."""
        if self.given.workspace is None or ended.ending != "exited" or ended.returncode == 0:
            return False
        errors = [error.summary for error in diagnosis.diagnostics(ended, self.directory)]
        plain = [] if errors else [ended.stderr.decode("utf-8", "replace")]
        return any(_NO_WORKSPACE.search(text) for text in (*errors, *plain))

    def init_without_state(self) -> Ended:
        """Made ready for a workspace that is not there yet: an empty state here, nothing is written to the backend."""
        override = self.workspace.root / self.stack.path / _EMPTY_STATE
        override.unlink(missing_ok=True)  # a link of that name could lead to another file
        place = json.dumps(str(self.workspace.private / "states"))
        override.write_text(f'terraform {{\n  backend "local" {{\n    workspace_dir = {place}\n  }}\n}}\n', "utf-8")
        others = (each for each in self.settings.init_args if not each.startswith("-backend-config="))
        return self._init("-reconfigure", *others)

    def plan(self, *, destroy: bool) -> Ended:
        """The plan, written to `plan_file`."""
        flags = ["-input=false", "-no-color", "-json", "-lock=false", *self.settings.plan_args]
        flags += [f"-var-file={each}" for each in self.given.var_files]
        return self._run("plan", *flags, f"-out={self.plan_file}", *(("-destroy",) if destroy else ()))

    def show(self) -> Ended:
        """The plan as JSON on stdout."""
        return self._run("show", "-json", "-no-color", str(self.plan_file))


def providers(*data: Path) -> frozenset[str]:
    """What data directories hold (https://developer.hashicorp.com/terraform/cli/config/config-file, its layout)."""
    found = (path for each in data for path in (each / "providers").glob("*/*/*") if path.is_dir())
    return frozenset("/".join(path.parts[-3:]).lower() for path in found)


def version(engine: Engine) -> tuple[int, int]:
    """Major and minor of an engine's version; (0, 0) where it is unreadable."""
    parts = engine.version.split(".")
    try:
        return int(parts[0]), int(parts[1])
    except (ValueError, IndexError):
        return 0, 0
