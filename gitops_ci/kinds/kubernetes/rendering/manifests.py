"""Plain manifests: nothing renders them, they are read as they are."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.kinds.kubernetes.rendering import reading
from gitops_ci.kinds.kubernetes.rendering.call import Part
from gitops_ci.kinds.kubernetes.sources import Manifests


def read(source: Manifests, snapshot: Snapshot, namespace: str) -> Iterator[Part]:
    """The objects of the files, in their order, and what cannot be read of them."""
    resolved = {path: snapshot.resolve(path) or path for path in source.files}
    contents = snapshot.read_many(resolved.values())
    for path, target in resolved.items():
        content = contents.get(target)
        if content is None:
            missing = "is not there" if target not in snapshot else "is too large to be read"
            yield Gap(code="invalid", message=f"{path} {missing}", path=path)
        else:
            yield from reading.of_file(content, path, namespace)
