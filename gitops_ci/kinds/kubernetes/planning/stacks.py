"""The plan of a Kubernetes stack: what it renders to at base against what it renders to at head."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.errors import ToolError
from gitops_ci.kinds.kubernetes import clusters, difference, rendering
from gitops_ci.kinds.kubernetes.difference import Difference
from gitops_ci.kinds.kubernetes.difference.keeping import Pruning
from gitops_ci.kinds.kubernetes.discovery import deployments, survey
from gitops_ci.kinds.kubernetes.nested import comparing
from gitops_ci.kinds.kubernetes.objects import Gap, Rendered
from gitops_ci.kinds.kubernetes.planning import conditions, following, former, generated, gone, lacking, remote
from gitops_ci.kinds.kubernetes.planning.lacking import Lacking
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Pinned
from gitops_ci.kinds.protocol import Tools
from gitops_ci.model.plan import Change, Engine, Plan, Problem, summarise
from gitops_ci.model.stack import Stack
from gitops_ci.policy import secrets


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
    former.remember(stack.id if ends.head is None else ends.head.id, head, before.deployment, before.rendered)
    removed = ends.head is None and ends.gap is None
    deployment = before.deployment if removed else after.deployment
    pruning = _going(before, after, (base, head), removed=removed)
    found = _difference(before, after, pruning, removed=removed)
    lacks = _lacking(before, after, base or head, removed=removed)
    changes = tuple(each for each in found.changes if lacks.is_sure(each))
    left_out = len(found.changes) - len(changes)
    changes = gone.told(changes, before.deployment if pruning is not None and pruning.all_goes else None, base, head)
    changes += tuple(generated.between(base, head, (before.rendered, after.rendered)))
    failure = lacks.failure(removed=removed) or lacking.elsewhere(before.deployment, after.deployment)
    if failure is None and not removed:
        failure = conditions.hidden(ends, base, head, (before.deployment, deployment))
    unseen = remote.altered(base, head, (before.rendered, after.rendered))
    failure = failure or remote.undecided(unseen, head)
    unseen += lacks.unseen
    altered = any(each.action != "read" for each in changes)
    caveats = () if failure is not None else (*lacks.told, *_caveats(lacks.base, found, left_out, ends.note))
    return Plan(
        stack=stack.id,
        status="failed" if failure is not None else "changed" if altered else "unchanged",
        reason=failure or _joined(caveats),
        engine=_engine(deployment, tools),
        seconds=round(time.perf_counter() - started, 3),
        summary=summarise(changes),
        changes=changes,
        unseen=unseen,
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


def _lacking(before: End, after: End, known: Inventory | None, *, removed: bool) -> Lacking:
    was, is_now = before.deployment, after.deployment
    stays = not removed and (was.by, was.cluster, was.namespace) == (is_now.by, is_now.cluster, is_now.namespace)
    accepted = known.config.kinds.kubernetes.accepted if known is not None else ()
    return lacking.between(before.rendered.gaps, after.rendered.gaps, accepted, stays=stays)


def _going(
    before: End, after: End, ends: tuple[Inventory | None, Inventory | None], *, removed: bool
) -> Pruning | None:
    """What becomes of all that base deploys, where the stack goes or what deploys it does; None where neither does.

    An Application may still be there and deploy something else, as another stack or from another repository: it prunes.
    """
    was = before.deployment
    if not removed and was.by in ("", after.deployment.by):
        return None
    by = was.by.partition(" ")[0]
    earlier, known = (survey.of(end.snapshot, end.config) if end is not None and was.by else None for end in ends)
    for each in known.applications.values() if known is not None else ():
        is_called_so = (was.by, was.within) == (f"Application {each.name}", each.by.within)
        if is_called_so and (was.path == each.by.path or earlier is None or not earlier.has(each)):
            return Pruning(each.prune, by)
    for other in known.deployments.values() if known is not None else ():
        is_its_kind = (was.by, was.within) == (other.by, other.within)
        if is_its_kind and (was.path == other.path or (was.cluster == other.cluster and not _had(earlier, other))):
            return Pruning(other.prune, by)
    return Pruning(was.cascade, by, all_goes=True)


def _had(known: survey.Survey | None, other: Deployment) -> bool:
    """Whether base has what deploys this, so that it is another one of that name."""
    return known is not None and any(each.deployer == other.deployer for each in known.deployments.values())


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
        reason = secrets.masked(f"left behind: {moves}")
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
    for each in deployment.sources:
        source = each.source if isinstance(each, Pinned) else each
        name = "kustomize" if isinstance(source, Kustomization) else "helm" if isinstance(source, Chart) else None
        if name is None:
            continue
        try:
            return next((each for each in tools.engines(name) if isinstance(each, Engine)), None)
        except ToolError:
            return None
    return None
