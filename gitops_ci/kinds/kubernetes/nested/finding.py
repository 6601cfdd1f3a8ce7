"""All that is deployed: by objects that stand in files, by those that these render to, and so on, by directories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from gitops_ci.kinds.kubernetes.manifests import Declared, Maker
from gitops_ci.kinds.kubernetes.nested.made import NOTHING, Made, Trouble
from gitops_ci.kinds.kubernetes.nested.templates import Templates
from gitops_ci.kinds.kubernetes.placed import Placed
from gitops_ci.kinds.kubernetes.repository import Deployed, Reading, Repository
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Source, Unrendered
from gitops_ci.model import stack as stacks

if TYPE_CHECKING:
    from gitops_ci.kinds.kubernetes.deploying import Deploying
    from gitops_ci.kinds.kubernetes.gotemplate import Budget

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
    renderings = _Renderings(repository)
    found = _placed(repository, repository.declared, with_directories)
    made = renderings.of(found.placed)
    for _ in range(DEEPEST):
        objects = (*repository.declared, *(each for each in made if isinstance(each, Declared)))
        if objects == found.objects:
            break
        found = _placed(repository, objects, with_directories)
        made = renderings.of(found.placed)
    known = {_told_by(each) for each in found.objects}
    more = (each for each in made if isinstance(each, Declared) and _told_by(each) not in known)
    unknown = (each for each in made if isinstance(each, Placed))
    placed = (*found.placed, *unknown, *(_too_deep(each, repository) for each in more))
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
        from gitops_ci.kinds.kubernetes import deploying  # Argo CD and Flux, which many repositories have not

        made = deploying.of(repository, objects)
    placed = () if made is None else made.placed
    return Finding(tuple(with_directories(placed, repository)), made, objects)


class _Renderings:
    """What the sources of stacks make, each rendered once."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._templates = Templates(repository.snapshot, repository.charts)
        self._budget: Budget | None = None

    def of(self, placed: Iterable[Placed]) -> tuple[Declared | Placed, ...]:
        """The objects that stacks render to, and a stack for each template of which it is not known."""
        made = ((each, self._made(source)) for each in placed for source in each.deployment.sources)
        return tuple(one for by, found in made if found is not NOTHING for one in _of(found, by, self._repository))

    def _made(self, source: Source) -> Made:
        if not isinstance(source, Chart) or not self._templates.may_make(source):
            return NOTHING
        from gitops_ci.kinds.kubernetes.gotemplate import Budget  # which few repositories need
        from gitops_ci.kinds.kubernetes.nested import charts

        self._budget = self._budget or Budget()
        return charts.made(source, self._templates, self._budget)


def _of(made: Made, by: Placed, repository: Repository) -> Iterator[Declared | Placed]:
    label = label_of(by)
    for part in made.parts:
        yield Declared(part.path, part.manifest, Maker(label, by.stack, part.read))
    for trouble in made.troubles:
        yield _unknown(trouble, Maker(label, by.stack, trouble.read), repository)


def label_of(placed: Placed) -> str:
    """What tells a stack from others, whatever renders to it in turn."""
    return f"{placed.stack.id} of {placed.deployment.path}"


def _unknown(trouble: Trouble, maker: Maker, repository: Repository) -> Placed:
    """A stack that cannot say what it deploys: it reads what decides that, and the folders that are named."""
    outer = maker.stack
    name = trouble.path.rpartition("/")[2].partition(".")[0]
    stack = stacks.make(
        environment=outer.environment,
        kind="kubernetes",
        name=f"{outer.name}/{name}",
        path=outer.path,
        instance=outer.instance,
    )
    why = f"what {outer.path or 'the root'} makes of it cannot be told here: {trouble.message}"
    source = Unrendered(what=trouble.path, why=why, path=trouble.path, line=trouble.line)
    reads = [*map(Reading, trouble.read), *(Reading(folder, "tree", "direct") for folder in trouble.folders)]
    reads += [read for folder in trouble.folders for read in repository.linked(folder)]
    deployment = Deployment(
        sources=(source,), by=f"Template {trouble.path}", path=trouble.path, line=trouble.line, within=maker.label
    )
    return Placed(stack, Deployed((source,), tuple(reads), None), deployment, ("", name, maker.label), maker=maker)


def _too_deep(by: Declared, repository: Repository) -> Placed:
    assert by.maker is not None
    message = f"{by.kind} {by.name} is made by what is made by others, more than {DEEPEST} deep"
    return _unknown(Trouble(by.path, message, by.line, by.decided), by.maker, repository)
