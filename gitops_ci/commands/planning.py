"""Plans many stacks at once; whatever happens to one, the others are kept."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import msgspec
from msgspec import Struct

from gitops_ci.commands.change import Change
from gitops_ci.discover import order as ordering
from gitops_ci.kinds import catalog
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan, Problem
from gitops_ci.model.stack import AffectedStack
from gitops_ci.policy import severity
from gitops_ci.render.progress import Progress
from gitops_ci.system.process import Stop

_GIVEN_UP = Problem(code="interrupted", message="the run was interrupted before this plan")
_TOO_LATE = Problem(code="timeout", message="the time limit of the whole run passed before this plan was made")
_FORK = Problem(
    code="fork",
    message="the pull request comes from a fork, and a plan runs its code: it waits until a maintainer has it planned",
)


class Limits(Struct, frozen=True):
    """How many plans are made at a time, and the seconds after which the rest is given up (None: never)."""

    jobs: int
    seconds: float | None = None


def plans(
    stacks: Iterable[AffectedStack], change: Change, tools: Tools, *, limits: Limits, progress: Progress, stop: Stop
) -> tuple[Plan, ...]:
    """One Plan a stack, in the order given; one that reads another's state is made after the other's.

    On Ctrl-C every engine is ended; what was not planned by then is a skipped plan with the code `interrupted`, or
    `timeout` where it was the time limit.
    """
    order = {stack.id: stack for stack in stacks}
    waits = ordering.waits(order, ordering.between(change.base, change.head))
    deadline = time.monotonic() + limits.seconds if limits.seconds is not None else None
    run = _Run(change, tools, progress, stop, deadline)
    left, running, done = dict(order), dict[str, Future[Plan]](), dict[str, Plan]()
    with ThreadPoolExecutor(max_workers=limits.jobs, thread_name_prefix="plan") as pool:
        while len(done) < len(order):  # an interrupt may fall anywhere in here: each round begins from what is known
            try:
                for stack in [each for each in left if waits[each] <= done.keys()]:
                    running[stack] = pool.submit(_plan, order[stack], run)
                    del left[stack]
                if not wait(running.values(), timeout=run.left(), return_when=FIRST_COMPLETED).done:
                    stop.set()
                    progress.message(f"stopping: the time limit of {limits.seconds:g} s has passed")
                for stack in [each for each, future in running.items() if future.done()]:
                    done[stack] = running[stack].result()
                    del running[stack]
            except KeyboardInterrupt:
                stop.set()
                progress.message("stopping: waiting for running engines to release their locks (again: at once)")
    return tuple(done[stack] for stack in order)


def marked(plans: Iterable[Plan], change: Change, expected: Iterable[AffectedStack]) -> tuple[Plan, ...]:
    """The plans with their `upstream`: whose state each reads that the change alters, or of which that is not known.

    `expected` are all stacks that the change affects: one that is planned elsewhere counts until its plan is known.
    """
    found = tuple(plans)
    edges = ordering.between(change.base, change.head)
    altered = {stack.id for stack in expected} | {plan.stack for plan in found}
    altered -= {plan.stack for plan in found if plan.status == "unchanged"}
    return tuple(
        msgspec.structs.replace(plan, upstream=tuple(sorted(edges.get(plan.stack, frozenset()) & altered)))
        for plan in found
    )


class _Run(Struct, frozen=True):
    """What every plan of a run is made with."""

    change: Change
    tools: Tools
    progress: Progress
    stop: Stop
    deadline: float | None

    def left(self) -> float | None:
        """Seconds until the time limit; None where there is none, or where it has passed and all is being stopped."""
        if self.deadline is None or self.stop.is_set():
            return None
        return max(0.0, self.deadline - time.monotonic())

    def told(self, plan: Plan) -> Plan:
        """What was given up because of the time limit says so: nobody interrupted it."""
        late = self.deadline is not None and time.monotonic() >= self.deadline
        if not late or plan.reason is None or plan.reason.code != _GIVEN_UP.code:
            return plan
        return msgspec.structs.replace(plan, reason=_TOO_LATE)


def _plan(stack: AffectedStack, run: _Run) -> Plan:
    if run.stop.is_set():
        return run.told(Plan(stack=stack.id, status="skipped", reason=_GIVEN_UP))
    run.progress.started(stack.id)
    started = time.monotonic()
    try:
        kind, change = catalog.ALL[stack.kind], run.change
        plan = _refused(stack, change) or kind.plan(stack, change.base, change.head, run.tools)
    except Exception as error:  # a bug in one kind must not lose the other plans
        place = _place(error)
        message = f"a bug in gitops-ci: {type(error).__name__} at {place}; please report it"
        plan = Plan(stack=stack.id, status="failed", reason=Problem(code="internal-error", message=message))
    if not plan.seconds:
        plan = msgspec.structs.replace(plan, seconds=round(time.monotonic() - started, 3))
    plan = run.told(plan)
    run.progress.finished(plan)
    return plan


def _refused(stack: AffectedStack, change: Change) -> Plan | None:
    """A stack of which nobody can say what it is, or whose plan would run a stranger's code; None for all others."""
    if change.event.fork and catalog.ALL[stack.kind].RUNS_CODE:
        return Plan(stack=stack.id, status="skipped", reason=_FORK)
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
