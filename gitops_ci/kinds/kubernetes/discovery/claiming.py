"""Which directories, manifests and value files something deploys, so that they are no stacks by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.kinds.kubernetes.discovery.placed import Placed
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Manifests, Unrendered


def of(placed: Iterable[Placed], repository: Repository) -> frozenset[str]:
    """All that is claimed; the value files of a chart where it is only claimed with these."""
    return frozenset(path for each in placed for path in _of(each, repository))


def _of(placed: Placed, repository: Repository) -> Iterator[str]:
    partial = frozenset[str]()
    for source in placed.deployed.sources:
        match source:
            case Manifests(files=files):
                yield from files
            case Kustomization(path=path, files=files):
                yield from (path, *files)
            case Chart(path=path) if _is_partial(placed, path):
                partial |= {path}
                yield from _with_values(placed, source, repository)
            case Chart(path=path):
                yield path
            case _:
                pass
    outer = placed.deployed.path
    if outer is not None and outer not in partial and not is_doubtful(placed):
        yield repository.snapshot.resolve(outer) or outer


def _is_partial(placed: Placed, path: str) -> bool:
    """Whether the chart may be deployed with other values, too: it makes itself, or what makes it lacks its own."""
    return placed.maker is not None and (placed.maker.is_loose or placed.maker.stack.path == path)


def _with_values(placed: Placed, source: Chart, repository: Repository) -> Iterator[str]:
    resolve = repository.snapshot.resolve
    real = resolve(source.path) or source.path
    own = frozenset(repository.charts.value_files(real).values())
    given = own.intersection(resolve(path) or path for path in source.value_files)
    if given:
        yield from given
    elif not is_doubtful(placed):
        yield from (source.path, real)


def is_doubtful(placed: Placed) -> bool:
    """Whether it is not there as it was found: what makes it lacks its values, and it asks for what is not here."""
    is_loose = placed.maker is not None and placed.maker.is_loose
    return is_loose and any(isinstance(each, Unrendered) and each.code == "invalid" for each in placed.deployed.sources)
