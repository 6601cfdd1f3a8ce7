"""The run's mirror of providers: turns, what is offered, what is kept; with an `init` that is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from gitops_ci.kinds.protocol import Ended, Installs
from gitops_ci.system import cli_configuration, providers
from gitops_ci.system.providers import Mirror

SOURCE = "registry.example.com/acme/shelf"
OK, BAD = Ended(0, b"", b"", "exited"), Ended(1, b"", b"", "exited")


@dataclass
class Root:
    """One root's directories; `environments` are what each `init` was given."""

    place: Path
    lock: str | None = None
    environments: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("root", "private"):
            (self.place / name).mkdir(parents=True)
        if self.lock is not None:
            self.lock_file.write_text(self.lock)

    @property
    def lock_file(self) -> Path:
        return self.place / "root" / ".terraform.lock.hcl"

    @property
    def link(self) -> Path:
        return self.place / "private/data/providers" / SOURCE / "1.0.0" / "linux_amd64"

    def install(self, mirror: Mirror, init: Callable[[dict[str, str]], Ended] | None = None, *needs: str) -> Ended:
        def call(env: dict[str, str]) -> Ended:
            self.environments.append(env)
            return (init or self.downloads)(env)

        installs = Installs(self.place / "root", self.place / "private/data", frozenset(needs))
        return mirror.install(call, installs, self.place / "private")

    def downloads(self, env: dict[str, str]) -> Ended:
        """Installs as Terraform does: into its cache, with a link to there, and writes the lock file."""
        package = Path(env["TF_PLUGIN_CACHE_DIR"]) / SOURCE / "1.0.0" / "linux_amd64"
        package.mkdir(parents=True)
        (package / "terraform-provider-shelf").write_text("a program")
        self.link.parent.mkdir(parents=True)
        self.link.symlink_to(package)
        if self.lock is None:
            self.lock_file.write_text(lock(providers.package_hash(package)))
        return OK

    @property
    def was_offered(self) -> bool:
        return "TF_CLI_CONFIG_FILE" in self.environments[0]


def lock(*hashes: str) -> str:
    listed = "".join(f'    "{each}",\n' for each in hashes)
    return f'provider "{SOURCE}" {{\n  version = "1.0.0"\n  hashes = [\n{listed}  ]\n}}\n'


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "mirror", cli_configuration.PLAIN)


@pytest.fixture
def h1(tmp_path: Path) -> str:
    package = tmp_path / "reference"
    package.mkdir()
    (package / "terraform-provider-shelf").write_text("a program")
    return providers.package_hash(package)


def test_the_hash_is_terraforms(tmp_path: Path) -> None:
    """As `terraform init` wrote it for a package of one file."""
    (tmp_path / "terraform-provider-x_v1.0.0").write_text("#!/bin/sh\n")
    assert providers.package_hash(tmp_path) == "h1:rKS+kQNBHyKKIjE1hjXaK8/G5EP2GOJaN1zVOcxJ49I="


def test_what_one_root_installed_is_offered_to_the_next(tmp_path: Path, mirror: Mirror) -> None:
    first, second = Root(tmp_path / "1"), Root(tmp_path / "2")
    first.install(mirror)
    assert not first.was_offered
    assert first.link.resolve() == tmp_path / "mirror" / SOURCE / "1.0.0" / "linux_amd64"
    second.install(mirror, lambda _: OK)
    text = Path(second.environments[0]["TF_CLI_CONFIG_FILE"]).read_text()
    assert f'include = ["{SOURCE}"]' in text
    assert str(tmp_path / "mirror") in text


def test_a_lock_file_decides_what_is_offered(tmp_path: Path, mirror: Mirror, h1: str) -> None:
    Root(tmp_path / "1", lock(h1, "zh:1", "zh:2")).install(mirror)
    offered = {
        name: Root(tmp_path / name, lock(*hashes))
        for name, hashes in {
            "itself": [h1],
            "every archive": ["h1:other=", "zh:1", "zh:2", "zh:3"],
            "one archive": ["zh:1"],
            "another": ["h1:other="],
            "anything": [],
        }.items()
    }
    for root in offered.values():
        root.install(mirror, lambda _: OK)
    assert [name for name, root in offered.items() if root.was_offered] == ["itself", "every archive", "anything"]
    assert h1 in offered["every archive"].lock_file.read_text()


