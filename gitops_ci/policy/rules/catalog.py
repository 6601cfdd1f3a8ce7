"""Every rule that gitops-ci itself knows, by id; read when the first one is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

from gitops_ci.model.finding import Finding
from gitops_ci.model.rule import Rule

_ANY = "/ID"
FILE = Path(__file__).with_name("rules.json")
"""Made from docs/rules by `make schemas`: the documentation is not part of an installed package."""
NAMES = Path(__file__).with_name("checkov.json")
"""Made by requirements/checkov_names.py."""


def of(id: str) -> Rule | None:
    """The rule of this id; None for one that no page of ours describes."""
    return _all().get(id) if not id.endswith(_ANY) else None


def general(id: str) -> Rule | None:
    """What a page says of all rules of a family that others write (its section `checkov/ID`); None where none does."""
    return _all().get(id.partition("/")[0] + _ANY)


def names() -> Mapping[str, str]:
    """What checkov calls its checks, by the ids that their findings have (`checkov/CKV_AWS_20`)."""
    return _checkov()


def ids() -> frozenset[str]:
    """The ids of all rules that are known without looking at a repository."""
    return frozenset(id for id in _all() if not id.endswith(_ANY))


def families() -> dict[str, tuple[Rule, ...]]:
    """All rules, by family and in the order of their pages."""
    groups: dict[str, list[Rule]] = {}
    for id in _all():
        if rule := of(id):
            groups.setdefault(rule.family, []).append(rule)
    return {family: tuple(rules) for family, rules in sorted(groups.items())}


def documented(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, those of our own rules with the address of their documentation, and with help if they have none."""
    for finding in findings:
        rule = of(finding.rule)
        if rule is None or (finding.url and finding.help):
            yield finding
        else:
            help = finding.help or " ".join(rule.fix.split())
            yield msgspec.structs.replace(finding, url=finding.url or rule.link, help=help)


@cache
def _checkov() -> Mapping[str, str]:
    names = msgspec.json.decode(NAMES.read_bytes(), type=dict[str, str])
    return {f"checkov/{id}": name for id, name in names.items()}


@cache
def _all() -> Mapping[str, Rule]:
    rules = msgspec.json.decode(FILE.read_bytes(), type=tuple[Rule, ...])
    return {rule.id: rule for rule in rules}
