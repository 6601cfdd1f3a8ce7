"""Which stacks of Kubernetes a repository has, and what each one reads."""

from __future__ import annotations

from gitops_ci.config import Config
from gitops_ci.discover.inventory import Found
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.discovery import survey


def find(snapshot: Snapshot, config: Config) -> Found:
    """The stacks of this kind: what Argo CD, Flux or a directory deploys from this repository."""
    return survey.of(snapshot, config).found
