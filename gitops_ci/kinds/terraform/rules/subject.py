"""What every rule looks at, one root with its modules, and what it says of a place: the Subject and the Fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform import backends
from gitops_ci.kinds.terraform.backends import Backend
from gitops_ci.kinds.terraform.engine import calls
from gitops_ci.kinds.terraform.reading import configuration
from gitops_ci.kinds.terraform.reading.configuration import Configuration, Located
from gitops_ci.model.finding import Severity
from gitops_ci.model.stack import Stack


class Fault(NamedTuple):
    """What a rule says about one place; the rule's id is added where the rules are listed."""

    severity: Severity
    message: str
    help: str
    path: str | None = None
    line: int | None = None


class Subject(Struct, frozen=True, dict=True):
    """One stack at one end of a change."""

    stack: Stack
    inventory: Inventory

    @cached_property
    def root(self) -> Configuration:
        """The root's own files."""
        return configuration.of(self.stack.path, self.inventory.snapshot)

    @property
    def first(self) -> str | None:
        """The root's first file, for what is missing and so has no place of its own."""
        return next((path for path, _ in self.root.files), None)

    @cached_property
    def modules(self) -> Mapping[str, Configuration]:
        """The local modules that the root uses, by their directory."""
        found = (
            each.path for each in self.inventory.graph.read_by(self.stack.id) if _is_module(each.certainty, each.scope)
        )
        return {path: configuration.of(path, self.inventory.snapshot) for path in dict.fromkeys(found)}

    def all(self, type: str, *labels: str) -> Iterator[Located]:
        """The blocks of that type in the root and in its local modules."""
        for each in (self.root, *self.modules.values()):
            yield from each.all(type, *labels)

    @cached_property
    def backend(self) -> Backend:
        """Where its state is kept."""
        given = calls.given(self.stack, self.inventory).backend_config
        return backends.of(self.stack.path, self.inventory.snapshot, backend_config=given)


def _is_module(certainty: str, scope: str) -> bool:
    return certainty == "module" and scope == "directory"
