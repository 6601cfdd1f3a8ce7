"""Why a root is not planned at all: what it would read is not what this repository shows, or not allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import MAX_FILE_BYTES, SYMLINK
from gitops_ci.kinds.terraform import binding, checkout, safety, terragrunt
from gitops_ci.kinds.terraform.engine import calls
from gitops_ci.kinds.terraform.roots import SOURCES
from gitops_ci.kinds.terraform.terragrunt import safety as of_terragrunt
from gitops_ci.model.plan import Problem
from gitops_ci.model.stack import Stack

_COMMITTED = (".terraform", "terraform.d")
_CLI_CONFIGURATION = (".terraformrc", "terraform.rc", ".tofurc", "tofu.rc")


def of(stack: Stack, judged: Inventory, base: Inventory | None) -> Problem | None:
    """Why a root is not planned as it is in `judged`, held against `base`; None where nothing speaks against it."""
    return (
        unplannable(stack, judged) or of_terragrunt.breach(stack, base, judged) or safety.refused(stack, judged, base)
    )


def unplannable(stack: Stack, inventory: Inventory) -> Problem | None:
    """The same, by that end alone; of a unit also because of those whose files Terragrunt reads as well."""
    for each in (stack, *terragrunt.needed(stack, inventory)):
        refused = (
            _committed(each, inventory)
            or _elsewhere(each, inventory)
            or _unread(each, inventory)
            or _rewritten(each, inventory)
            or calls.missing(each, inventory)
        )
        if refused is not None:
            return refused
    return binding.refused(stack, inventory)


def _rewritten(stack: Stack, inventory: Inventory) -> Problem | None:
    """What is applied comes from a checkout, what is planned from the commit: they have to be the same."""
    found = checkout.rewritten(inventory.graph.closure(stack.id, inventory.snapshot), inventory.snapshot)
    if found is None:
        return None
    path, attribute = found
    message = f"{path} has the attribute {attribute} in .gitattributes: a checkout of it is not what would be planned"
    return Problem(code="rewritten", message=message, path=path)


def _committed(stack: Stack, inventory: Inventory) -> Problem | None:
    """Committed plugins and CLI configuration run code or choose it: such a root is not planned (trust.md, rule 1)."""
    for path in sorted(_candidates(stack, inventory)):
        parts = path.split("/")
        if any(part in _COMMITTED for part in parts[:-1]) or parts[-1] in _CLI_CONFIGURATION:
            message = f"{path} is committed: it could choose the programs that a plan runs, so this root is not planned"
            return Problem(code="not-allowed", message=message, path=path)
    return None


def _elsewhere(stack: Stack, inventory: Inventory) -> Problem | None:
    """A root that reads a submodule cannot be planned from this repository alone."""
    for reference in inventory.graph.read_by(stack.id):
        if inventory.snapshot.in_submodule(reference.path):
            message = f"{reference.path} is in a git submodule: its files are not in this repository"
            return Problem(code="submodule", message=message, path=reference.path)
    return None


def _unread(stack: Stack, inventory: Inventory) -> Problem | None:
    """What was too large to be looked at is not run either, nor what leads to where this repository ends."""
    closure = inventory.graph.closure(stack.id, inventory.snapshot)
    for path in sorted(closure):
        if inventory.snapshot.entries[path].mode == SYMLINK and inventory.snapshot.resolve(path) is None:
            message = f"{path} is a link out of the repository: what it leads to elsewhere is not known here"
            return Problem(code="unreadable", message=message, path=path)
    sources = [path for path in closure if path.endswith(SOURCES)]
    read = inventory.snapshot.read_many(sources)
    for path in sorted(set(sources) - read.keys()):
        if inventory.snapshot.entries[path].mode != SYMLINK:
            message = f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB, so it was not looked at and is not planned"
            return Problem(code="unreadable", message=message, path=path)
    return None


def _candidates(stack: Stack, inventory: Inventory) -> Iterable[str]:
    """Every path below a directory of the stack's closure, and the CLI configuration at the root."""
    closure = inventory.graph.closure(stack.id, inventory.snapshot)
    directories = {stack.path} | {path.rpartition("/")[0] for path in closure}
    for directory in directories:
        at = f"{directory}/" if directory else ""
        yield from (at + name for name in inventory.snapshot.children.get(directory, ()))
        for name in inventory.snapshot.directories.get(directory, ()):
            if name in _COMMITTED:
                yield from _below(at + name, inventory)


def _below(directory: str, inventory: Inventory) -> Iterator[str]:
    for path in inventory.snapshot.entries:
        if path.startswith(f"{directory}/"):
            yield path
            return
