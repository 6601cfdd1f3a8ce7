"""What several tools say of the same place, told once: the worst stays and names the others."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

import msgspec

from gitops_ci.model import finding
from gitops_ci.model.finding import SEVERITIES, Finding

MEANINGS: dict[str, tuple[str, ...]] = {
    "a secret in clear": (
        "secrets/*",
        "security/sealed-secret-clear",
        "checkov/CKV_SECRET_*",
        "checkov/CKV_AWS_41",
        "checkov/CKV_AWS_46",
    ),
    "an image without a fixed tag": ("builtin/kubernetes-image-tag", "checkov/CKV_K8S_14"),
    "a container that may become root": ("builtin/kubernetes-run-as-non-root", "checkov/CKV_K8S_23"),
    "a container that may raise its privileges": (
        "builtin/kubernetes-no-privilege-escalation",
        "checkov/CKV_K8S_20",
    ),
    "a root file system that can be written": ("builtin/kubernetes-read-only-root-filesystem", "checkov/CKV_K8S_22"),
    "a port that is open to everyone": (
        "builtin/terraform-public-ingress",
        "checkov/CKV_AWS_24",
        "checkov/CKV_AWS_25",
        "checkov/CKV_AWS_260",
        "checkov/CKV_AWS_277",
    ),
    "storage that is not encrypted": (
        "builtin/terraform-encryption",
        "checkov/CKV_AWS_3",
        "checkov/CKV_AWS_16",
        "checkov/CKV_AWS_42",
        "checkov/CKV_AWS_96",
    ),
    "a database without backups": ("builtin/terraform-backups", "checkov/CKV_AWS_133"),
    "a database that is deleted without a question": (
        "builtin/terraform-deletion-protection",
        "checkov/CKV_AWS_139",
        "checkov/CKV_AWS_293",
    ),
    "a version that is not pinned": (
        "terraform/module-unpinned",
        "terraform/provider-unpinned",
        "builtin/terraform-pinned-versions",
        "checkov/CKV_TF_1",
        "checkov/CKV_TF_2",
    ),
    "a reference to another environment": (
        "terraform/reads-lower-environment",
        "builtin/terraform-environment-references",
    ),
}
"""Rules (or patterns of them) that say the same where they say it of the same place; the preferred ones first."""


def merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, where of those that mean the same about the same place one rule's stay: the one that counts most.

    The same place is the same line of a file, or the same address, in one stack: what is accepted in one environment
    says nothing of another. What stays names the others in
    `also`; several of the rule that stays all stay. What base has and head has not is looked at apart.
    """
    groups: dict[tuple[str, bool], list[Finding]] = {}
    for each in findings:
        meaning, _ = _meaning(each.rule)
        if not meaning or ((each.path is None or each.line is None) and each.address is None):
            yield each
        else:
            groups.setdefault((meaning, each.state == "fixed"), []).append(each)
    for group in groups.values():
        for cluster in _clusters(group):
            yield from _told_once(cluster)


def _told_once(cluster: Sequence[Finding]) -> Iterator[Finding]:
    first = min(cluster, key=_weight)
    others = {rule for each in cluster if each.rule != first.rule for rule in (each.rule, *each.also)}
    for each in cluster:
        if each.rule == first.rule:
            also = tuple(sorted(others.union(each.also) - {first.rule}))
            yield msgspec.structs.replace(each, also=also) if also != each.also else each


def _weight(found: Finding) -> tuple[object, ...]:
    """What blocks first, then what nobody waived, then the worse, then as the table has it."""
    return (
        not found.blocks,
        found.waived_by is not None,
        SEVERITIES.index(found.severity),
        found.state != "new",
        _meaning(found.rule),
        finding.place(found),
    )


@lru_cache(maxsize=4096)
def _meaning(rule: str) -> tuple[str, int]:
    """What a rule says, and which it is among those that say it; empty where no other rule does."""
    for meaning, patterns in MEANINGS.items():
        for index, pattern in enumerate(patterns):
            if fnmatchcase(rule, pattern):
                return meaning, index
    return "", 0


class _Known:
    """Which stacks and addresses findings name on each line, so that one that names none joins the only one there."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._stacks: dict[Hashable, set[str]] = {}
        self._addresses: dict[Hashable, set[str]] = {}
        for each in findings:
            at = (each.path, each.line)
            self._stacks.setdefault(at, set()).update(filter(None, [each.stack]))
            self._addresses.setdefault((*at, each.stack), set()).update(filter(None, [each.address]))

    def places(self, found: Finding) -> Iterator[Hashable]:
        """Where a finding is: never where one of another stack or about another address is."""
        at = (found.path, found.line)
        stack = found.stack or _only(self._stacks.get(at, set()))
        address = found.address or _only(self._addresses.get((*at, stack), set()))
        if found.path is not None and found.line is not None:
            yield (*at, stack, address)
        if found.address is not None and (stack or found.path) is not None:
            yield stack or found.path, found.address


def _only(names: set[str]) -> str | None:
    return next(iter(names)) if len(names) == 1 else None


def _clusters(findings: Sequence[Finding]) -> Iterator[list[Finding]]:
    """Findings of one place, however many places join them."""
    parent = list(range(len(findings)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    seen: dict[Hashable, int] = {}
    known = _Known(findings)
    for index, each in enumerate(findings):
        for place in known.places(each):
            parent[root(index)] = root(seen.setdefault(place, index))
    clusters: dict[int, list[Finding]] = {}
    for index, each in enumerate(findings):
        clusters.setdefault(root(index), []).append(each)
    yield from clusters.values()
