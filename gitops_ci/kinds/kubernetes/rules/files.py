"""Files of plain manifests that Kubernetes does not read as they look: keys that are there twice."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.kinds.kubernetes.schemas import misfits
from gitops_ci.kinds.kubernetes.sources import Deployment, Manifests
from gitops_ci.policy.documents import files

DUPLICATE = "kubernetes/duplicate-key"


def duplicate_keys(deployment: Deployment, snapshot: Snapshot) -> Iterator[Told]:
    """Each key that a mapping of a plain manifest has twice; kustomize refuses such a file by itself."""
    paths = [path for source in deployment.sources if isinstance(source, Manifests) for path in source.files]
    yaml = [path for path in paths if not path.endswith(".json")]
    for path, parsed in snapshot.facts(yaml, files.fact("YAML")).items():
        for document in parsed.documents:
            for place, line in document.duplicates:
                said = f"{misfits.shown(place)} is there twice"
                yield Told(rule=DUPLICATE, message=said, path=path, line=line)
