"""What a Kubernetes stack is rendered from: a kustomization, a chart, a directory of manifests."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gitops_ci.discover.references import Scope


class Kustomization(Struct, frozen=True, kw_only=True, tag=True):
    """A directory with a kustomization.

    `edits` is YAML of what Argo CD or Flux writes into it before it builds (`kustomize.edits.applied`). `files` (paths
    of files and of directories with a kustomization) are the resources of one that Flux generates, where there is none.
    `components` are directories of this repository that `edits` adds.
    `variables` are what Flux puts into the rendering (`flux.substitution`), None where it puts in nothing;
    `has_all_variables` is false where more are kept in the cluster.
    """

    path: str
    edits: str = ""
    files: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] | None = None
    has_all_variables: bool = True


class Chart(Struct, frozen=True, kw_only=True, tag=True):
    """A Helm chart in the repository. `value_files` are paths of it, in the order in which later ones win.

    `layers` are YAML that wins over all files, later ones over earlier ones, and `values` over these; `parameters` are
    Helm's `--set` (`forced`: `--set-string`) over that. `kube_version` and `api_versions` beat the configured ones.
    """

    path: str
    release: str
    namespace: str = "default"
    value_files: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    values: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    forced: tuple[tuple[str, str], ...] = ()
    with_crds: bool = True
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


class Manifests(Struct, frozen=True, kw_only=True, tag=True):
    """Plain manifests: `files` are their paths in the repository, in order, whatever they lie in below `path`."""

    path: str
    files: tuple[str, ...] = ()


class Unrendered(Struct, frozen=True, kw_only=True, tag=True):
    """A source that cannot be rendered from this repository alone, and why; `path` and `line` say what asks for it.

    A remote base, a chart of a registry, another repository, a plugin: never passes as rendered. `code` is that of a
    plan's Problem: `invalid` where the path or the file is wrong, so that nothing would be deployed anew. `fixed` is as
    in `objects.Gap`.
    """

    what: str
    why: str
    path: str
    line: int | None = None
    code: Literal["not-rendered", "invalid", "cluster-values", "set-offline", "revision-missing"] = "not-rendered"
    fixed: str = ""


class Pinned(Struct, frozen=True, kw_only=True, tag=True):
    """A source as it is at another `revision` of this repository, whose `commit` this clone has.

    `reads` is what it reads there: path, scope, suffixes. `path` and `line` say what asks for it.
    """

    source: Kustomization | Chart | Manifests
    revision: str
    commit: str
    reads: tuple[tuple[str, Scope, tuple[str, ...]], ...]
    path: str
    line: int | None = None


Source = Kustomization | Chart | Manifests | Unrendered | Pinned


class Deployment(Struct, frozen=True, kw_only=True):
    """What one stack deploys: its sources, and where to.

    `cluster` is the name or server that Argo CD or Flux names (empty: the stack's environment is all that is known).
    `revisions` are the addresses that an Application has for sources in this repository, each with the revision, which
    is empty where that is not in front of us (a tag, a commit, another branch).
    `prune` says whether an object that is no longer rendered is deleted from the cluster; None where nobody tells (a
    plain directory or overlay, which is applied by somebody else). `cascade` says the same of everything, where the
    stack itself goes away: an Application without a finalizer leaves all of it behind.
    `suspended`: Flux applies nothing of it until somebody resumes it.
    `by` is the object that says so (`Application web`), `path` and `line` its place; where there is none it is empty,
    and they are the stack's own directory. `home` is the namespace that it is in itself, where something says so.
    `within` tells what renders to that object from others; empty where it stands in a file.
    """

    sources: tuple[Source, ...]
    cluster: str = ""
    revisions: tuple[tuple[str, str], ...] = ()
    namespace: str = ""
    prune: bool | None = None
    cascade: bool | None = None
    suspended: bool = False
    by: str = ""
    home: str = ""
    path: str = ""
    line: int | None = None
    within: str = ""

    @property
    def deployer(self) -> tuple[str, str]:
        """What deploys it, told from all others, by its name and its place."""
        return self.by, placed(self.path, self.within)


def placed(path: str, within: str) -> str:
    """Where an object is: its file, or what renders to it and the template."""
    return f"{within}: {path}" if within else path
