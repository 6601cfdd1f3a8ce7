"""Changed templates whose conditions are decided where they are deployed: by the time, by chance, by the cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.planning.lacking import LEFT_OUT
from gitops_ci.kinds.kubernetes.reading import manifests
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment
from gitops_ci.model.plan import Problem
from gitops_ci.policy import secrets

_ACTION = re.compile(rb"\{\{((?:[^{}\"`]|\"(?:[^\"\\\n]|\\.)*+\"|`[^`]*+`)*+)\}\}")
_DECIDES = re.compile(rb"\A-?\s*(?:else\s+)?(?:if|with|range)\b|\b(?:ternary|and|or)\b")
_SETS = re.compile(rb"\A-?\s*(\$\w+)\s*:?=")
_ODD = re.compile(
    rb"(?<![.\w$])(?:now|ago|lookup|getHostByName|rand(?:Alpha|AlphaNum|Ascii|Numeric|Bytes|Int)|uuidv4|shuffle)\b"
    rb"|\bRelease\s*\.\s*(?:IsUpgrade|IsInstall|Revision)\b"
)
_HAS = re.compile(rb"\bAPIVersions\b(?:\s*\.\s*Has\s+\"([^\"\n]*)\")?")
_VARIABLE = re.compile(rb"\$\w+")
_STRING = re.compile(rb"\"(?:[^\"\\\n]|\\.)*+\"|`[^`]*+`")
_OWN = re.compile(
    r"(?:v1|[a-z]+/v[0-9a-z]+|(?:admissionregistration|apiextensions|apiregistration|authentication|authorization"
    r"|certificates|coordination|discovery|events|flowcontrol\.apiserver|networking|node|rbac\.authorization|resource"
    r"|scheduling|storage)\.k8s\.io/v[0-9a-z]+)(?:/\w+)?"
)
"""APIs of Kubernetes itself, which whatever renders a chart knows."""
_NAMED = 5


def told(deployment: Deployment, base: Inventory | None, head: Inventory | None) -> Iterator[Problem]:
    """That what some templates make is not all seen; of those only that are new or other ones at head."""
    if head is None:
        return
    snapshot, known = head.snapshot, head.config.kinds.kubernetes.api_versions
    found: list[str] = []
    for source in deployment.sources:
        if isinstance(source, Chart):
            given = frozenset((*known, *source.api_versions))
            paths = [each for each in _templates(source.path, snapshot) if _is_other(each, base, snapshot)]
            facts = snapshot.facts(paths, _asked)
            found += (path for path, asked in facts.items() if any(each not in given for each in asked))
    several = list(dict.fromkeys(found))
    more = [f"{len(several) - _NAMED:,} more"] if len(several) > _NAMED else []
    for each in (*several[:_NAMED], *more):
        why = "not rendered, and decided only where it is deployed (by the time, by chance, by what the cluster has)"
        yield Problem(code=LEFT_OUT, message=secrets.masked(f"{why}: {each}"))


def _templates(chart: str, snapshot: Snapshot) -> list[str]:
    real = snapshot.resolve(chart) or chart
    paths = (snapshot.resolve(each) or each for each in manifests.below(real, snapshot, recurse=True))
    return sorted({each for each in paths if "/templates/" in f"/{each}"})


def _is_other(path: str, base: Inventory | None, snapshot: Snapshot) -> bool:
    before = base.snapshot.entries.get(path) if base is not None else None
    return before is None or before.oid != snapshot.entries[path].oid


def _asked(content: bytes) -> frozenset[str]:
    """The APIs that a template asks for, and a word for each other thing that decides and nobody knows here."""
    if _ODD.search(content) is None and _HAS.search(content) is None:
        return frozenset()
    found: set[str] = set()
    odd: set[bytes] = set()
    for written in _ACTION.findall(content):
        if written.lstrip(b"- \t\r\n").startswith(b"/*"):
            continue
        action = _STRING.sub(b'""', written)
        if not odd.isdisjoint(_VARIABLE.findall(action)) or _ODD.search(action) is not None:
            if (name := _SETS.match(action)) is not None:
                odd.add(name[1])
            if _DECIDES.search(action) is not None:
                found.add("")
        asked = (each.decode("utf-8", "replace") for each in _HAS.findall(written))
        found.update(each for each in asked if not _OWN.fullmatch(each))
    return frozenset(found)
