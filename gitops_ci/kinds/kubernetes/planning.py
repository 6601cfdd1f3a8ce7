"""The plan of a Kubernetes stack: what it renders to at base against what it renders to at head."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.errors import ToolError
from gitops_ci.kinds.kubernetes import clusters, deployments, difference, following, generated, rendering, survey
from gitops_ci.kinds.kubernetes.difference import Difference
from gitops_ci.kinds.kubernetes.difference.keeping import Pruning
from gitops_ci.kinds.kubernetes.nested import comparing
from gitops_ci.kinds.kubernetes.objects import Gap, Rendered
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.plan import BLOCKING_CODES, Change, Engine, Plan, Problem, summarise
from gitops_ci.model.stack import Stack
from gitops_ci.policy import secrets

_SAME = "not-rendered"
_NAMED = 5
"""Gaps that are named; of more the rest is counted."""


class End(Struct, frozen=True):
    """What a stack is at one end of a change."""

    deployment: Deployment
    rendered: Rendered


_NOTHING = End(Deployment(sources=()), Rendered())


def plan(stack: Stack, base: Inventory | None, head: Inventory | None, tools: Tools) -> Plan:
    """What applying a stack would do, object by object, as far as both ends can be rendered.

    A Gap at head, or one at base of a stack that is removed, fails the plan, whose changes are then only a part. What
    is missing at one end only is never taken for what comes or goes.
    """
    started = time.perf_counter()
    ends = following.of(stack, base, head)
    before = _end(ends.base, base, tools)
    after = _with(_end(ends.head, head, tools), ends.gap)
    removed = ends.head is None and ends.gap is None
    deployment = before.deployment if removed else after.deployment
    found = _difference(before, after, _going(before, after, head, removed=removed), removed=removed)
    changes = tuple(each for each in found.changes if _is_sure(each, before.rendered, after.rendered))
    left_out = len(found.changes) - len(changes)
    changes += tuple(generated.between(base, head, (before.rendered, after.rendered)))
    failure = _failure(before.rendered.gaps) if removed else _failure(after.rendered.gaps, before.rendered.gaps)
    failure = failure or _unknown(before.rendered.gaps) or _elsewhere(before.deployment, after.deployment)
    altered = any(each.action != "read" for each in changes)
    caveats = () if failure is not None else _caveats(before.rendered.gaps, found, left_out, ends.note)
    return Plan(
        stack=stack.id,
        status="failed" if failure is not None else "changed" if altered else "unchanged",
        reason=failure or _joined(caveats),
        engine=_engine(deployment, tools),
        seconds=round(time.perf_counter() - started, 3),
        summary=summarise(changes),
        changes=changes,
    )


def _with(end: End, gap: Gap | None) -> End:
    return end if gap is None else End(end.deployment, Rendered(objects=end.rendered.objects, gaps=(gap,)))


def _end(own: Stack | None, inventory: Inventory | None, tools: Tools) -> End:
    if inventory is None or own is None:
        return _NOTHING
    deployment = deployments.of(own, inventory)
    found = rendering.rendered(deployment, own, inventory, tools)
    unsure = tuple(comparing.gaps(deployment, found, inventory, tools))
    return End(deployment, msgspec.structs.replace(found, gaps=(*found.gaps, *unsure)) if unsure else found)


def _going(before: End, after: End, head: Inventory | None, *, removed: bool) -> Pruning | None:
    """What becomes of all that base deploys, where the stack goes or what deploys it does; None where neither does.

    An Application may still be there and deploy something else, as another stack or from another repository: it prunes.
    """
    was = before.deployment
    if not removed and was.by in ("", after.deployment.by):
        return None
    by = was.by.partition(" ")[0]
    known = survey.of(head.snapshot, head.config) if head is not None and was.by else None
    for each in known.applications.values() if known is not None else ():
        if (was.by, was.within) == (f"Application {each.name}", each.by.within):
            return Pruning(each.prune, by)
    for other in known.deployments.values() if known is not None else ():
        if (was.by, was.within) == (other.by, other.within):
            return Pruning(other.prune, by)
    return Pruning(was.cascade, by, all_goes=True)


def _difference(before: End, after: End, going: Pruning | None, *, removed: bool) -> Difference:
    """What becomes of the objects; a stack that goes to another cluster leaves all of them behind in the old one.

    Where two words may mean one cluster, what is no longer rendered may be deleted, and all else be new there.
    """
    by = after.deployment.by.partition(" ")[0]
    if going is not None:
        gone = difference.between(before.rendered.objects, (), going)
        if removed or not after.deployment.by:
            return gone
        came = difference.between((), after.rendered.objects, going)
        return Difference((*gone.changes, *came.changes), {})
    was, is_now = before.deployment.cluster, after.deployment.cluster
    fate = Pruning(after.deployment.prune, by)
    same = clusters.are_same(was, is_now)
    if same:
        return difference.between(before.rendered.objects, after.rendered.objects, fate)
    moves = f"the stack goes from cluster {was} to {is_now}"
    if same is False:
        left = difference.between(before.rendered.objects, (), Pruning(prune=False))
        reason = secrets.masked(f"{moves}: left behind")
        stays = [msgspec.structs.replace(each, reason=reason) for each in left.changes]
    else:
        found = difference.between(before.rendered.objects, after.rendered.objects, fate)
        stays = [_because(each, f"{moves}, which may be one") for each in found.changes if each.action != "create"]
    came = difference.between((), after.rendered.objects, fate)
    return Difference((*stays, *came.changes), {})


def _because(change: Change, reason: str) -> Change:
    return msgspec.structs.replace(
        change, reason=secrets.masked("; ".join(filter(None, (reason, change.reason or ""))))
    )


def _is_sure(change: Change, base: Rendered, head: Rendered) -> bool:
    """Whether an object that comes or goes really does: one end may only lack it because a part is not rendered."""
    if change.action in ("delete", "forget"):
        return not _hidden(head.gaps, base.gaps)
    return change.action != "create" or not _hidden(base.gaps, head.gaps)


def _hidden(gaps: Sequence[Gap], others: Sequence[Gap]) -> bool:
    """Whether something is missing here that is not missing at the other end just the same."""
    known = {each.message for each in others}
    return any(each.message not in known for each in gaps)


def _failure(gaps: Sequence[Gap], base: Sequence[Gap] = ()) -> Problem | None:
    """Why a plan is not whole: what is wrong comes first, as it can be mended; what `base` has is not this change's."""
    if not gaps:
        return None
    known = {each.message for each in base}
    ours = [each if each.message not in known else msgspec.structs.replace(each, code=_SAME) for each in gaps]
    ordered = sorted(ours, key=lambda gap: gap.code not in BLOCKING_CODES)
    first = ordered[0]
    told = list(dict.fromkeys(each.message for each in ordered))
    more = [f"(and {len(told) - _NAMED:,} more)"] if len(told) > _NAMED else []
    skipped = "not rendered: " if first.code == "not-rendered" else ""
    message = "\n".join([skipped + told[0], *told[1:_NAMED], *more])
    return Problem(code=first.code, message=message, path=first.path, line=first.line)


