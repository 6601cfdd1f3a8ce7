"""Plans many stacks at once; whatever happens to one, the others are kept."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

import msgspec
from msgspec import Struct

from gitops_ci.commands.change import Change
from gitops_ci.discover import order as ordering
from gitops_ci.kinds import catalog
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Plan, Problem
from gitops_ci.model.stack import AffectedStack
from gitops_ci.render.progress import Progress
from gitops_ci.system.process import Stop

_ENDED = frozenset({"engine-missing", "engine-failed"})
"""What an engine that was ended while it said its version seems to be."""
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
    left = dict(order)
    with ThreadPoolExecutor(max_workers=limits.jobs, thread_name_prefix="plan") as pool:
        while len(run.done) < len(
            order
        ):  # an interrupt may fall anywhere in here: each round begins from what is known
            try:
                for stack in [each for each in left if waits[each] <= run.done.keys()]:
                    pool.submit(run.plan, order[stack])
                    del left[stack]
                run.ended.get(timeout=run.left())
            except Empty:
                stop.set()
                progress.message(f"stopping: the time limit of {limits.seconds:g} s has passed")
            except KeyboardInterrupt:
                stop.set()
                progress.message("stopping: waiting for running engines to release their locks (again: at once)")
    return tuple(run.done[stack] for stack in order)


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


class _Run:
    """What every plan of a run is made with, and the plans that are made; `ended` says each time that there is one."""

    def __init__(self, change: Change, tools: Tools, progress: Progress, stop: Stop, deadline: float | None) -> None:
        self.done: dict[str, Plan] = {}
        self.ended = SimpleQueue[str]()
        self._change = change
        self._tools = tools
        self._progress = progress
        self._stop = stop
        self._deadline = deadline
        self._begun = set[str]()
        self._lock = threading.Lock()

    def left(self) -> float | None:
        """Seconds until the time limit; None where there is none, or where all is being stopped already."""
        if self._deadline is None or self._stop.is_set():
            return None
        return max(0.0, self._deadline - time.monotonic())

    def plan(self, stack: AffectedStack) -> None:
        """Plans a stack, once however often it is asked for, in a thread of its own."""
        with self._lock:
            if stack.id in self._begun:
                return
            self._begun.add(stack.id)
        try:
            with contextlib.suppress(OSError):  # what is shown on the way goes nowhere any more
                if not self._stop.is_set():
                    self._progress.started(stack.id)
            plan = self.done[stack.id] = self._told(self._made(stack))
            with contextlib.suppress(OSError):
                if plan.reason not in (_GIVEN_UP, _TOO_LATE):
                    self._progress.finished(plan)
        finally:
            self.ended.put(stack.id)

    def _made(self, stack: AffectedStack) -> Plan:
        if self._stop.is_set():
            return Plan(stack=stack.id, status="skipped", reason=_GIVEN_UP)
        started = time.monotonic()
        try:
            kind, change = catalog.ALL[stack.kind], self._change
            plan = _refused(stack, change) or kind.plan(stack, change.base, change.head, self._tools)
        except Exception as error:  # a bug in one kind must not lose the other plans
            message = f"a bug in gitops-ci: {type(error).__name__} at {place(error)}; please report it"
            plan = Plan(stack=stack.id, status="failed", reason=Problem(code="internal-error", message=message))
        if self._stop.is_set() and plan.reason is not None and plan.reason.code in _ENDED:
            plan = msgspec.structs.replace(plan, status="skipped", reason=_GIVEN_UP)
        if not plan.seconds:
            plan = msgspec.structs.replace(plan, seconds=round(time.monotonic() - started, 3))
        return plan

    def _told(self, plan: Plan) -> Plan:
        """What was given up because of the time limit says so: nobody interrupted it."""
        late = self._deadline is not None and time.monotonic() >= self._deadline
        if not late or plan.reason is None or plan.reason.code != _GIVEN_UP.code:
            return plan
        return msgspec.structs.replace(plan, reason=_TOO_LATE)


def _refused(stack: AffectedStack, change: Change) -> Plan | None:
    """A stack of which nobody can say what it is, or whose plan would run a stranger's code; None for all others."""
    if change.event.fork and catalog.ALL[stack.kind].RUNS_CODE:
        return Plan(stack=stack.id, status="skipped", reason=_FORK)
    if not any(stack.id in end.ambiguous for end in (change.base, change.head) if end is not None):
        return None
    message = f"two directories have the id {stack.id}: which is meant cannot be told, so neither is planned"
    return Plan(stack=stack.id, status="skipped", reason=Problem(code="ambiguous", message=message, path=stack.path))


def place(error: BaseException) -> str:
    """Where an error happened: the innermost frame as `module:line`: a message could hold a secret, a place cannot."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace is not None else "?"


def checked(stacks: Iterable[AffectedStack], plans: Iterable[Plan], change: Change) -> tuple[Finding, ...]:
    """What the kinds' own rules say about the plans."""
    by_id = {stack.id: stack for stack in stacks}
    return tuple(
        finding
        for plan in plans
        for finding in catalog.ALL[by_id[plan.stack].kind].check(by_id[plan.stack], plan, change.base, change.head)
    )
