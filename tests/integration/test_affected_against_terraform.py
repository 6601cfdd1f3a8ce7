"""What Terraform reads (the oracle of benchmarks/replay.py) beside what we say that each root reads."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from benchmarks.replaying import engine
from benchmarks.replaying.answers import CERTAIN
from benchmarks.replaying.history import Checkout, History
from benchmarks.replaying.oracle import Oracle, Seen
from gitops_ci.config import DEFAULT
from gitops_ci.discover import inventory
from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds import catalog
from gitops_ci.system.git import Repository
from tests.integration.repositories import Scratch
from tests.integration.terraform_reads import BACKEND, WAYS, Way

Read = Mapping[str, Seen]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    if (reason := engine.missing()) is not None:
        pytest.skip(reason)
    scratch = Scratch(tmp_path_factory.mktemp("ways") / "repository")
    for name, way in WAYS.items():
        scratch.write({f"roots/{name}/{path}": text for path, text in way.files.items()})
        scratch.write({f"roots/{name}/main.tf": BACKEND + way.main})
        for path, target in way.links.items():
            (scratch.path / "roots" / name / path).symlink_to(target)
    scratch.commit()
    return scratch


@pytest.fixture(scope="module")
def read(repository: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """What Terraform reads, for every way."""
    history = History(repository.path)
    place = tmp_path_factory.mktemp("oracle").resolve()
    checkout = Checkout(place / "tree", history)
    checkout.move(history.entries("HEAD"))
    oracle = Oracle(checkout, place / "scratch")
    directories = oracle.directories()
    found = {name: oracle.seen(f"roots/{name}", directories) for name in WAYS}
    history.close()
    return found


@pytest.fixture(scope="module")
def ours(repository: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inventory]:
    with_git = Repository(repository.path, exact=True, environ={}, scratch=tmp_path_factory.mktemp("scratch"))
    yield inventory.take(with_git.at(repository.git("rev-parse", "HEAD")), DEFAULT, catalog.ALL)
    with_git.close()


def said(ours: Inventory, name: str, *, certain: bool) -> set[str]:
    """The files whose change reaches the root by our graph."""
    [stack] = [id for id, each in ours.stacks.items() if each.path == f"roots/{name}"]
    found = set()
    for path in ours.snapshot.entries:
        reach = ours.graph.reached([path], frozenset({stack})).get(stack)
        if reach is not None and (not certain or reach.certainty in CERTAIN):
            found.add(path)
    return found


def ways(wrong: str) -> list[object]:
    """Every way, with the reason where we are known to be wrong: it has to go once we are not."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(reason=reason) if (reason := getattr(way, wrong)) else ())
        for name, way in WAYS.items()
    ]


@pytest.mark.parametrize("name", ways("missed"))
def test_nothing_that_terraform_reads_is_missed(read: Read, ours: Inventory, name: str) -> None:
    assert read[name].files - said(ours, name, certain=False) == set()


@pytest.mark.parametrize("name", ways("false"))
def test_what_is_said_to_be_read_is_read(read: Read, ours: Inventory, name: str) -> None:
    assert said(ours, name, certain=True) - read[name].files == set()


def test_terraform_takes_every_way_as_it_is(read: Read) -> None:
    assert {name: each.blind for name, each in read.items() if each.blind or not each.offline} == {}


def test_the_ways_are_about_something(read: Read) -> None:
    """The oracle sees at least one file beside main.tf in every root that has one to be read."""
    unread = {"commented"}  # that is its point
    for name in sorted(WAYS.keys() - unread):
        assert len(read[name].files) > 1 or name == "not-loaded", name


def test_every_file_of_a_way_belongs_to_it_alone() -> None:
    def owned(name: str, way: Way) -> set[str]:
        return {posixpath.normpath(f"roots/{name}/{path}") for path in (*way.files, *way.links)}

    seen: set[str] = set()
    for name, way in WAYS.items():
        assert not seen & owned(name, way), name
        seen |= owned(name, way)
    assert str(Path("roots")) not in seen
