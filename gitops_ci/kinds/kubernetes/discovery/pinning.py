"""What something deploys at another revision of this repository: no file in front of us is a part of it."""

from __future__ import annotations

from gitops_ci.kinds.kubernetes.reading.repository import Deployed
from gitops_ci.kinds.kubernetes.sources import Pinned, Unrendered


def of(there: Deployed, revision: str, commit: str, path: str, line: int | None) -> Deployed:
    """What is deployed, as sources of that revision; `path` and `line` are what asks for it."""
    reads = tuple((each.path, each.scope, each.suffixes) for each in there.reads)
    sources = tuple(
        each
        if isinstance(each, Unrendered | Pinned)
        else Pinned(source=each, revision=revision, commit=commit, reads=reads, path=path, line=line)
        for each in there.sources
    )
    return Deployed(sources, (), there.path)
