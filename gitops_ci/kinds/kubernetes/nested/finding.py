"""All that is deployed: by objects that stand in files, by those that these render to, and so on, by directories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from gitops_ci.kinds.kubernetes.discovery.placed import Placed
from gitops_ci.kinds.kubernetes.nested import unknown
from gitops_ci.kinds.kubernetes.nested.renderings import Renderings
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repository import Repository

if TYPE_CHECKING:
    from gitops_ci.kinds.kubernetes.discovery.deploying import Deploying

DEEPEST = 4
"""How often a rendering may make what renders."""


class Finding(Struct, frozen=True):
    """What is placed, and the objects of Argo CD and Flux that it came from."""

    placed: tuple[Placed, ...]
    deploying: Deploying | None
    objects: tuple[Declared, ...]


def of(
    repository: Repository, with_directories: Callable[[tuple[Placed, ...], Repository], Iterator[Placed]]
) -> Finding:
    """Goes round until nothing new is made: what is made may take a directory away that was found by itself.

    An object that makes itself again is the same one, so a circle ends.
    """
    renderings = Renderings(repository)
    found = _placed(repository, repository.declared, with_directories)
    rendered = renderings.of(found.placed)
    for _ in range(DEEPEST):
        if rendered.objects == found.objects:
            break
        found = _placed(repository, rendered.objects, with_directories)
        rendered = renderings.of(found.placed)
    known = {_told_by(each) for each in found.objects}
    more = (each for each in rendered.objects if _told_by(each) not in known)
    placed = (*found.placed, *rendered.unknown, *(unknown.too_deep(each, repository, DEEPEST) for each in more))
    return Finding(placed, found.deploying, found.objects)


def _told_by(each: Declared) -> object:
    return each.within, each.path, each.manifest.identity


def _placed(
    repository: Repository,
    objects: tuple[Declared, ...],
    with_directories: Callable[[tuple[Placed, ...], Repository], Iterator[Placed]],
) -> Finding:
    made = None
    if objects:
        from gitops_ci.kinds.kubernetes.discovery import deploying  # Argo CD and Flux, which many repositories have not

        made = deploying.of(repository, objects)
    placed = () if made is None else made.placed
    return Finding(tuple(with_directories(placed, repository)), made, objects)
