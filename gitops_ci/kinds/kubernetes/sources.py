"""What a Kubernetes stack is rendered from: a kustomization, a chart, a directory of manifests."""

from __future__ import annotations

from msgspec import Struct


class Kustomization(Struct, frozen=True, kw_only=True, tag=True):
    """A directory with a kustomization. `overlay` is YAML of a kustomization that Argo CD or Flux puts over it."""

    path: str
    overlay: str = ""


class Chart(Struct, frozen=True, kw_only=True, tag=True):
    """A Helm chart in the repository. `value_files` are paths of it, in the order in which later ones win.

    `values` is YAML that wins over all files, `parameters` are Helm's `--set` (`forced`: `--set-string`) over that.
    """

    path: str
    release: str
    namespace: str = "default"
    value_files: tuple[str, ...] = ()
    values: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    forced: tuple[tuple[str, str], ...] = ()
    with_crds: bool = True


class Manifests(Struct, frozen=True, kw_only=True, tag=True):
    """A directory of plain manifests. `include` and `exclude` are Argo CD's globs; `files` narrows it by name."""

    path: str
    recurse: bool = False
    include: str = ""
    exclude: str = ""
    files: tuple[str, ...] = ()


class Unrendered(Struct, frozen=True, kw_only=True, tag=True):
    """A source that cannot be rendered from this repository alone, and why; `path` and `line` say what asks for it.

    A remote base, a chart of a registry, another repository, a plugin: never passes as rendered.
    """

    what: str
    why: str
    path: str
    line: int | None = None


Source = Kustomization | Chart | Manifests | Unrendered


class Deployment(Struct, frozen=True, kw_only=True):
    """What one stack deploys: its sources, and where to.

    `cluster` is the name or server that Argo CD or Flux names (empty: the stack's environment is all that is known).
    `prune` says whether an object that is no longer rendered is deleted from the cluster; None where nobody tells (a
    plain directory or overlay, which is applied by somebody else).
    `path` and `line` are the Application, ApplicationSet or Flux object that says so, or the stack's own directory.
    """

    sources: tuple[Source, ...]
    cluster: str = ""
    namespace: str = ""
    prune: bool | None = None
    path: str = ""
    line: int | None = None
