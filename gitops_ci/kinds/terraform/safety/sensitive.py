"""Variables that base marks as sensitive, and the change does not any more: their values would be in the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import Closure, Placed

RULE = "terraform/no-longer-sensitive"
_FIX = "let its removal be merged by itself"


def breaches(before: Iterable[Closure], after: Iterable[Closure]) -> Iterator[Breach]:
    """Each such variable of the root and its local modules; one that is gone altogether has no value."""
    marked = {key for closure in before for key, placed in _variables(closure) if _is_sensitive(placed)}
    for closure in after:
        for key, placed in _variables(closure):
            if key in marked and not _is_sensitive(placed):
                message = f"{placed.block.name} was sensitive in base and is not any more: its value is in the plan"
                yield Breach(RULE, message, _FIX, placed.path, placed.block.line, (RULE, *key), is_run=False)


def _variables(closure: Closure) -> Iterator[tuple[tuple[str, str], Placed]]:
    """The blocks by directory and name, for a variable's overrides the last one that says something of it."""
    found: dict[tuple[str, str], Placed] = {}
    for placed in closure.all("variable"):
        key = (placed.directory, placed.block.labels[0] if placed.block.labels else "")
        if key not in found or placed.body.attribute("sensitive") is not None:
            found[key] = placed
    yield from found.items()


def _is_sensitive(placed: Placed) -> bool:
    attribute = placed.body.attribute("sensitive")
    return attribute is not None and attribute.expression.strip().strip('"') == "true"
