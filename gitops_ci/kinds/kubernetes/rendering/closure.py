"""What a kustomization takes from elsewhere and cannot have here: found before kustomize would try to fetch it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import Document, YamlProblem

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""Names of the file, of which a directory has one (https://kubectl.docs.kubernetes.io/references/kustomize)."""

_ACCUMULATED = ("resources", "bases", "components")
_PLUGINS = ("generators", "transformers", "validators")
_INFLATED = ("helmCharts", "helmChartInflationGenerator")
_REMOTE = re.compile(
    r"(?:[a-z][a-z0-9+.-]*::)?(?:[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+[:/]|(?:github\.com|gitlab\.com|bitbucket\.org)[/:]|gh:)"
    r"|[^?]*\?(?:.*&)?(?:ref|version|submodules|timeout)=",
    re.IGNORECASE,
)
"""What kustomize takes for a repository or an address where no such file is there (api/internal/git/repospec.go)."""
_DEEPEST = 100


class Read(Struct, frozen=True):
    """A kustomization file: its first document, where it can be read."""

    document: Document | None


class Closure(Struct):
    """The kustomizations that one takes: their files, what is missing, and whether plugins take part."""

    files: list[str] = []
    gaps: list[Gap] = []
    has_plugins: bool = False


def fact(content: bytes) -> Read:
    """The kustomization in a file; asked once for each content."""
    try:
        first = next(yaml_documents.documents(content), None)
    except YamlProblem:
        return Read(None)
    return Read(first if first is not None and isinstance(first.value, dict) else None)


def file_of(directory: str, snapshot: Snapshot) -> str | None:
    """The kustomization of a directory, links followed; None where it has none."""
    resolved = snapshot.resolve(directory)
    if resolved is None:
        return None
    for name in NAMES:
        path = snapshot.resolve(f"{resolved}/{name}".lstrip("/"))
        if path is not None and path in snapshot:
            return path
    return None


def of(directory: str, snapshot: Snapshot) -> Closure:
    """Goes through the kustomization of a directory and those that it takes; a circle is kustomize's to refuse."""
    found = Closure()
    pending = [(directory, 0)]
    seen: set[str] = set()
    while pending:
        at, depth = pending.pop()
        path = file_of(at, snapshot)
        if path is None or path in seen or depth > _DEEPEST:
            continue
        seen.add(path)
        found.files.append(path)
        read = snapshot.facts((path,), fact).get(path)
        if read is None or read.document is None:
            continue
        pending += [(each, depth + 1) for each in _local(path, read.document, snapshot, found)]
    return found


def _local(path: str, document: Document, snapshot: Snapshot, found: Closure) -> Iterator[str]:
    """The directories that a kustomization takes; what is elsewhere goes to the gaps."""
    value: Mapping[str, Any] = document.value
    found.has_plugins = found.has_plugins or any(value.get(key) for key in _PLUGINS)
    for key in _INFLATED:
        if value.get(key):
            message = f"{path} has kustomize inflate a Helm chart ({key}), which runs a program and downloads"
            found.gaps.append(_gap(message, path, document.line_of((key,))))
    own = path.rpartition("/")[0]
    for key in _ACCUMULATED:
        several = value.get(key)
        for index, each in enumerate(several if isinstance(several, list) else ()):
            target = join(own, each) if isinstance(each, str) and "\n" not in each else None
            local = None if target is None else snapshot.resolve(target)
            if local is not None and (local in snapshot or snapshot.is_directory(local)):
                if snapshot.is_directory(local):
                    yield local
            elif isinstance(each, str) and _REMOTE.match(each):
                message = f"{key} of {path} takes what is not in this repository: {each}"
                found.gaps.append(_gap(message, path, document.line_of((key, index))))


def _gap(message: str, path: str, line: int) -> Gap:
    return Gap(code="not-rendered", message=message, path=path, line=line)
