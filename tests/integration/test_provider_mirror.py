"""Providers are installed once a run, whatever the roots' lock files say, and never from where a change could put them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_ci.system import providers
from tests.integration import provider_bed
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.provider_bed import PLATFORM, SHELF, Server
from tests.integration.repositories import Scratch

ROOT = """terraform {{
  required_providers {{
    shelf = {{
      source  = "registry.example.com/acme/shelf"
      version = ">= 1.0"
    }}
  }}
}}
resource "{type}" "a" {{
  {argument} = "{name}"
}}
"""
LOCK = """provider "registry.example.com/acme/shelf" {{
  version = "{version}"
  hashes = [
    "{hashes}",
  ]
}}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repository")
    scratch.commit({"gitops-ci.yml": provider_bed.PERMITTED, "README.md": "# here\n"})
    return scratch


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    mirror = tmp_path / "unpacked"
    provider_bed.shelf(mirror, "1.0.0", "1.1.0")
    return mirror


@pytest.fixture
def server(tmp_path: Path, unpacked: Path) -> Iterator[Server]:
    provider_bed.packed(unpacked, tmp_path / "served")
    with provider_bed.serving(tmp_path / "served", tmp_path) as running:
        yield running


def path(name: str) -> str:
    return f"environments/staging/terraform/{name}"


def roots(count: int, *, use: bool = False) -> dict[str, str]:
    """Roots that need the provider; `use` it, too, which takes a second each."""
    type, argument = ("shelf_box", "name") if use else ("terraform_data", "input")
    names = [f"r{number:02}" for number in range(count)]
    return {f"{path(name)}/main.tf": ROOT.format(name=name, type=type, argument=argument) for name in names}


def hashes(unpacked: Path, server: Server, version: str) -> tuple[str, str]:
    """What a lock file says of a version: `h1:` and `zh:`."""
    archive = server.files / SHELF / f"terraform-provider-shelf_{version}_{PLATFORM}.zip"
    zh = provider_bed.archive(unpacked / SHELF / version / PLATFORM, archive.with_suffix(".again"))
    return providers.package_hash(unpacked / SHELF / version / PLATFORM), zh


def run(repository: Scratch, server: Server, files: dict[str, str], *arguments: str) -> Outcome:
    repository.commit(files)
    configuration = provider_bed.cli_configuration(repository.path.parent, server.method)
    env = {"TF_CLI_CONFIG_FILE": str(configuration), "SSL_CERT_FILE": str(server.certificate)}
    return gitops_ci(repository.path, "run", "--base", "HEAD~1", *arguments, env=env)


def statuses(outcome: Outcome) -> list[str]:
    return [plan.status if plan.reason is None else plan.reason.message for plan in outcome.report.plans]


def test_a_cold_parallel_run_downloads_each_provider_once(repository: Scratch, server: Server) -> None:
    outcome = run(repository, server, roots(12, use=True), "--jobs", "6")
    assert statuses(outcome) == ["changed"] * 12
    assert server.archives == [f"terraform-provider-shelf_1.1.0_{PLATFORM}.zip"]


@pytest.mark.parametrize("kind", ["h1", "zh"])
def test_locked_roots_share_it_too(repository: Scratch, server: Server, unpacked: Path, kind: str) -> None:
    """Lock files made on another platform only know this one's archive."""
    h1, zh = hashes(unpacked, server, "1.0.0")
    files = roots(6)
    files |= {
        f"{path(f'r{number:02}')}/.terraform.lock.hcl": LOCK.format(version="1.0.0", hashes=h1 if kind == "h1" else zh)
        for number in range(6)
    }
    outcome = run(repository, server, files, "--jobs", "6")
    assert statuses(outcome) == ["changed"] * 6
    assert server.archives == [f"terraform-provider-shelf_1.0.0_{PLATFORM}.zip"]


