"""The section `kinds.kubernetes` of `gitops-ci.yml`: how stacks of Kubernetes are found and rendered."""

from __future__ import annotations

from gitops_ci.config_argocd import Generators
from gitops_ci.config_section import Section


class Kubernetes(Section, frozen=True):
    """How stacks of Kubernetes are found.

    `repositories` are the addresses under which Argo CD and Flux know this repository; without them, it is the one
    whose paths are here. `generators` answer for what ApplicationSets ask outside of it.
    """

    repositories: tuple[str, ...] = ()
    generators: Generators = Generators()
