"""What planning a stack runs: a root's configuration; of a Terragrunt unit its module's, and of those it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform import terragrunt
from gitops_ci.kinds.terraform.language import blocks, nodes
from gitops_ci.kinds.terraform.language.blocks import Attribute, Unreadable
from gitops_ci.kinds.terraform.safety import closure as closures
from gitops_ci.kinds.terraform.safety import evaluation
from gitops_ci.kinds.terraform.safety.closure import Closure
from gitops_ci.kinds.terraform.terragrunt import units
from gitops_ci.kinds.terraform.terragrunt.unit import Unit
from gitops_ci.model.stack import Stack


def of(stack: Stack, inventory: Inventory) -> Iterator[Closure]:
    """One closure for each directory that Terraform starts from, that of the stack first."""
    for each in (stack, *terragrunt.needed(stack, inventory)):
        own = closures.of(each, inventory)
        yield own
        for _, unit in units.at(each.path, inventory.snapshot):
            if unit.module is not None and unit.module != each.path:
                closure = closures.of(msgspec.structs.replace(each, path=unit.module), inventory)
                yield msgspec.structs.replace(closure, variables=_inputs(unit, own, closure))


def _inputs(unit: Unit, own: Closure, closure: Closure) -> Mapping[str, tuple[Attribute, ...]]:
    """What a unit gives the variables of its module; what is more than literals is the same where its files are.

    Terragrunt copies the unit's own files beside those of the module, so its var files count as well.
    """
    entries = closure.snapshot.entries
    oids = " ".join(sorted(entries[path].oid for path in (unit.file, *unit.files) if path in entries))
    unknown = f'terragrunt("{oids}")'
    given = dict(closure.variables)
    for name, several in own.variables.items():
        given[name] = (*given.get(name, ()), *several)
    literal = _literal(unit, closure)
    for placed in closure.all("variable"):
        name = placed.block.labels[0] if placed.block.labels else ""
        if placed.directory == closure.root and (literal is None or name in literal):
            expression = (literal or {}).get(name) or unknown
            given[name] = (*given.get(name, ()), Attribute(name, expression, 1))
    return given


def _literal(unit: Unit, closure: Closure) -> dict[str, str | None] | None:
    """The inputs by name, None for one that is computed; None where all of them could be anything."""
    found: dict[str, str | None] = {}
    if unit.is_unresolved or unit.is_anywhere:
        return None
    for path in dict.fromkeys((unit.file, *unit.files)):
        if path.endswith(terragrunt.FILES[1]):
            return None
        if not path.endswith(".hcl"):
            continue
        try:
            body = blocks.read(closure.snapshot.read(path) or b"")
        except Unreadable:
            return None
        attribute = body.attribute("inputs")
        if any(True for block in body.all("terraform") for _ in block.body.all("extra_arguments")):
            return None
        node = evaluation.tree(attribute.expression) if attribute is not None else nodes.Mapping(0, 0, ())
        if not isinstance(node, nodes.Mapping):
            return None
        for key, value in node.items:
            if not isinstance(key, nodes.Literal) or attribute is None:
                return None
            name, text = str(key.value), attribute.expression[value.start : value.end]
            is_new = name not in found and not _is_computed(value)
            found[name] = text if is_new else None
    return found


def _is_computed(node: nodes.Node) -> bool:
    return any(isinstance(each, nodes.Access | nodes.Call | nodes.Reference | nodes.For) for each in nodes.walk(node))