def test_another_roots_lock_file_makes_nobody_older(repository: Scratch, server: Server, unpacked: Path) -> None:
    """What one root is locked to lies in the mirror; the other gets the newest, as it would alone."""
    h1, _ = hashes(unpacked, server, "1.0.0")
    files = roots(2)
    files[f"{path('r00')}/.terraform.lock.hcl"] = LOCK.format(version="1.0.0", hashes=h1)
    outcome = run(repository, server, files, "--jobs", "1")
    assert statuses(outcome) == ["changed"] * 2
    assert server.archives == [f"terraform-provider-shelf_{each}_{PLATFORM}.zip" for each in ("1.0.0", "1.1.0")]


def test_a_lock_file_that_does_not_fit_fails_as_it_would_alone(
    repository: Scratch, server: Server, unpacked: Path
) -> None:
    files = roots(3)
    files[f"{path('r01')}/.terraform.lock.hcl"] = LOCK.format(version="1.1.0", hashes=f"h1:{'A' * 43}=")
    outcome = run(repository, server, files, "--jobs", "1")
    good, bad, also_good = statuses(outcome)
    assert (good, also_good) == ("changed", "changed")
    assert "checksum" in bad
    assert outcome.code == 3


def test_one_that_another_root_may_not_have_is_not_offered(repository: Scratch, server: Server, unpacked: Path) -> None:
    """A lock file with this version's archive only: the first root proved nothing about it, so it is downloaded."""
    _, zh = hashes(unpacked, server, "1.1.0")
    files = roots(2)
    files[f"{path('r01')}/.terraform.lock.hcl"] = LOCK.format(version="1.1.0", hashes=zh)
    outcome = run(repository, server, files, "--jobs", "1")
    assert statuses(outcome) == ["changed", "changed"]
    assert len(server.archives) == 2


def test_the_jobs_plugin_cache_is_not_used(repository: Scratch, server: Server, tmp_path: Path) -> None:
    """A cache that is restored from an earlier run may hold what a pull request put there."""
    cache = tmp_path / "cache"
    planted = cache / SHELF / "1.1.0" / PLATFORM / "terraform-provider-shelf_v1.1.0"
    planted.parent.mkdir(parents=True)
    planted.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    planted.chmod(0o755)
    repository.commit(roots(2, use=True))
    configuration = provider_bed.cli_configuration(tmp_path, server.method)
    configuration.write_text(f'plugin_cache_dir = "{cache}"\n' + configuration.read_text())
    env = {
        "TF_CLI_CONFIG_FILE": str(configuration),
        "TF_PLUGIN_CACHE_DIR": str(cache),
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1",
        "SSL_CERT_FILE": str(server.certificate),
    }
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", env=env)
    assert statuses(outcome) == ["changed", "changed"]
    assert not (tmp_path / "ran").exists()
    assert len(server.archives) == 1
    assert planted.read_text().startswith("#!/bin/sh")


def test_a_filesystem_mirror_of_the_job_is_used_as_it_is(repository: Scratch, unpacked: Path, tmp_path: Path) -> None:
    repository.commit(roots(3))
    configuration = provider_bed.cli_configuration(tmp_path, provider_bed.filesystem_mirror(unpacked))
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", env={"TF_CLI_CONFIG_FILE": str(configuration)})
    assert statuses(outcome) == ["changed"] * 3
    assert sorted(each.name for each in unpacked.glob("*/*/*/*")) == ["1.0.0", "1.1.0"]


def test_a_mirror_in_the_repository_is_not_used(repository: Scratch, tmp_path: Path) -> None:
    """Neither a configuration that lies there nor one that a link in the repository stands for."""
    provider_bed.shelf(repository.path / "mirror", "1.0.0")
    configuration = provider_bed.cli_configuration(
        repository.path, provider_bed.filesystem_mirror(repository.path / "mirror")
    )
    repository.commit(roots(1))
    outcome = gitops_ci(repository.path, "run", "--base", "HEAD~1", env={"TF_CLI_CONFIG_FILE": str(configuration)})
    assert outcome.code == 3
    assert "changed" not in statuses(outcome)
