"""What lies beside a source and changes its options: `.argocd-source.yaml`, and the one of an Application's name."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.argocd import templates
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

_KEPT = ("chart", "path", "repoURL", "targetRevision")
"""What such a file never changes: where the source lies."""


class Override(Struct, frozen=True):
    """What a file says; `wrong` where Argo CD cannot read it, with the line."""

    value: dict[str, Any]
    wrong: str = ""
    line: int | None = None


class Overridden(Struct, frozen=True):
    """A source with what the files change in it; `files` are their paths, `wrong` is one that cannot be read."""

    source: dict[str, Any]
    files: tuple[str, ...] = ()
    wrong: tuple[str, Override] | None = None


def of(source: dict[str, Any], directory: str, application: str, snapshot: Snapshot) -> Overridden:
    """The source of an Application in a directory (reposerver: mergeSourceParameters): JSON merge patches, in order."""
    inside = f"{directory}/" if directory else ""
    paths = [f"{inside}.argocd-source.yaml", f"{inside}.argocd-source-{application}.yaml"]
    real = {path: found for path in paths if (found := snapshot.resolve(path)) is not None and found in snapshot}
    told = snapshot.facts(real.values(), _read)
    merged = source
    for path, target in real.items():
        override = told.get(target, Override({}, "it is too large to be read"))
        if override.wrong:
            return Overridden(source, tuple(real), (path, override))
        merged = templates.patched(merged, override.value)
    where = {key: source[key] for key in _KEPT if key in source}
    return Overridden({**{key: merged[key] for key in merged if key not in _KEPT}, **where}, tuple(real))


def _read(content: bytes) -> Override:
    try:
        document = next(yaml_documents.documents(content), None)
    except YamlProblem as problem:
        return Override({}, problem.message, problem.line)
    if document is None:
        return Override({})
    if not isinstance(document.value, dict):
        return Override({}, "it is no mapping", 1)
    return Override(document.value)
