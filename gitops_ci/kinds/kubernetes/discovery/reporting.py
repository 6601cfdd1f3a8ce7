"""What is wrong already where stacks are found: files that cannot be read, bases that are missing or go in circles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from gitops_ci.kinds.kubernetes.kustomize.tree import Target
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding

if TYPE_CHECKING:
    from gitops_ci.kinds.kubernetes.argocd.sets import Rendering


class Findings(Struct, frozen=True):
    """The findings of a repository, made when asked for; `used` are directories whose kustomizations are deployed.

    `objects` are those of Argo CD and Flux that stand in files or are rendered.
    """

    repository: Repository
    renderings: tuple[Rendering, ...]
    used: frozenset[str]
    repositories: Repositories
    objects: tuple[Declared, ...]

    def __iter__(self) -> Iterator[Finding]:
        """All of them."""
        yield from _unreadable(self.repository, self.used)
        yield from _missing(self.repository, self.used)
        yield from _circles(self.repository, self.used)
        yield from _sets(self.renderings)
        if self.repository.declared:
            from gitops_ci.kinds.kubernetes.rules import flux  # many rules, of what many repositories have not
            from gitops_ci.kinds.kubernetes.rules.argocd import judging

            yield from judging.of(
                self.repository.declared,
                self.renderings,
                judging.world(self.repository, self.repositories, self.objects),
            )
            yield from flux.of(self.repository, self.repositories, self.objects)


def _unreadable(repository: Repository, used: frozenset[str]) -> Iterator[Finding]:
    kustomizations, charts = repository.kustomizations, repository.charts
    found = dict(repository.unreadable)
    read = kustomizations.read
    found |= {kustomizations.files[each]: wrong for each in used if each in read and (wrong := read[each].wrong)}
    found |= {charts.directories[each]: chart.wrong for each, chart in charts.read.items() if chart.wrong}
    for path, (line, why) in found.items():
        yield findings.make(
            "kubernetes/unreadable-file",
            "error",
            f"cannot be read, so what it deploys is not known: {why}",
            help="Mend the YAML.",
            path=path,
            line=line,
        )


def _missing(repository: Repository, used: frozenset[str]) -> Iterator[Finding]:
    tree = repository.kustomizations
    for directory in sorted(used & tree.targets.keys()):
        for target in tree.targets[directory]:
            if target.kind == "missing":
                yield findings.make(
                    "kubernetes/missing-file",
                    "error",
                    f"the kustomization names {target.entry.name}, which is not there",
                    help="Correct the path (it is relative to the kustomization), or add the file or directory.",
                    path=tree.files[directory],
                    line=target.entry.line,
                )
            elif target.kind == "directory":
                yield from _without(tree.files[directory], target, repository)


def _without(path: str, target: Target, repository: Repository) -> Iterator[Finding]:
    real = repository.snapshot.resolve(target.path)
    if real not in repository.kustomizations.files:
        yield findings.make(
            "kubernetes/missing-file",
            "error",
            f"the kustomization names the directory {target.entry.name}, which has no kustomization",
            help="Add a kustomization.yaml there, or name the files.",
            path=path,
            line=target.entry.line,
        )


def _circles(repository: Repository, used: frozenset[str]) -> Iterator[Finding]:
    tree = repository.kustomizations
    for directory, target in tree.circles():
        if directory not in used:
            continue
        yield findings.make(
            "kubernetes/circular-kustomization",
            "error",
            f"the kustomization takes {target.entry.name}, which leads back to it",
            help="Move what both need into a base of its own.",
            path=tree.files[directory],
            line=target.entry.line,
        )


def _sets(renderings: Iterable[Rendering]) -> Iterator[Finding]:
    for rendering in renderings:
        for trouble in rendering.troubles:
            if trouble.code == "refused":
                continue  # told by kubernetes/schema or kubernetes/unknown-field
            is_offline = trouble.code == "offline"
            yield findings.make(
                "argocd/set-offline" if is_offline else "argocd/set-invalid",
                "notice" if is_offline else "error",
                f"{rendering.by.name} cannot be rendered{' offline' * is_offline}: {trouble.message}",
                help="Answer for the generator under kinds.kubernetes.generators in gitops-ci.yml."
                if is_offline
                else "Correct the generator or the template: Argo CD makes no Application of it.",
                path=rendering.by.path,
                line=trouble.line,
            )
