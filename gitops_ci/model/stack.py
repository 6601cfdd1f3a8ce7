"""A Stack (a directory deployed as one) and why a change affects it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal["terraform", "kubernetes", "database", "security"]
KINDS: tuple[Kind, ...] = ("terraform", "kubernetes", "database", "security")

Certainty = Literal["direct", "module", "file", "conservative", "downstream"]
CERTAINTIES: tuple[Certainty, ...] = ("direct", "module", "file", "conservative", "downstream")

ChangeOfStack = Literal["modified", "added", "removed", "unmodified"]
"""What a change does to a stack; `unmodified` ones are shown because somebody asked for them."""

SHARED = "shared"
"""The environment of stacks that belong to no single environment."""


class Stack(Struct, frozen=True, kw_only=True):
    """A directory deployed as one; `id` is `environment/kind/name[@instance]`, `path` is relative to the repository."""

    id: str
    environment: str
    kind: Kind
    name: str
    instance: str | None = None
    path: str


class Reason(Struct, frozen=True):
    """`path` changed and reaches the stack through `via` (nearest to the change first; empty: directly)."""

    path: str
    via: tuple[str, ...] = ()


class AffectedStack(Stack, frozen=True, kw_only=True):
    """A stack that the change may alter, with every reason."""

    change: ChangeOfStack
    certainty: Certainty
    reasons: tuple[Reason, ...] = ()


def stack_id(environment: str, kind: Kind, name: str, instance: str | None = None) -> str:
    """The id of a stack, as people write it on the command line."""
    suffix = f"@{instance}" if instance else ""
    return f"{environment}/{kind}/{name}{suffix}"


def make(*, environment: str, kind: Kind, name: str, path: str, instance: str | None = None) -> Stack:
    """A Stack whose id follows from its parts."""
    return Stack(
        id=stack_id(environment, kind, name, instance),
        environment=environment,
        kind=kind,
        name=name,
        instance=instance,
        path=path,
    )
