"""Plans many stacks at once; whatever happens to one, the others are kept."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import msgspec

from gitops_ci.commands.change import Change
from gitops_ci.kinds import catalog
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan, Problem
from gitops_ci.model.stack import AffectedStack
from gitops_ci.policy import severity
from gitops_ci.render.progress import Progress
from gitops_ci.system.process import Stop


def plans(
    stacks: Iterable[AffectedStack], change: Change, tools: Tools, *, jobs: int, progress: Progress, stop: Stop
) -> tuple[Plan, ...]:
    """One Plan a stack, in the order given, at most `jobs` at a time.

    On Ctrl-C every engine is ended; what was not planned by then is a skipped plan with the code `interrupted`.
    """
    order = list(stacks)
    done: dict[str, Plan] = {}
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="plan") as pool:
        futures = [pool.submit(_plan, stack, change, tools, progress, stop) for stack in order]
        pending: set[Future[Plan]] = set(futures)
        while pending:
            try:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                stop.set()
                progress.message("stopping: waiting for running engines to release their locks (again: at once)")
                continue
            done.update((future.result().stack, future.result()) for future in finished)
    return tuple(done[stack.id] for stack in order)


def _plan(stack: AffectedStack, change: Change, tools: Tools, progress: Progress, stop: Stop) -> Plan:
    if stop.is_set():
        return Plan(
            stack=stack.id,
            status="skipped",
            reason=Problem(code="interrupted", message="the run was interrupted before this plan"),
        )
    progress.started(stack.id)
    started = time.monotonic()
    try:
        plan = _refused(stack, change) or catalog.ALL[stack.kind].plan(stack, change.base, change.head, tools)
    except Exception as error:  # a bug in one kind must not lose the other plans
        place = _place(error)
        message = f"a bug in gitops-ci: {type(error).__name__} at {place}; please report it"
        plan = Plan(stack=stack.id, status="failed", reason=Problem(code="internal-error", message=message))
    if not plan.seconds:
        plan = msgspec.structs.replace(plan, seconds=round(time.monotonic() - started, 3))
    progress.finished(plan)
    return plan


def _refused(stack: AffectedStack, change: Change) -> Plan | None:
    """A stack of which nobody can say what it is; None for all others."""
    if not any(stack.id in end.ambiguous for end in (change.base, change.head) if end is not None):
        return None
    message = f"two directories have the id {stack.id}: which is meant cannot be told, so neither is planned"
    return Plan(stack=stack.id, status="skipped", reason=Problem(code="ambiguous", message=message, path=stack.path))


def _place(error: BaseException) -> str:
    """The innermost frame as `module:line`: a message could hold a secret, a place cannot."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace is not None else "?"


def checked(stacks: Iterable[AffectedStack], plans: Iterable[Plan], change: Change) -> tuple[Finding, ...]:
    """What the kinds' own rules say about the plans, with the configuration's severities."""
    by_id = {stack.id: stack for stack in stacks}
    found = (
        finding
        for plan in plans
        for finding in catalog.ALL[by_id[plan.stack].kind].check(by_id[plan.stack], plan, change.base, change.head)
    )
    return severity.applied(found, change.config)
