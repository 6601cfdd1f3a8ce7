"""The variables of a template that runs, and what `range` goes through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate.values import Missing, TemplateProblem, brief, is_number

Scope = list[dict[str, Any]]
"""Variables by name, the innermost block's last."""


def items(value: Any) -> Iterator[tuple[Any, Any]]:
    """Keys and values in the order of Go. Raises TemplateProblem for what `range` does not take."""
    if isinstance(value, dict):
        yield from ((key, value[key]) for key in sorted(value))
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
    elif is_number(value) and value == int(value):
        yield from ((index, index) for index in range(int(value)))
    elif value is not None and not isinstance(value, Missing):
        raise TemplateProblem(f"range can't iterate over {brief(value)}")


def variable(name: str, scope: Scope) -> Any:
    """The value of a variable. Raises TemplateProblem where there is none."""
    for level in reversed(scope):
        if name in level:
            return level[name]
    raise TemplateProblem(f"undefined variable {name}")


def assign(name: str, value: Any, scope: Scope) -> None:
    """Gives a variable that is there another value. Raises TemplateProblem where there is none."""
    for level in reversed(scope):
        if name in level:
            level[name] = value
            return
    raise TemplateProblem(f"undefined variable {name}")
