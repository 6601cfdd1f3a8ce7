"""How severe a rule is here: the configuration's word, by rule and by place, over the rule's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

import msgspec

from gitops_ci.config import KIND_DIRECTORIES, Config, SeverityByPlace, SeverityOrOff
from gitops_ci.discover import naming
from gitops_ci.model.finding import SEVERITIES, Finding, Severity

Owners = Mapping[str, tuple[str, ...]]
"""The ids of the stacks that a file belongs to."""

_ORDER: tuple[SeverityOrOff, ...] = (*SEVERITIES, "off")


class Place(NamedTuple):
    """Where a finding counts: an environment (or `shared`), and the kind where that is known."""

    environment: str
    kind: str | None


def applied(findings: Iterable[Finding], config: Config, owners: Owners) -> Iterator[Finding]:
    """The findings as severe as `policy.severity` has them; those that are `off` are left out."""
    overrides = config.policy.severity
    if not overrides:
        yield from findings
        return
    keys = tuple(overrides)
    for finding in findings:
        severity = _severity(finding, keys, config, owners)
        if severity == finding.severity:
            yield finding
        elif severity != "off":
            yield msgspec.structs.replace(finding, severity=severity)


def _severity(finding: Finding, keys: tuple[str, ...], config: Config, owners: Owners) -> SeverityOrOff:
    """The most severe of what holds in the places where it counts: a file of production's is no less for another's."""
    told = _matching(finding.rule, keys)
    if not told:
        return finding.severity
    found = (_in(place, told, finding.severity, config) for place in _places(finding, config, owners))
    return min(found, key=_ORDER.index)


@lru_cache(maxsize=4096)
def _matching(rule: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that mean a rule, the most specific first: its own id, then patterns with most of it written out."""
    found = [key for key in keys if key == rule or fnmatchcase(rule, key)]
    return tuple(sorted(found, key=lambda key: (key != rule, -len(key.replace("*", "")), key)))


def _in(place: Place, keys: tuple[str, ...], own: Severity, config: Config) -> SeverityOrOff:
    """What the first key says that says something about the place; else the rule's own."""
    for key in keys:
        told = config.policy.severity[key]
        found = _by_place(told, place) if isinstance(told, SeverityByPlace) else told
        if found is not None:
            return found
    return own


def _by_place(told: SeverityByPlace, place: Place) -> SeverityOrOff | None:
    return told.environments.get(place.environment) or told.kinds.get(place.kind or "") or told.default


def _places(finding: Finding, config: Config, owners: Owners) -> Iterator[Place]:
    """The stack that it is about; else where its file lies, and every stack that the file belongs to."""
    if finding.stack is not None:
        yield _of_stack(finding.stack)
        return
    path = finding.path or ""
    yield Place(naming.environment_of_path(path, config), _kind(path))
    yield from map(_of_stack, owners.get(path, ()))


def _of_stack(id: str) -> Place:
    environment, _, rest = id.partition("/")
    return Place(environment, rest.partition("/")[0] or None)


def _kind(path: str) -> str | None:
    """The kind that the first folder of such a name stands for."""
    return next((KIND_DIRECTORIES[folder] for folder in path.split("/")[:-1] if folder in KIND_DIRECTORIES), None)
