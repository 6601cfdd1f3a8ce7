"""What rules say as Findings: of a stack where it is about its own files, else of none, so that it is told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import structs

from gitops_ci.kinds.kubernetes.rules import catalog
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack
from gitops_ci.policy import secrets


def findings(told: Iterable[Told], stack: Stack | None = None) -> Iterator[Finding]:
    """Each with its severity and what to do; secrets in names are masked."""
    for each in told:
        severity, help = catalog.ALL[each.rule]
        own = (
            stack is not None
            and not (each.everywhere or each.anywhere)
            and (each.path is None or _is_within(each.path, stack.path))
        )
        made = finding.make(
            each.rule,
            each.severity or severity,
            secrets.masked(each.message),
            help=help,
            path=None if each.anywhere else each.path,
            line=None if each.anywhere else each.line,
            stack=stack.id if own and stack is not None else None,
        )
        if each.anywhere:
            made = structs.replace(made, path=each.path, line=each.line)
        yield finding.about(made, each.address)


def _is_within(path: str, directory: str) -> bool:
    return not directory or path.startswith(f"{directory}/")
