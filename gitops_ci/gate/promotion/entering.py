"""What a change brings into a stack of an environment, beside what the environment before it has."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from gitops_ci.config_gate import Gate
from gitops_ci.gate.case import Case
from gitops_ci.gate.promotion import contents, counterparts
from gitops_ci.gate.promotion.pieces import Piece, Unread, distinct
from gitops_ci.model.stack import AffectedStack, Stack


class Entering(Struct, frozen=True, kw_only=True):
    """One stack: what enters it, each as one of three; `unread` are files of which nobody knows, here and there.

    `there`: its counterparts have it on the base branch. `together`: they get it by the same change. `nowhere`: none
    of both.
    """

    stack: AffectedStack
    source: str
    counterparts: tuple[Stack, ...]
    gate: Gate
    there: tuple[Piece, ...] = ()
    together: tuple[Piece, ...] = ()
    nowhere: tuple[Piece, ...] = ()
    unread: tuple[Unread, ...] = ()
    unread_there: tuple[Unread, ...] = ()

    @property
    def missing(self) -> tuple[Piece, ...]:
        """What has not been in the environment before, as far as the configuration asks for that."""
        return self.nowhere if self.gate.promotion_together else (*self.together, *self.nowhere)


def of(case: Case) -> Iterator[Entering]:
    """Every affected stack of an environment whose promotions are looked at, and that something enters."""
    branches = {each.base_ref for each in case.pull_requests}
    for stack in case.stacks:
        environment = case.config.environment(stack.environment)
        source = counterparts.before(stack.environment, case.config)
        gate = case.config.gate(stack.environment)
        if environment is None or source is None or gate.promotion == "off" or stack.id not in case.head.stacks:
            continue
        if gate.promotion == "warn" and not any(each.environment == source.name for each in case.base.stacks.values()):
            continue  # a repository without that environment: there is nothing to tell
        if counterparts.has_own_branch(environment, source) or not counterparts.enters(environment, branches):
            continue
        if any(fnmatchcase(f"{stack.kind}/{stack.name}", each) for each in gate.promotion_except):
            continue
        yield _entering(stack, source.name, gate, case)


def _entering(stack: AffectedStack, source: str, gate: Gate, case: Case) -> Entering:
    now, before = contents.of(stack.id, case.head), contents.of(stack.id, case.base)
    had, known = before.identities, {(each.path, each.content) for each in before.unread}
    others = counterparts.of(stack, source, case.base)
    theirs = [contents.of(each.id, case.base) for each in others]
    at_base = {identity for each in theirs for identity in each.identities}
    future = counterparts.of(stack, source, case.head)
    at_head = {identity for each in future for identity in contents.of(each.id, case.head).identities}
    found = distinct(piece for piece in now.pieces if piece.identity not in had)
    return Entering(
        stack=stack,
        source=source,
        counterparts=others,
        gate=gate,
        there=tuple(each for each in found if each.identity in at_base),
        together=tuple(each for each in found if each.identity in at_head - at_base),
        nowhere=tuple(each for each in found if each.identity not in at_base | at_head),
        unread=tuple(each for each in now.unread if (each.path, each.content) not in known),
        unread_there=tuple(wrong for each in theirs for wrong in each.unread),
    )