def test_one_that_fails_with_the_mirror_is_run_alone_with_its_own_lock_file(
    tmp_path: Path, mirror: Mirror, h1: str
) -> None:
    Root(tmp_path / "1", lock(h1, "zh:1")).install(mirror)
    root = Root(tmp_path / "2", lock("zh:1"))
    seen: list[str] = []

    def init(env: dict[str, str]) -> Ended:
        seen.append(root.lock_file.read_text())
        return BAD

    assert root.install(mirror, init) == BAD
    assert h1 in seen[0]
    assert seen[1] == lock("zh:1")
    assert "TF_CLI_CONFIG_FILE" not in root.environments[1]


def test_one_that_is_stopped_is_not_run_again(tmp_path: Path, mirror: Mirror) -> None:
    Root(tmp_path / "1").install(mirror)
    root = Root(tmp_path / "2")
    stopped = Ended(-2, b"", b"", "cancelled")
    assert root.install(mirror, lambda _: stopped) == stopped
    assert len(root.environments) == 1


@pytest.mark.parametrize("ended", [BAD, Ended(-9, b"", b"", "timeout"), Ended(0, b"", b"", "flooded")])
def test_what_a_failed_init_left_is_not_kept(tmp_path: Path, mirror: Mirror, ended: Ended) -> None:
    first = Root(tmp_path / "1")
    first.install(mirror, lambda env: (first.downloads(env), ended)[1])
    second = Root(tmp_path / "2")
    second.install(mirror)
    assert not second.was_offered


def test_what_the_lock_file_does_not_say_is_not_kept(tmp_path: Path, mirror: Mirror) -> None:
    """A package that was altered after it was installed."""
    first = Root(tmp_path / "1", lock("h1:another="))
    first.install(mirror)
    assert not (tmp_path / "mirror").exists()


def test_a_package_of_the_jobs_own_mirror_stays_where_it_is(tmp_path: Path, mirror: Mirror, h1: str) -> None:
    root = Root(tmp_path / "1", lock(h1))

    def init(_: dict[str, str]) -> Ended:
        root.link.parent.mkdir(parents=True)
        root.link.symlink_to(tmp_path / "reference")
        return OK

    root.install(mirror, init)
    assert (tmp_path / "reference").is_dir()
    assert not (tmp_path / "mirror").exists()


@pytest.mark.parametrize("needs", [("shelf",), ()], ids=["without a lock file", "locked"])
def test_the_first_goes_alone_and_the_others_together(
    tmp_path: Path, mirror: Mirror, h1: str, needs: tuple[str, ...]
) -> None:
    roots = [Root(tmp_path / str(number), None if needs else lock(h1)) for number in range(6)]
    running, most, downloads = 0, [0], 0
    guard = threading.Lock()

    def init(root: Root, env: dict[str, str]) -> Ended:
        nonlocal running, downloads
        with guard:
            running += 1
            most.append(running)
        time.sleep(0.05)
        if "TF_CLI_CONFIG_FILE" not in env:
            with guard:
                downloads += 1
                assert running == 1
            root.downloads(env)
        with guard:
            running -= 1
        return OK

    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(root.install, mirror, partial(init, root), *needs) for root in roots]
        assert [future.result() for future in futures] == [OK] * 6
    assert downloads == 1
    assert max(most) > 1


def test_a_first_one_that_fails_does_not_make_the_others_wait(tmp_path: Path, mirror: Mirror) -> None:
    """Where nothing can be reached, they fail together and not one after the other."""
    Root(tmp_path / "first").install(mirror, lambda _: BAD, "shelf")
    both = threading.Barrier(2, timeout=10)
    roots = [Root(tmp_path / str(number)) for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(root.install, mirror, lambda _: (both.wait(), BAD)[1], "shelf") for root in roots]
        assert [future.result() for future in futures] == [BAD, BAD]


def test_roots_that_need_different_things_do_not_wait(tmp_path: Path, mirror: Mirror) -> None:
    both = threading.Barrier(2, timeout=10)
    roots = [Root(tmp_path / str(number)) for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        futures = [
            pool.submit(root.install, mirror, lambda _: (both.wait(), OK)[1], need)
            for root, need in zip(roots, ("aws", "google"), strict=True)
        ]
        assert [future.result() for future in futures] == [OK, OK]
