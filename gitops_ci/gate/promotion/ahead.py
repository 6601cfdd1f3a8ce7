"""Which environment is ahead of which: what the one before has, and the next one does not have yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from gitops_ci.config import Environment
from gitops_ci.discover.inventory import Inventory
from gitops_ci.gate.promotion import contents, counterparts
from gitops_ci.gate.promotion.pieces import Contents, Piece, Unread, What, distinct, is_newer
from gitops_ci.model.stack import Stack


class Difference(Struct, frozen=True, kw_only=True):
    """One thing in versions that only one of the two has; `there` is where it comes from, `here` where it goes to.

    `newer_here`: it goes the other way, as far as numbers tell.
    """

    what: What
    name: str
    there: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    newer_here: bool = False


class Standing(Struct, frozen=True, kw_only=True):
    """One stack beside its counterpart in the environment before. `counterpart` or `here` is None where one is missing.

    `stack` is the id of the stack that is promoted to, whether it is there yet or not.
    """

    stack: str
    here: Stack | None
    counterpart: Stack | None
    differences: tuple[Difference, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def same(self) -> bool:
        """Whether there is nothing to promote, and nothing that is not known."""
        return bool(self.here and self.counterpart) and not self.differences and not self.unread


def steps(inventory: Inventory) -> Iterator[tuple[Environment, Environment]]:
    """Each environment with the one that it is promoted from, in the order of the configuration."""
    for environment in inventory.config.environments:
        source = counterparts.before(environment.name, inventory.config)
        if source is not None:
            yield environment, source


def standings(environment: str, source: str, inventory: Inventory) -> tuple[Standing, ...]:
    """Every stack of two environments, those that both have and those that one lacks."""
    stacks = inventory.stacks.values()
    found = {stack.id: _standing(stack, source, inventory) for stack in stacks if stack.environment == environment}
    met = {each.counterpart.id for each in found.values() if each.counterpart is not None}
    for stack in (each for each in stacks if each.environment == source and each.id not in met):
        wanted = stack.id.replace(f"{source}/", f"{environment}/", 1)
        if not counterparts.of(stack, environment, inventory):
            found[wanted] = Standing(stack=wanted, here=None, counterpart=stack)
    return tuple(found[stack_id] for stack_id in sorted(found))


def _standing(stack: Stack, source: str, inventory: Inventory) -> Standing:
    others = counterparts.of(stack, source, inventory)
    if not others:
        return Standing(stack=stack.id, here=stack, counterpart=None)
    here, there = contents.of(stack.id, inventory), contents.of(others[0].id, inventory)
    return Standing(
        stack=stack.id,
        here=stack,
        counterpart=others[0],
        differences=tuple(_differences(_relative(here, stack), _relative(there, others[0]))),
        unread=(*here.unread, *there.unread),
    )


def _relative(found: Contents, stack: Stack) -> list[Piece]:
    return [_named_alike(piece, stack) for piece in distinct(found.pieces) if piece.what != "file"]


def _named_alike(piece: Piece, stack: Stack) -> Piece:
    """The piece with a name that its counterpart has as well: files by where they lie in the stack."""
    inside = f"{stack.path}/"
    if piece.what == "tree" and piece.name.startswith(inside):
        return structs.replace(piece, name=f"./{piece.name.removeprefix(inside)}")
    return structs.replace(piece, name="") if piece.what == "migration" else piece


def _differences(here: Iterable[Piece], there: Iterable[Piece]) -> Iterator[Difference]:
    ours, theirs = {each.identity: each for each in here}, {each.identity: each for each in there}
    only_here = [each for identity, each in ours.items() if identity not in theirs]
    only_there = [each for identity, each in theirs.items() if identity not in ours]
    subjects = dict.fromkeys((each.what, each.name) for each in (*only_there, *only_here))
    for what, name in subjects:
        from_there = tuple(_shown(each) for each in only_there if (each.what, each.name) == (what, name))
        at_here = tuple(_shown(each) for each in only_here if (each.what, each.name) == (what, name))
        newer = any(is_newer(one, other) for one in at_here for other in from_there)
        yield Difference(what=what, name=name, there=from_there, here=at_here, newer_here=newer)


def _shown(piece: Piece) -> str:
    return piece.slot.rpartition("/")[2] if piece.what == "migration" else piece.shown or piece.version
