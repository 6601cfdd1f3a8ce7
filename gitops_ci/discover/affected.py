"""Which stacks a change affects, and why."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import structs

from gitops_ci.config import KIND_DIRECTORIES
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Reach
from gitops_ci.discover.snapshot import changed_paths
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import CERTAINTIES, AffectedStack, ChangeOfStack, Reason, Stack

_MOST_NAMED = 3

_MODULE = re.compile(r"\.(?:tf|tofu)(?:\.json)?$")
_DEPLOYED = re.compile(
    r"(?:\.(?:tf|tofu)(?:\.json)?|\.tfvars(?:\.json)?|\.rego"
    r"|(?:^|/)(?:terragrunt(?:\.stack)?\.hcl|[Kk]ustomization(?:\.ya?ml)?|Chart\.ya?ml))$"
)
"""Names of files that say by themselves that something is deployed from them."""
_KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_MANIFESTS = (".yaml", ".yml", ".json")


def between(base: Inventory, head: Inventory) -> tuple[AffectedStack, ...]:
    """Stacks that the difference between base and head reaches, through either end's graph, in order of id.

    A file that only base has (deleted, or moved away) is followed through the graph of base. A stack that head
    does not have is removed, whatever reaches it; one that only head has is added where a change made it so, and not
    where merely its last user went away.
    """
    changed = changed_paths(base.snapshot, head.snapshot)
    if not changed:
        return ()
    paths = frozenset(changed)
    before, after = (
        _through(end, _but(_alike(end, other, paths), end.graph.reached(changed, frozenset(end.stacks))))
        for end, other in ((base, head), (head, base))
    )
    removed = [
        _affected(stack, "removed", before.get(id)) for id, stack in base.stacks.items() if id not in head.stacks
    ]
    present = [
        _affected(stack, "modified" if id in base.stacks else "added", _merged(before.get(id), after.get(id)))
        for id, stack in head.stacks.items()
        if id in after or id in before
    ]
    return tuple(sorted((*removed, *present), key=lambda stack: stack.id))


def _alike(end: Inventory, other: Inventory, changed: frozenset[str]) -> set[tuple[str, str]]:
    """Stacks and changed files of which they take at an end what they take at the other one (`Found.excerpts`).

    What is there by a file that only this end has is by another one there: an overlay makes the same object of fewer.
    """
    own = {key: excerpt for key, excerpt in end.excerpts.items() if key[1] in changed}
    known: dict[str, dict[int, object]] = {stack: {} for stack, _ in own}
    for (stack, _), excerpt in other.excerpts.items():
        if stack in known:
            known[stack][id(excerpt)] = excerpt
    return {
        key
        for key, excerpt in own.items()
        if (other.excerpts[key] == excerpt if key in other.excerpts else excerpt in known[key[0]].values())
    }


def _but(alike: set[tuple[str, str]], reached: Mapping[str, Reach]) -> Mapping[str, Reach]:
    """Without the files of which a stack takes the same as before (`Found.excerpts`)."""
    if not alike:
        return reached
    found = {}
    for id, reach in reached.items():
        reasons = tuple(each for each in reach.reasons if each.via or (id, each.path) not in alike)
        if reasons:
            found[id] = Reach(reach.certainty, reasons)
    return found


def _through(end: Inventory, reached: Mapping[str, Reach]) -> Mapping[str, Reach]:
    """With the stack that makes what another one takes of a file on the way (`Found.through`)."""
    if not end.through:
        return reached
    return {
        id: structs.replace(reach, reasons=tuple(_by(end, id, each) for each in reach.reasons))
        for id, reach in reached.items()
    }


def _by(end: Inventory, id: str, reason: Reason) -> Reason:
    maker = end.through.get((id, reason.path))
    return reason if maker is None or reason.via else Reason(reason.path, (maker,))


def everything(base: Inventory | None, head: Inventory) -> tuple[AffectedStack, ...]:
    """Every stack of either end (`--all`); those that no change reaches are `unmodified`."""
    reached = {stack.id: stack for stack in between(base, head)} if base is not None else {}
    rest = (_affected(stack, "unmodified", None) for id, stack in head.stacks.items() if id not in reached)
    return tuple(sorted((*reached.values(), *rest), key=lambda stack: stack.id))


def downstream(reached: Iterable[AffectedStack], base: Inventory | None, head: Inventory) -> tuple[AffectedStack, ...]:
    """Stacks of head that read what a change may make, and that it does not reach itself; in order of id.

    `reached` are the affected stacks. Whoever depends on one of them, at either end, may come out otherwise once that
    one is applied, and so on. None of these is planned for that: there is nothing to see yet. A reason is the first of
    the nearest stack that the change reaches, followed by the ids of the stacks between.
    """
    readers = _readers(base, head)
    level = {stack.id: _origin(stack) for stack in reached if stack.change != "unmodified"}
    seen = set(level)
    found: dict[str, list[Reason]] = {}
    while level:
        following: dict[str, list[Reason]] = {}
        for on in sorted(level):
            for id in readers.get(on, ()):
                if id not in seen and id in head.stacks:
                    following.setdefault(id, []).append(Reason(level[on].path, (*level[on].via, on)))
        seen.update(following)
        found |= following
        level = {id: reasons[0] for id, reasons in following.items()}
    by_id = sorted(found.items())
    return tuple(_affected(head.stacks[id], "unmodified", Reach("downstream", tuple(each))) for id, each in by_id)


def _origin(stack: AffectedStack) -> Reason:
    return stack.reasons[0] if stack.reasons else Reason(stack.path)


def _readers(base: Inventory | None, head: Inventory) -> dict[str, list[str]]:
    """Stack id → the ids of those that depend on it, at either end."""
    found: dict[str, dict[str, None]] = {}
    for end in (head, base):
        for each in end.dependencies if end is not None else ():
            found.setdefault(each.on, {})[each.stack] = None
    return {on: list(ids) for on, ids in found.items()}


def notices(downstream: Iterable[AffectedStack], base: Inventory | None, head: Inventory) -> Iterator[Finding]:
    """A finding `terraform/downstream` for each stack that may be affected downstream, where it says what it reads."""
    ends = [end for end in (head, base) if end is not None]
    places = {(each.stack, each.on): each for end in reversed(ends) for each in end.dependencies}
    known = frozenset(id for end in ends for id in end.stacks)
    for stack in downstream:
        ways = [[each for each in reason.via if each in known] for reason in stack.reasons]
        told = [way[0] + (f" (through {', '.join(way[1:])})" if way[1:] else "") for way in ways]
        some = ", ".join(told[:_MOST_NAMED]) + (f" and {len(told) - _MOST_NAMED:,} more" if told[_MOST_NAMED:] else "")
        place = places[stack.id, ways[0][-1]]
        yield finding.make(
            "terraform/downstream",
            "notice",
            f"{stack.id} may come out otherwise once {some} is applied, whose state it reads",
            help="Look at it when that is applied; its own plan shows nothing before.",
            path=place.path,
            line=place.line,
            stack=stack.id,
        )


def unread(base: Inventory, head: Inventory, reached: Iterable[AffectedStack]) -> tuple[str, ...]:
    """Changed files that no stack of either end reads, sorted; `reached` are all affected stacks."""
    read = {reason.path for stack in reached for reason in stack.reasons}
    read.update(path for end in (base, head) for _, path in end.excerpts)
    return tuple(path for path in changed_paths(base.snapshot, head.snapshot) if path not in read)


def unclaimed(base: Inventory, head: Inventory, policies: Iterable[str] = ()) -> tuple[str, ...]:
    """Changed files that something is deployed from and that no stack of either end reads, sorted.

    A manifest is one where a kustomization names it, and in the folder of an environment that is for manifests.
    Files of Rego below the folders of `policies` judge changes and are deployed nowhere. A Terraform module that no
    root uses is none, unless the repository has stacks of Terragrunt: these make units that are not known.
    """
    declared = naming.is_declared("terraform", head.config)
    folders = tuple("" if folder == "." else f"{folder}/" for folder in policies)
    all_changed = changed_paths(base.snapshot, head.snapshot)
    named = _named(frozenset(each for each in all_changed if each.endswith(_MANIFESTS)), base, head)
    changed = [
        path
        for path in all_changed
        if (path in named or _DEPLOYED.search(path) or _is_in_its_folder(path, head))
        and not (path.endswith(".rego") and path.startswith(folders))
    ]
    reached = set[str]()
    for inventory in (base, head):
        for reach in inventory.graph.reached(changed, frozenset(inventory.stacks)).values():
            reached.update(reason.path for reason in reach.reasons)
    made = any(path.endswith("terragrunt.stack.hcl") for end in (base, head) for path in end.snapshot.entries)

    def is_unused_module(path: str) -> bool:
        return not made and _MODULE.search(path) is not None and (not declared or "modules" in path.split("/"))

    return tuple(path for path in changed if path not in reached and not is_unused_module(path))


def _is_in_its_folder(path: str, head: Inventory) -> bool:
    """Whether a file is called like a manifest and lies below `ENVIRONMENT/k8s` (or `kubernetes`)."""
    folders = path.split("/")[:-1]
    return path.endswith(_MANIFESTS) and any(
        KIND_DIRECTORIES.get(name) == "kubernetes" and head.config.environment_of(outer) is not None
        for outer, name in itertools.pairwise(folders)
    )


def _named(manifests: frozenset[str], *ends: Inventory) -> set[str]:
    """Those of the manifests that a kustomization or a component names, at either end."""
    found: set[str] = set()
    for end in ends if manifests else ():
        kustomized = {
            directory for directory, names in end.snapshot.children.items() if not _KUSTOMIZATIONS.isdisjoint(names)
        }
        found.update(each.path for each in end.graph.references if each.path in manifests and each.reader in kustomized)
    return found


def _affected(stack: Stack, change: ChangeOfStack, reach: Reach | None) -> AffectedStack:
    return AffectedStack(
        id=stack.id,
        environment=stack.environment,
        kind=stack.kind,
        name=stack.name,
        instance=stack.instance,
        path=stack.path,
        change=change,
        certainty=reach.certainty if reach is not None else "direct",
        reasons=reach.reasons if reach is not None else (),
    )


def _merged(before: Reach | None, after: Reach | None) -> Reach | None:
    if before is None or after is None:
        return before or after
    reasons: dict[str, Reason] = {reason.path: reason for reason in before.reasons}
    reasons.update((reason.path, reason) for reason in after.reasons)
    certainty = min(before.certainty, after.certainty, key=CERTAINTIES.index)
    return Reach(certainty, tuple(reasons[path] for path in sorted(reasons)))


def select(
    stacks: Iterable[AffectedStack], *, ids: frozenset[str], environments: frozenset[str], kinds: frozenset[str]
) -> tuple[AffectedStack, ...]:
    """The stacks that the options ask for; an empty set asks for all."""
    return tuple(
        stack
        for stack in stacks
        if (not ids or stack.id in ids)
        and (not environments or stack.environment in environments)
        and (not kinds or stack.kind in kinds)
    )
