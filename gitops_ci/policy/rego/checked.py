"""What is wrong with policies before anybody asks them: what a strict compiler says, metadata, conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from gitops_ci.model.verdict import Decision
from gitops_ci.policy.rego.engine import RegoProblem
from gitops_ci.policy.rego.policies import CONVENTION, Policies
from gitops_ci.policy.rego.source import Source

_UNDECIDED = frozenset({"needs-opa", "timeout", "memory", "crashed", "missing"})


class Fault(Struct, frozen=True, kw_only=True):
    """One thing that is wrong; `source` is the line of the policy that it is about."""

    severity: Literal["error", "warning", "undecided"]
    code: str
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    source: str | None = None


def faults(policies: Policies, compiled: Iterable[RegoProblem]) -> tuple[Fault, ...]:
    """Everything that is wrong, in order of the files."""
    texts = {each.path: each.text.split("\n") for each in (*policies.bundle.modules, *policies.tests)}
    found = [
        *(Fault(severity="error", code=each.code, message=each.message, path=each.path, line=each.line)
          for each in policies.problems),
        *map(_compiled, compiled),
        *(fault for source in _sources(policies) for fault in (*_metadata(source), *_shapes(source))),
        *_unasked(policies),
    ]  # fmt: skip
    placed = (_placed(each, texts) for each in dict.fromkeys(found))
    return tuple(sorted(placed, key=lambda each: (each.path or "", each.line or 0, each.column or 0, each.message)))


def decision(found: Iterable[Fault]) -> Decision:
    """What comes of it: a warning keeps nobody."""
    severities = {each.severity for each in found}
    if "error" in severities:
        return "blocked"
    return "undecided" if "undecided" in severities else "pass"


def _sources(policies: Policies) -> Iterator[Source]:
    for entry in policies.entries:
        yield from entry.sources


def _compiled(problem: RegoProblem) -> Fault:
    return Fault(
        severity="undecided" if problem.code in _UNDECIDED else "error",
        code=problem.code,
        message=problem.message,
        path=problem.path,
        line=problem.line,
        column=problem.column,
    )


def _metadata(source: Source) -> Iterator[Fault]:
    for each in source.problems:
        yield Fault(severity="error", code="metadata", message=each.message, path=source.path, line=each.line)


def _shapes(source: Source) -> Iterator[Fault]:
    """Rules of conftest's names that are no sets: their value would leave every change undecided."""
    for rule in source.rules:
        if CONVENTION.fullmatch(rule.name) is not None and not rule.is_set:
            message = f"{rule.name} is no set of messages: write `{rule.name} contains msg if {{ … }}`"
            yield Fault(severity="error", code="policy-shape", message=message, path=source.path, line=rule.line)


def _unasked(policies: Policies) -> Iterator[Fault]:
    """Packages that are not asked, and that no package which is asked uses."""
    for entry in policies.entries:
        packages = {each.package for each in entry.sources if each.package}
        reached = {each.package for each in policies.asked}
        while True:
            used = {use for each in _sources(policies) if each.package in reached for use in each.uses}
            more = {each for each in packages - reached if any(_touches(use, each) for use in used)}
            if not more:
                break
            reached |= more
        for package in sorted(packages - reached):
            source = next(each for each in entry.sources if each.package == package)
            message = f"nobody asks {'.'.join(package)}: it has no rule deny, warn or violation, and no other uses it"
            yield Fault(severity="warning", code="not-asked", message=message, path=source.path, line=source.line)


def _touches(use: tuple[str, ...], package: tuple[str, ...]) -> bool:
    return bool(use) and (use[: len(package)] == package or package[: len(use)] == use)


def _placed(fault: Fault, texts: dict[str, list[str]]) -> Fault:
    lines = texts.get(fault.path or "", [])
    if fault.line is None or not 0 < fault.line <= len(lines):
        return fault
    return Fault(
        severity=fault.severity,
        code=fault.code,
        message=fault.message,
        path=fault.path,
        line=fault.line,
        column=fault.column,
        source=lines[fault.line - 1].rstrip("\r"),
    )
