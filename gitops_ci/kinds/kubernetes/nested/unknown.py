"""Stacks that cannot say what they deploy, as what makes it is not understood."""

from __future__ import annotations

from gitops_ci.kinds.kubernetes.discovery.placed import Placed
from gitops_ci.kinds.kubernetes.nested.made import Trouble
from gitops_ci.kinds.kubernetes.reading.manifests import Declared, Maker
from gitops_ci.kinds.kubernetes.reading.repository import Deployed, Reading, Repository
from gitops_ci.kinds.kubernetes.sources import Deployment, Unrendered
from gitops_ci.model import stack as stacks


def of(trouble: Trouble, maker: Maker, repository: Repository) -> Placed:
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


def too_deep(by: Declared, repository: Repository, most: int) -> Placed:
    """An object that is made deeper than is looked."""
    assert by.maker is not None
    message = f"{by.kind} {by.name} is made by what is made by others, more than {most} deep"
    return of(Trouble(by.path, message, by.line, by.decided), by.maker, repository)