def _unknown(base: Sequence[Gap]) -> Problem | None:
    """What base deploys and cannot be rendered here, and head has no more: nobody knows what goes, or what is new.

    A base that no engine takes is another thing: nothing of it is deployed.
    """
    first = next((each for each in base if each.code not in BLOCKING_CODES), None)
    if first is None:
        return None
    message = f"not rendered at base, so what goes with it is not known: {first.message}"
    return Problem(code=first.code, message=message, path=first.path, line=first.line)


def _elsewhere(was: Deployment, is_now: Deployment) -> Problem | None:
    """Another address or revision than before: that it holds what is rendered here nobody knows."""
    new = sorted(set(is_now.revisions) - set(was.revisions))
    if not new or not was.revisions or was.by != is_now.by:
        return None
    message = f"not rendered: {is_now.by} now takes {', '.join(new)}, which is not what is seen here"
    return Problem(code=_SAME, message=secrets.masked(message), path=is_now.path, line=is_now.line)


def _caveats(base: Sequence[Gap], found: Difference, left_out: int, note: Problem | None = None) -> tuple[Problem, ...]:
    """What a plan that succeeded has to say all the same."""
    problems = [note] if note is not None else []
    if base:
        first = base[0]
        message = (
            f"base is not rendered whole, so what is new in it cannot be told ({left_out:,} objects): {first.message}"
        )
        problems.append(Problem(code="base-unplanned", message=message, path=first.path, line=first.line))
    if found.folded:
        problems.append(Problem(code="folded", message=_counted(found.folded)))
    return tuple(problems)


def _counted(folded: Mapping[str, int]) -> str:
    return "; ".join(
        f"{count:,} {'object differs' if count == 1 else 'objects differ'} only in {rule}"
        for rule, count in sorted(folded.items())
    )


def _joined(problems: Sequence[Problem]) -> Problem | None:
    if not problems:
        return None
    return msgspec.structs.replace(problems[0], message="\n".join(each.message for each in problems))


def _engine(deployment: Deployment, tools: Tools) -> Engine | None:
    """What rendered a stack; of several the first. Nothing of plain manifests, which are read as they are."""
    for source in deployment.sources:
        name = "kustomize" if isinstance(source, Kustomization) else "helm" if isinstance(source, Chart) else None
        if name is None:
            continue
        try:
            return next((each for each in tools.engines(name) if isinstance(each, Engine)), None)
        except ToolError:
            return None
    return None
