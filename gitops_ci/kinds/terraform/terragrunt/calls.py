"""The calls of Terragrunt that plan one unit: the same `init`, `plan`, `show`, with Terraform below it.

https://terragrunt.gruntwork.io/docs/reference/cli/; what it may do by itself (make state buckets, retry, share
providers) is off.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path

import msgspec

from gitops_ci.discover.inventory import Inventory
from gitops_ci.errors import ToolError
from gitops_ci.kinds.protocol import Ended, Installs, Tools, Workspace
from gitops_ci.kinds.terraform.engine import calls, diagnosis, engines
from gitops_ci.kinds.terraform.engine.calls import Calls, Given
from gitops_ci.kinds.terraform.terragrunt import units
from gitops_ci.model.plan import Engine, Problem
from gitops_ci.model.stack import Stack

_SETTINGS = {
    "TG_NON_INTERACTIVE": "true",
    "TG_NO_COLOR": "true",
    "TG_TF_FORWARD_STDOUT": "true",
    "TG_LOG_FORMAT": "json",
    "TG_LOG_LEVEL": "error",
    "TG_NO_TIPS": "true",
    "TG_BACKEND_BOOTSTRAP": "false",
    "TG_NO_AUTO_RETRY": "true",
    "TG_NO_AUTO_PROVIDER_CACHE_DIR": "true",
    "TG_PROVIDER_CACHE": "false",
    "TG_NO_ENGINE": "true",
}
_PLACE = re.compile(r"(?P<path>[^\s:]+):(?P<line>\d+),\d+(?:-[\d,]+)?: (?P<text>.*)", re.DOTALL)
_LONGEST = 2_000  # characters of a message
_DOCUMENT = b'{"format_version"'


class UnitCalls(Calls, frozen=True, kw_only=True):
    """One unit's calls; `engine` runs below Terragrunt, `module` is where its Terraform files lie in the repository."""

    terragrunt: Engine
    module: str

    @property
    def made_by(self) -> Engine:
        """Both, as one."""
        return engines.through(self.terragrunt, self.engine)

    @property
    def directory(self) -> str:
        """The module's: Terraform runs in a copy of it."""
        return self.module

    @property
    def sources(self) -> tuple[Path, ...]:
        """Where the copy lies."""
        return (self.workspace.root, self._downloads)

    @property
    def _downloads(self) -> Path:
        return self.workspace.private / "terragrunt"

    def installed(self) -> frozenset[str]:
        """What was installed for the unit and those that it reads, each in a directory of its own."""
        return calls.providers(*(path for each in self.sources for path in each.rglob(".terraform")))

    def _run(self, *args: str, installs: Installs | None = None) -> Ended:
        private = self.workspace.private
        cache = private / "cache"  # an empty one hides the job's, which a pull request may have filled
        cache.mkdir(exist_ok=True)
        places = {
            "TG_WORKING_DIR": str(self.workspace.root / self.stack.path),
            "TG_DOWNLOAD_DIR": str(self._downloads),
            "TG_TF_PATH": str(self.tools.program(self.engine, private)),
            "TF_PLUGIN_CACHE_DIR": str(cache),
        }
        env = {**self._environment(), **_SETTINGS, **places}
        ended = self.tools.run(self.terragrunt, args, workspace=self.workspace, env=env, timeout=self.settings.timeout)
        return self._with_errors(ended)

    def show(self) -> Ended:
        """The plan as JSON on stdout, without what an `init` before it may have printed."""
        ended = super().show()
        begin = ended.stdout.find(_DOCUMENT)
        return msgspec.structs.replace(ended, stdout=ended.stdout[begin:]) if begin > 0 else ended

    def _with_errors(self, ended: Ended) -> Ended:
        """Terragrunt's own error as one more diagnostic, where Terraform has given none."""
        if ended.ending != "exited" or ended.returncode == 0 or any(diagnosis.diagnostics(ended, self.module)):
            return ended
        told = _last_error(ended.stderr)
        if told is None:
            return ended
        for place, name in ((f"{self.workspace.root}/", ""), (str(self.workspace.private), "…")):
            told = told.replace(place, name)
        diagnostic: dict[str, object] = {"severity": "error", "summary": told[:_LONGEST]}
        if (match := _PLACE.fullmatch(told)) is not None:
            filename = posixpath.relpath(f"/{match['path']}", f"/{self.module}")
            diagnostic |= {"summary": match["text"][:_LONGEST], "range": {"filename": filename}}
            diagnostic["range"] = {"filename": filename, "start": {"line": int(match["line"])}}
        line = json.dumps({"type": "diagnostic", "diagnostic": diagnostic}).encode()
        return msgspec.structs.replace(ended, stdout=ended.stdout + b"\n" + line)


def _last_error(stderr: bytes) -> str | None:
    """The last message of Terragrunt's log, which sums up those before it; lines that are no JSON are Terraform's."""
    for line in reversed(stderr.splitlines()):
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(message, dict) and message.get("level") == "error" and isinstance(message.get("msg"), str):
            return str(message["msg"]).strip()
    return None


def terragrunt(stack: Stack, tools: Tools) -> Engine | Problem:
    """The Terragrunt that plans units, or why there is none."""
    try:
        found = next(tools.engines("terragrunt"))
    except ToolError as error:
        message = f"{stack.path or '.'} is a unit of Terragrunt, and Terraform alone would plan something else: {error}"
        return Problem(code="terragrunt", message=message, path=stack.path)
    if isinstance(found, ToolError):
        return Problem(code="engine-version", message=str(found), path=stack.path)
    return found


def of(
    stack: Stack, inventory: Inventory, through: tuple[Engine, Engine], tools: Tools, workspace: Workspace
) -> UnitCalls:
    """The calls that plan a unit in a private copy; `through` are Terragrunt and the engine below it."""
    _mark_as_repository(workspace.root)
    modules = (unit.module for _, unit in units.at(stack.path, inventory.snapshot))
    return UnitCalls(
        stack=stack,
        settings=inventory.config.kinds.terraform,
        given=_absolute(calls.given(stack, inventory), workspace.root / stack.path),
        engine=through[1],
        tools=tools,
        workspace=workspace,
        needs=frozenset(),
        terragrunt=through[0],
        module=next((each for each in modules if each is not None), stack.path),
    )


def _absolute(given: Given, directory: Path) -> Given:
    """Terraform does not run in the unit's directory, from which these paths are seen."""
    return msgspec.structs.replace(
        given,
        var_files=tuple(str(directory / each) for each in given.var_files),
        backend_config=tuple(each if "=" in each else str(directory / each) for each in given.backend_config),
    )


def _mark_as_repository(root: Path) -> None:
    """An empty repository, where `get_repo_root()` and its kin end."""
    git = root / ".git"
    for name in ("objects", "refs"):
        (git / name).mkdir(parents=True, exist_ok=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
