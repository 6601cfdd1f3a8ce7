"""What can name a provider beside the files of a repository: downloaded modules, the state, Terragrunt's files."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from gitops_ci.kinds.terraform import backends, terragrunt
from gitops_ci.kinds.terraform.engine import calls
from gitops_ci.kinds.terraform.safety import kept
from gitops_ci.kinds.terraform.safety.closure import LOCAL, Closure
from gitops_ci.kinds.terraform.terragrunt import units


def of(closures: Iterable[Closure]) -> frozenset[Hashable]:
    """All of it, as it is written: where nothing is new, `init` installs what it does for base."""
    return frozenset(each for closure in closures for each in _of(closure))


def _of(closure: Closure) -> frozenset[Hashable]:
    found: set[Hashable] = {breach.key for breach in kept.breaches(closure)}
    given = calls.given(closure.stack, closure.inventory)
    backend = backends.of(closure.root, closure.snapshot, backend_config=given.backend_config)
    found.add((backend.type, repr(sorted(backend.settings.items())), backend.unread, given.workspace))
    for call in closure.all("module"):
        written = [call.body.attribute(name) for name in ("source", "version")]
        texts = tuple(each.expression if each is not None else "" for each in written)
        if not texts[0].startswith(tuple(f'"{each}' for each in LOCAL)):
            found.add(texts)
    if terragrunt.is_unit(closure.stack.path, closure.snapshot):
        here = [unit for _, unit in units.at(closure.stack.path, closure.snapshot)]
        read = {path for unit in here for path in (unit.file, *unit.files)}
        found |= {(path, closure.snapshot.entries[path].oid) for path in read if path in closure.snapshot}
    return frozenset(found)
