"""`validate_manifests.py {ours,loader} FOLDER MISTAKES`: one contestant of validating.py, over a folder's files."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Fails where the mistakes that are found are not as many as there are."""
    who, folder, mistakes = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.yaml"))}
    return _loaded(files) if who == "loader" else _validated(files, mistakes)


def _loaded(files: dict[str, bytes]) -> int:
    import yaml

    for content in files.values():
        list(yaml.load_all(content, Loader=yaml.CSafeLoader))
    return 0


def _validated(files: dict[str, bytes], mistakes: int) -> int:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from gitops_ci.discover import snapshot as snapshots
    from gitops_ci.kinds.kubernetes.places import Places
    from gitops_ci.kinds.kubernetes.rules import declared, schema
    from gitops_ci.kinds.kubernetes.rules.subject import Subject
    from gitops_ci.kinds.kubernetes.sources import Deployment, Manifests

    snapshot = snapshots.of(files)
    deployment = Deployment(sources=(Manifests(path="", files=tuple(files)),))
    subject = Subject(
        stack="shared/kubernetes/main",
        path="",
        target=declared.Target("shared"),
        deployment=deployment,
        objects=declared.of(deployment, snapshot).objects,
        complete=True,
        places=Places(files, snapshot),
    )
    found = list(schema.findings(subject))
    right = all(each.rule == "kubernetes/schema" and each.line == _LINE for each in found)
    return 0 if right and len(found) == mistakes else 1


_LINE = 10
"""Where the mistake is in each file that has one."""

if __name__ == "__main__":
    sys.exit(main())
