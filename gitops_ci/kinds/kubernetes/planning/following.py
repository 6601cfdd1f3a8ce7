"""Which stacks of base and head are one: by what deploys them, where their ids differ."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes.discovery import deployments, survey
from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.model.plan import Problem
from gitops_ci.model.stack import Stack

Deployer = tuple[str, str]
"""What deploys a stack, and the place where it stands (`Deployment.deployer`)."""


class Ends(Struct, frozen=True):
    """What a stack is at both ends; `gap` says why it is not known, `note` what a reader has to know of it."""

    base: Stack | None
    head: Stack | None
    gap: Gap | None = None
    note: Problem | None = None


def of(stack: Stack, base: Inventory | None, head: Inventory | None) -> Ends:
    """What base and head have of a stack.

    An Application, a Kustomization or a HelmRelease that is at both ends is one stack, whatever it is called at each.
    Where it goes, what is left of it is a directory that nothing deploys: the stack is removed.
    """
    before, after = _own(stack, base), _own(stack, head)
    if base is None or head is None:
        return Ends(before, after)
    was, is_now = _deployer(before, base), _deployer(after, head)
    next_id = _id(was, stack, head)
    former_id = _id(is_now, stack, base)
    if former_id is not None:
        return Ends(base.stacks[former_id], after)
    if is_now is not None and (unsure := _unknown(after, is_now, head, base)) is not None:
        said = f"what there is of an earlier version is not known: at base, {unsure.message}"
        return Ends(None, after, note=Problem(code="base-unplanned", message=said))
    if was is None or (is_now is not None and next_id in (None, stack.id)):
        return Ends(before, after)
    if is_now is not None:
        why = f"was the stack of {was[0]}, which is {next_id} now"
        return Ends(None, after, gap=Gap(code="not-rendered", message=f"{stack.id} {why}", path=_path(before, base)))
    if next_id is not None:
        # Whoever reads what only base has reaches the old id, and what only head has the new one: both tell it.
        note = Problem(code="renamed", message=f"{was[0]} deploys it as {next_id}")
        return Ends(before, head.stacks[next_id], note=note)
    return _left(before, was, base, head)


def _left(before: Stack | None, was: Deployer, base: Inventory, head: Inventory) -> Ends:
    """A stack of base whose deployer makes none at head: it goes, unless that is still there and nobody can say."""
    if (gap := _unknown(before, was, base, head)) is not None:
        return Ends(before, None, gap=gap)
    if was in survey.of(head.snapshot, head.config).elsewhere:
        why = "takes what it deploys from elsewhere: what becomes of what it deployed from here cannot be told"
        return Ends(before, None, gap=Gap(code="not-rendered", message=f"{was[0]} {why}", path=_path(before, base)))
    return Ends(before, None, note=Problem(code="deployer-gone", message=f"{was[0]}, which deployed it, is gone"))


def _unknown(stack: Stack | None, deployer: Deployer, here: Inventory, there: Inventory) -> Gap | None:
    """Why nobody knows what a stack is at an end that lacks it: what makes it is there, and refused or not rendered."""
    own, other = (survey.of(end.snapshot, end.config) for end in (here, there))
    if deployer in other.refused:
        why = other.refused[deployer]
        return Gap(code=why.code, message=f"{deployer[0]}: {why.why}", path=why.path, line=why.line)
    keys = [key for key, id in own.stacks.items() if stack is not None and id == stack.id]
    for made in (own.applications[key] for key in keys if key in own.applications):
        for each in other.renderings:
            is_it = (each.by.namespace, each.by.name) == (made.by.namespace, made.by.name)
            if made.generator and is_it and each.troubles:
                first = each.troubles[0]
                code = "invalid" if first.code == "refused" else "not-rendered"
                message = f"ApplicationSet {each.by.name}, which made it: {first.message}"
                return Gap(code=code, message=message, path=each.by.path, line=first.line)
    return None


def _own(stack: Stack, inventory: Inventory | None) -> Stack | None:
    return None if inventory is None else inventory.stacks.get(stack.id)


def _deployer(stack: Stack | None, inventory: Inventory) -> Deployer | None:
    if stack is None:
        return None
    deployment = deployments.of(stack, inventory)
    return deployment.deployer if deployment.by else None


def _path(stack: Stack | None, inventory: Inventory) -> str | None:
    return None if stack is None else deployments.of(stack, inventory).path


def _id(deployer: Deployer | None, stack: Stack, inventory: Inventory) -> str | None:
    """The stack of a deployer at an end; those of another environment are agreed to by others, and stay apart."""
    if deployer is None:
        return None
    found = survey.of(inventory.snapshot, inventory.config).deployers.get(deployer)
    known = None if found is None else inventory.stacks.get(found)
    return known.id if known is not None and known.environment == stack.environment else None
