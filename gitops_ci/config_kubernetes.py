"""The section `kinds.kubernetes` of `gitops-ci.yml`: how manifests are found and rendered, for which clusters."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gitops_ci.config_argocd import Generators
from gitops_ci.config_section import Section

KubernetesVersion = Annotated[str, Meta(pattern=r"^v?1\.[0-9]{1,3}(\.[0-9]{1,3})?$")]


class Renderers(Section, frozen=True):
    """Programs to use instead of those on PATH or the embedded ones: absolute paths, or names on PATH.

    `kustomize` is a `kustomize` or a `kubectl`.
    """

    kustomize: str | None = None
    helm: str | None = None


class Accepted(Section, frozen=True):
    """What a stack takes from elsewhere and need not be seen: a pattern of its address or name, and why.

    `*` stands for any text. It is told each time, and is no reason to be undecided.
    """

    source: Annotated[str, Meta(min_length=3)]
    reason: Annotated[str, Meta(min_length=10)]


class Kubernetes(Section, frozen=True):
    """How stacks of Kubernetes are found and rendered. `timeout` is in seconds for each rendering.

    `versions` are those of the clusters; charts are rendered for the first. `api_versions` (`monitoring.coreos.com/v1`,
    `monitoring.coreos.com/v1/ServiceMonitor`) is what they have beside Kubernetes' own, which charts may ask for.
    `repositories` are the addresses under which Argo CD and Flux know this repository; without them, it is the one
    whose paths are here. `schemas` are folders with JSON schemas of custom resources. `generators` answer for what
    ApplicationSets ask outside of it. `accepted` is what need not be rendered. `remote` says what a change of what is
    deployed from elsewhere (a chart of a registry) is: told in the comment, or undecided.
    """

    versions: tuple[KubernetesVersion, ...] = ()
    api_versions: tuple[str, ...] = ()
    binaries: Renderers = Renderers()
    timeout: Annotated[float, Meta(gt=0, le=86400)] = 120.0
    repositories: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    generators: Generators = Generators()
    accepted: tuple[Accepted, ...] = ()
    remote: Literal["tell", "undecided"] = "tell"
