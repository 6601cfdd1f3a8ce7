"""Git submodules in what is deployed: their files are not in this repository, and whoever deploys has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import structs

from gitops_ci.kinds.kubernetes.reading.repository import Deployed, Reading, Repository
from gitops_ci.kinds.kubernetes.sources import Kustomization, Manifests, Unrendered

WHY = "it is a git submodule, whose files are not in this repository"


def told(deployed: Deployed, repository: Repository, path: str, line: int | None, *, below: bool) -> Deployed:
    """What is deployed with the submodules that it takes from, each as what is not rendered.

    `path` and `line` are what asks for it. `below`: all below the first directory is taken, not what lies in it only.
    Plain manifests in one are the same as long as its commit is; values and patches may be for what is in it.
    """
    if not repository.submodules:
        return deployed
    found = tuple(dict.fromkeys(_taken(deployed, repository, below=below)))
    entries = repository.snapshot.entries
    is_plain = all(isinstance(each, Manifests) for each in deployed.sources)
    gaps = (
        Unrendered(what=each, why=WHY, path=path, line=line, fixed=entries[each].oid if is_plain else "")
        for each in found
    )
    return structs.replace(deployed, sources=(*deployed.sources, *gaps), reads=(*deployed.reads, *map(Reading, found)))


def above(path: str, repository: Repository) -> str | None:
    """The submodule that a path is, or lies in."""
    return next((each for each in repository.submodules if path == each or path.startswith(f"{each}/")), None)


def _taken(deployed: Deployed, repository: Repository, *, below: bool) -> Iterator[str]:
    taken = [each for each in deployed.sources if isinstance(each, Kustomization)]
    if deployed.path is not None and below and all(each.files for each in taken):
        real = repository.snapshot.resolve(deployed.path) or deployed.path
        inside = f"{real}/" if real else ""
        yield from (each for each in repository.submodules if each.startswith(inside))
    for source in taken:
        named = _named((source.path, *source.files, *source.components), repository)
        yield from (each for path in named if (each := above(path, repository)) is not None)


def _named(starts: Iterable[str], repository: Repository) -> Iterator[str]:
    tree, resolve = repository.kustomizations, repository.snapshot.resolve
    for each in tree.reached(resolve(start) or start for start in starts):
        yield from (target.path for target in tree.targets.get(each, ()) if target.path)
