"""Which file has the key that is given twice: kustomize says the line of a document, and not of which file."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import structs

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

_TWICE = re.compile(r"mapping key \"(?P<key>[^\"\n]*)\" already defined at line \d+")


def found(failure: Gap, taken: Iterable[str], snapshot: Snapshot) -> Gap:
    """The failure with the file, of those that a kustomization takes, and the line, where one has such a key."""
    said = _TWICE.search(failure.message)
    if said is None or failure.line is not None:
        return failure
    paths = sorted({real for each in taken if (real := snapshot.resolve(each) or each) in snapshot})
    for path, keys in snapshot.facts(paths, _doubled).items():
        line = next((line for key, line in keys if key == said["key"]), None)
        if line is not None:
            start = failure.message.partition(": yaml: line ")[0]
            message = f"{start}: the key `{said['key']}` is given twice, in {path}:{line}"
            return structs.replace(failure, message=message, path=path, line=line)
    return failure


def _doubled(content: bytes) -> tuple[tuple[str, int], ...]:
    try:
        documents = list(yaml_documents.documents(content))
    except YamlProblem:
        return ()
    return tuple((str(place[-1]), line) for each in documents for place, line in each.duplicates)
