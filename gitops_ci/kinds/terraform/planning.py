"""One root planned by a real Terraform or OpenTofu: what is refused, which engine runs, what its plan says."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.errors import ToolError
from gitops_ci.kinds.protocol import Ended, Tools
from gitops_ci.kinds.terraform import backends, refusals, safety, states, terragrunt
from gitops_ci.kinds.terraform.engine import calls, diagnosis, engines, needs
from gitops_ci.kinds.terraform.engine.calls import Calls
from gitops_ci.kinds.terraform.plans import pending, plan_json
from gitops_ci.kinds.terraform.plans.pending import Document
from gitops_ci.kinds.terraform.roots import SOURCES
from gitops_ci.model.plan import Engine, Plan, Problem, summarise
from gitops_ci.model.stack import Stack

ENGINE = "terraform"
_SAVED_CLOUD_PLANS = (1, 6)  # of Terraform and OpenTofu: before, nothing can be read of a plan that HCP Terraform made
_DEFERRED = 20  # that are named


class _Asked(Struct, frozen=True):
    """The end of the change that is planned, what it is held against, and whether all of it is to go."""

    inventory: Inventory
    base: Inventory | None
    destroy: bool = False


class _Outcome(Struct, frozen=True):
    """What came of planning one end: a document, or the problem in its place; both where it is only part of one."""

    document: Document | None = None
    problem: Problem | None = None
    engine: Engine | None = None
    skipped: bool = False
    destroys: bool = False  # nobody checks what is destroyed
    caveats: tuple[Problem, ...] = ()


def plan(stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
    """What the change does to one root; one that head no longer has is planned from base as all deletes."""
    started = time.monotonic()
    removed = head is None or stack.id not in head.stacks
    inventory = base if removed else head
    if inventory is None:
        problem = Problem(code="no-source", message="neither base nor head has this stack")
        return _plan_of(stack, _Outcome(problem=problem, skipped=True), started)
    if removed and head is not None and (left := _left(stack, head)) is not None:
        return _plan_of(stack, _Outcome(problem=left, skipped=True), started)
    if removed and head is not None and base is not None and (heir := _heir(stack, base, head)) is not None:
        message = f"its state is kept by {heir}, which is planned against it: nothing is destroyed by the move"
        return Plan(stack=stack.id, status="unchanged", reason=Problem(code="state-kept", message=message))
    refused = refusals.of(stack, inventory, base)
    if refused is not None:
        return _plan_of(stack, _Outcome(problem=refused, skipped=True), started)
    outcome = _outcome(stack, _Asked(inventory, base, removed), tools)
    before = None
    if base is not None and not removed and outcome.document is not None and _compares(stack, base):
        left = refusals.unplannable(stack, base)
        before = _Outcome(problem=left, skipped=True) if left else _outcome(stack, _Asked(base, base), tools)
    return _plan_of(stack, outcome, started, before)


def _heir(stack: Stack, base: Inventory, head: Inventory) -> str | None:
    """The new stack of head that keeps the state of one that base had: a root that was renamed or moved."""
    location = states.location(stack, base)
    found = (id for id, place in states.of(head).items() if place == location and id not in base.stacks)
    return next(found, None) if location is not None else None


def _compares(stack: Stack, base: Inventory) -> bool:
    return base.config.kinds.terraform.plan_base and stack.id in base.stacks


def _outcome(stack: Stack, asked: _Asked, tools: Tools) -> _Outcome:
    """The root planned as it is at one end of the change, where nothing speaks against it."""
    inventory = asked.inventory
    engine: Engine | None = None
    try:
        chosen = engines.choose(engines.wish(stack, inventory), tools.engines(ENGINE))
        if isinstance(chosen, Problem):
            return _Outcome(problem=chosen, skipped=True)
        if terragrunt.is_unit(stack.path, inventory.snapshot):
            return _of_unit(stack, asked, chosen, tools)
        engine = chosen
        if (remote := _remote(stack, inventory, engine)) is not None:
            return _Outcome(problem=remote, engine=engine, skipped=True)
        with tools.workspace(inventory, stack) as workspace:
            given, settings = calls.given(stack, inventory), inventory.config.kinds.terraform
            wanted = needs.of(stack, inventory)
            return _called(Calls(stack, settings, given, engine, tools, workspace, wanted), asked)
    except ToolError as error:
        code = "engine-missing" if engine is None else "engine-failed"
        return _Outcome(problem=Problem(code=code, message=str(error)), engine=engine, skipped=engine is None)


def _of_unit(stack: Stack, asked: _Asked, below: Engine, tools: Tools) -> _Outcome:
    """A unit planned by Terragrunt: Terraform alone would not see the inputs, state and files that it adds."""
    from gitops_ci.kinds.terraform.terragrunt import calls as of_units

    found = of_units.terragrunt(stack, tools)
    if isinstance(found, Problem):
        return _Outcome(problem=found, skipped=True)
    try:
        inventory = asked.inventory
        with tools.workspace(inventory, stack, *terragrunt.needed(stack, inventory)) as workspace:
            return _called(of_units.of(stack, inventory, (found, below), tools, workspace), asked)
    except ToolError as error:
        problem = Problem(code="engine-failed", message=str(error))
        return _Outcome(problem=problem, engine=engines.through(found, below))


def _called(call: Calls, asked: _Asked) -> _Outcome:
    outcome = _Outcome(engine=call.made_by, destroys=asked.destroy)
    init = call.init()
    if call.lacks_workspace(init):
        message = f"the workspace {call.given.workspace} is not there yet: planned with an empty state"
        outcome = msgspec.structs.replace(outcome, caveats=(Problem(code="workspace-new", message=message),))
        init = call.init_without_state()
    if _failed(init):
        return msgspec.structs.replace(outcome, problem=diagnosis.problem("init", init, call.directory))
    if (strange := safety.installed(call.stack, asked.inventory, asked.base, call.installed())) is not None:
        return msgspec.structs.replace(outcome, problem=strange)
    planned = call.plan(destroy=asked.destroy)
    failure = diagnosis.problem("plan", planned, call.directory) if _failed(planned) else None
    if failure is not None and not call.plan_file.exists():
        return msgspec.structs.replace(outcome, problem=failure)
    shown = call.show()
    if _failed(shown):
        problem = failure or diagnosis.problem("show", shown, call.directory)
        return msgspec.structs.replace(outcome, problem=problem)
    try:
        document = pending.document(shown.stdout, compared_in=call.sources if call.settings.plan_base else ())
        if asked.destroy or asked.inventory is not asked.base:  # what is judged, not what it is compared with
            call.tools.keep(call.stack, shown.stdout)
    except plan_json.PlanJsonError as error:
        problem = failure or Problem(code="engine-failed", message=str(error))
        return msgspec.structs.replace(outcome, problem=problem)
    if failure is None and document.plan.errored:
        failure = Problem(code="plan-failed", message="the plan is incomplete: Terraform met an error")
    if failure is not None:  # its words may quote what only the plan marks as sensitive
        failure = msgspec.structs.replace(failure, message=document.plan.known.text(failure.message))
    return msgspec.structs.replace(outcome, document=document, problem=failure)


def _failed(ended: Ended) -> bool:
    return ended.ending != "exited" or ended.returncode != 0


def _plan_of(stack: Stack, outcome: _Outcome, started: float, before: _Outcome | None = None) -> Plan:
    """The Plan that follows, less what base would change as well."""
    seconds = round(time.monotonic() - started, 3)
    if outcome.document is None:
        return Plan(
            stack=stack.id,
            status="skipped" if outcome.skipped else "failed",
            reason=outcome.problem,
            engine=outcome.engine,
            seconds=seconds,
        )
    caveats = [*outcome.caveats, *_deferred(outcome.document)]
    if before is not None and before.document is not None and before.problem is None:
        split = pending.split(outcome.document, before.document)
    else:
        split = pending.Split(outcome.document.plan.changes, outcome.document.plan.outputs)
        caveats += _unplanned_base(before)
    altered = split.outputs or any(change.action != "read" for change in split.changes)
    return Plan(
        stack=stack.id,
        status="failed" if outcome.problem is not None else "changed" if altered else "unchanged",
        reason=outcome.problem or _joined(caveats),
        engine=outcome.engine,
        seconds=seconds,
        summary=summarise(split.changes),
        changes=split.changes,
        drift=outcome.document.plan.drift,
        outputs=split.outputs,
        checks=() if outcome.destroys else outcome.document.plan.checks,
        pending=split.pending,
    )


def _deferred(document: Document) -> Iterator[Problem]:
    """What another plan will bring, by address."""
    deferred = document.plan.deferred
    if not document.plan.complete or deferred:
        named = "".join(f"\n{each}" for each in deferred[:_DEFERRED])
        more = f"\n(and {len(deferred) - _DEFERRED:,} more)" if len(deferred) > _DEFERRED else ""
        message = f"some changes are deferred: another plan is needed after this one{named}{more}"
        yield Problem(code="deferred", message=message)


def _unplanned_base(before: _Outcome | None) -> Iterator[Problem]:
    if before is not None and before.problem is not None:
        message = (
            f"base could not be planned, so what it would change by itself is not told apart: {before.problem.message}"
        )
        yield Problem(code="base-unplanned", message=message, path=before.problem.path, line=before.problem.line)


def _joined(caveats: list[Problem]) -> Problem | None:
    """What a plan that succeeded has to say all the same: under the code of the first."""
    if not caveats:
        return None
    return msgspec.structs.replace(caveats[0], message="\n".join(each.message for each in caveats))


def _left(stack: Stack, head: Inventory) -> Problem | None:
    """A root of base that is none in head although its files are still there: nothing destroys it, nothing plans it."""
    names = (name for name in head.snapshot.children.get(stack.path, ()) if name.endswith(SOURCES))
    first = next(names, None)
    if first is None:
        return None
    message = f"{stack.path or '.'} was a root in base and is only a module now: nothing plans its state any more"
    return Problem(code="no-longer-a-root", message=message, path=f"{stack.path}/{first}".lstrip("/"))


def _remote(stack: Stack, inventory: Inventory, engine: Engine) -> Problem | None:
    """A root whose plans are made by HCP Terraform and cannot be read back (`remote` may be set to plan here)."""
    backend = backends.of(stack.path, inventory.snapshot)
    if backend.type != "cloud" or calls.version(engine) >= _SAVED_CLOUD_PLANS:
        return None
    message = (
        f"it is planned by HCP Terraform, of which {engine.name} {engine.version} reads no plan: 1.6 or later is needed"
    )
    return Problem(code="remote-execution", message=message, path=backend.path, line=backend.line)
