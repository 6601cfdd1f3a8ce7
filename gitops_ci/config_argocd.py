"""The section `kinds.kubernetes.generators` of `gitops-ci.yml`: what ApplicationSets ask a cluster or a service for."""

from __future__ import annotations

from typing import Any

from msgspec import field

from gitops_ci.config_section import Section

Answers = tuple[dict[str, Any], ...]
"""Parameters as a generator gives them, one mapping for each Application."""


class Cluster(Section, frozen=True):
    """A cluster that Argo CD knows, as its Secret describes it."""

    name: str
    server: str
    project: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


class Generators(Section, frozen=True):
    """What generators find that look beyond the repository. Without an answer, their sets cannot be rendered.

    `clusters` are all clusters but the one that Argo CD runs in; the others are the parameters that the generator
    gives, before its `values` and its selector.
    """

    clusters: tuple[Cluster, ...] | None = None
    cluster_decisions: Answers | None = None
    scm_provider: Answers | None = None
    pull_requests: Answers | None = None
    plugin: Answers | None = None
