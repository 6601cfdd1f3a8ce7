"""One root planned by a real Terraform: init, plan, show, in a private copy of the files that it reads."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from msgspec import Struct

from gitops_ci.config import StackPattern, Terraform
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import MAX_FILE_BYTES, SYMLINK
from gitops_ci.errors import ToolError
from gitops_ci.kinds.protocol import Ended, Tools, Workspace
from gitops_ci.kinds.terraform import binding, checkout, diagnosis, plan_json, safety
from gitops_ci.kinds.terraform.roots import SOURCES
from gitops_ci.model.plan import Engine, Plan, Problem, summarise
from gitops_ci.model.stack import Stack

ENGINE = "terraform"
_JSON_INIT = (1, 9)  # `init -json` since Terraform 1.9 and OpenTofu 1.9
_COMMITTED = (".terraform", "terraform.d")
_CLI_CONFIGURATION = (".terraformrc", "terraform.rc", ".tofurc", "tofu.rc")


def plan(stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
    """What the change does to one root; one that head no longer has is planned from base as all deletes."""
    started = time.monotonic()
    removed = head is None or stack.id not in head.stacks
    inventory = base if removed else head
    if inventory is None:
        return _failed(
            stack, Problem(code="no-source", message="neither base nor head has this stack"), None, started, "skipped"
        )
    if removed and head is not None and (left := _left(stack, head)) is not None:
        return _failed(stack, left, None, started, "skipped")
    refused = _refused(stack, inventory) or binding.refused(stack, inventory) or safety.refused(stack, inventory, base)
    if refused is not None:
        return _failed(stack, refused, None, started, "skipped")
    engine: Engine | None = None
    try:
        engine = tools.engine(ENGINE)
        if (foreign := _foreign(stack, inventory, engine)) is not None:
            return _failed(stack, foreign, engine, started, "skipped")
        with tools.workspace(inventory, stack) as workspace:
            call = _Call(stack, inventory.config.kinds.terraform, _pattern(stack, inventory), engine, tools, workspace)
            return _planned(call, started, destroy=removed)
    except ToolError as error:
        code = "engine-missing" if engine is None else "engine-failed"
        return _failed(
            stack, Problem(code=code, message=str(error)), engine, started, "skipped" if engine is None else "failed"
        )


def _pattern(stack: Stack, inventory: Inventory) -> StackPattern | None:
    for declared, pattern in naming.declared(stack.path, "terraform", inventory.config):
        if declared.id == stack.id:
            return pattern
    return None


class _Call(Struct, frozen=True):
    """One root's calls of the engine."""

    stack: Stack
    settings: Terraform
    pattern: StackPattern | None
    engine: Engine
    tools: Tools
    workspace: Workspace

    def run(self, *args: str) -> Ended:
        directory = self.workspace.root / self.stack.path
        env = {"TF_DATA_DIR": str(self.workspace.private / "data"), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
        if self.pattern is not None and self.pattern.workspace:
            env["TF_WORKSPACE"] = self._filled(self.pattern.workspace)
        return self.tools.run(
            ENGINE, (f"-chdir={directory}", *args), workspace=self.workspace, env=env, timeout=self.settings.timeout
        )

    def _filled(self, value: str) -> str:
        return value.replace("{environment}", self.stack.environment)

    def init(self) -> Ended:
        flags = ["-input=false", "-no-color"]
        if version(self.engine) >= _JSON_INIT:
            flags.append("-json")
        backend = self.pattern.backend_config if self.pattern is not None else ()
        return self.run("init", *flags, *(f"-backend-config={self._filled(each)}" for each in backend))

    def plan(self, *, destroy: bool) -> Ended:
        flags = ["-input=false", "-no-color", "-json", "-lock=false", f"-out={self.workspace.private / 'plan'}"]
        var_files = self.pattern.var_files if self.pattern is not None else ()
        flags += [f"-var-file={self._filled(each)}" for each in var_files]
        return self.run("plan", *flags, *(("-destroy",) if destroy else ()))

    def show(self) -> Ended:
        return self.run("show", "-json", "-no-color", str(self.workspace.private / "plan"))


def _planned(call: _Call, started: float, *, destroy: bool) -> Plan:
    init = call.init()
    if init.ending != "exited" or init.returncode != 0:
        return _failed(call.stack, diagnosis.problem("init", init, call.stack.path), call.engine, started)
    planned = call.plan(destroy=destroy)
    failure = None
    if planned.ending != "exited" or planned.returncode != 0:
        failure = diagnosis.problem("plan", planned, call.stack.path)
        if not (call.workspace.private / "plan").exists():
            return _failed(call.stack, failure, call.engine, started)
    shown = call.show()
    if shown.ending != "exited" or shown.returncode != 0:
        return _failed(call.stack, failure or diagnosis.problem("show", shown, call.stack.path), call.engine, started)
    try:
        document = plan_json.parse(shown.stdout)
    except plan_json.PlanJsonError as error:
        return _failed(call.stack, failure or Problem(code="engine-failed", message=str(error)), call.engine, started)
    return _plan_of(call, document, failure, started)


def _plan_of(call: _Call, document: plan_json.PlanDocument, failure: Problem | None, started: float) -> Plan:
    """The Plan of a document; `failure` says that it is only part of one."""
    altered = document.outputs or any(change.action != "read" for change in document.changes)
    if failure is None and document.errored:
        failure = Problem(code="plan-failed", message="the plan is incomplete: Terraform met an error")
    deferred = None
    if not document.complete:
        deferred = Problem(code="deferred", message="some changes are deferred: another plan is needed after this one")
    return Plan(
        stack=call.stack.id,
        status="failed" if failure is not None else "changed" if altered else "unchanged",
        reason=failure or deferred,
        engine=call.engine,
        seconds=round(time.monotonic() - started, 3),
        summary=summarise(document.changes),
        changes=document.changes,
        drift=document.drift,
        outputs=document.outputs,
    )


def _failed(stack: Stack, reason: Problem, engine: Engine | None, started: float, status: str = "failed") -> Plan:
    return Plan(
        stack=stack.id,
        status="skipped" if status == "skipped" else "failed",
        reason=reason,
        engine=engine,
        seconds=round(time.monotonic() - started, 3),
    )


def version(engine: Engine) -> tuple[int, int]:
    """Major and minor of an engine's version; (0, 0) where it is unreadable."""
    parts = engine.version.split(".")
    try:
        return int(parts[0]), int(parts[1])
    except (ValueError, IndexError):
        return 0, 0


def _refused(stack: Stack, inventory: Inventory) -> Problem | None:
    """Why a root is not run at all."""
    return (
        _committed(stack, inventory)
        or _elsewhere(stack, inventory)
        or _unread(stack, inventory)
        or _rewritten(stack, inventory)
    )


def _rewritten(stack: Stack, inventory: Inventory) -> Problem | None:
    """What is applied comes from a checkout, what is planned from the commit: they have to be the same."""
    found = checkout.rewritten(inventory.graph.closure(stack.id, inventory.snapshot), inventory.snapshot)
    if found is None:
        return None
    path, attribute = found
    message = f"{path} has the attribute {attribute} in .gitattributes: a checkout of it is not what would be planned"
    return Problem(code="rewritten", message=message, path=path)


def _foreign(stack: Stack, inventory: Inventory, engine: Engine) -> Problem | None:
    """Terraform passes over `.tofu` files, OpenTofu does not: a plan by the one says nothing of the other."""
    if engine.name != "terraform":
        return None
    for path in sorted(inventory.graph.closure(stack.id, inventory.snapshot)):
        if path.endswith((".tofu", ".tofu.json")):
            message = f"{path} is for OpenTofu, and Terraform {engine.version} would pass over it"
            return Problem(code="engine-version", message=message, path=path)
    return None


def _committed(stack: Stack, inventory: Inventory) -> Problem | None:
    """Committed plugins and CLI configuration run code or choose it: such a root is not planned (trust.md, rule 1)."""
    for path in sorted(_candidates(stack, inventory)):
        parts = path.split("/")
        if any(part in _COMMITTED for part in parts[:-1]) or parts[-1] in _CLI_CONFIGURATION:
            message = f"{path} is committed: it could choose the programs that a plan runs, so this root is not planned"
            return Problem(code="not-allowed", message=message, path=path)
    return None


def _left(stack: Stack, head: Inventory) -> Problem | None:
    """A root of base that is none in head although its files are still there: nothing destroys it, nothing plans it."""
    names = (name for name in head.snapshot.children.get(stack.path, ()) if name.endswith(SOURCES))
    first = next(names, None)
    if first is None:
        return None
    message = f"{stack.path or '.'} was a root in base and is only a module now: nothing plans its state any more"
    return Problem(code="no-longer-a-root", message=message, path=f"{stack.path}/{first}".lstrip("/"))


def _elsewhere(stack: Stack, inventory: Inventory) -> Problem | None:
    """A root that reads a submodule cannot be planned from this repository alone."""
    for reference in inventory.graph.read_by(stack.id):
        if inventory.snapshot.in_submodule(reference.path):
            message = f"{reference.path} is in a git submodule: its files are not in this repository"
            return Problem(code="submodule", message=message, path=reference.path)
    return None


def _unread(stack: Stack, inventory: Inventory) -> Problem | None:
    """What was too large to be looked at is not run either, nor what leads to where this repository ends."""
    closure = inventory.graph.closure(stack.id, inventory.snapshot)
    for path in sorted(closure):
        if inventory.snapshot.entries[path].mode == SYMLINK and inventory.snapshot.resolve(path) is None:
            message = f"{path} is a link out of the repository: what it leads to elsewhere is not known here"
            return Problem(code="unreadable", message=message, path=path)
    sources = [path for path in closure if path.endswith(SOURCES)]
    read = inventory.snapshot.read_many(sources)
    for path in sorted(set(sources) - read.keys()):
        if inventory.snapshot.entries[path].mode != SYMLINK:
            message = f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB, so it was not looked at and is not planned"
            return Problem(code="unreadable", message=message, path=path)
    return None


def _candidates(stack: Stack, inventory: Inventory) -> Iterable[str]:
    """Every path below a directory of the stack's closure, and the CLI configuration at the root."""
    closure = inventory.graph.closure(stack.id, inventory.snapshot)
    directories = {stack.path} | {path.rpartition("/")[0] for path in closure}
    for directory in directories:
        at = f"{directory}/" if directory else ""
        yield from (at + name for name in inventory.snapshot.children.get(directory, ()))
        for name in inventory.snapshot.directories.get(directory, ()):
            if name in _COMMITTED:
                yield from _below(at + name, inventory)


def _below(directory: str, inventory: Inventory) -> Iterator[str]:
    for path in inventory.snapshot.entries:
        if path.startswith(f"{directory}/"):
            yield path
            return
