"""How long planning takes, beside the same Terraform calls under `xargs -P` with a warm plugin cache."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks import generate, measure, null_provider
from benchmarks.generate import ENVIRONMENTS
from benchmarks.measure import Impossible, Program, Row, Skipped

_JOBS = 2
_STAMP = "shared/terraform/modules/stamp"
_LOCK = ".terraform.lock.hcl"


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`plan --all` and `run --base HEAD~1` (a module that every root uses changed) on roots of the null provider.

    Both get the provider as an archive from a filesystem mirror. The peer's cache is warm before; ours never outlives a
    run, so unpacking is measured with it.
    """
    repository = place / "planning"
    env = _installation(place)
    roots = _written(repository, 4 if quick else 50, _lock_file(place, env))
    ours = {
        "plan --all": _ours(repository, place / "all", env, "plan", "--all"),
        "run --base": _ours(repository, place / "base", env, "run", "--base", "HEAD~1"),
    }
    best: dict[str, float] = {}
    for turn in range(1 if quick else 3):
        peer = _xargs(repository, place / f"peer-{turn}", roots, {**env, "TF_PLUGIN_CACHE_DIR": str(place / "cache")})
        samples = {"peer": peer.run().seconds}
        samples |= {name: program.run().seconds for name, program in ours.items()}
        best = {name: min(seconds, best.get(name, seconds)) for name, seconds in samples.items()}
        shutil.rmtree(peer.cwd)
    for name in ("all", "base"):
        _verify(place / name / "report.json", len(roots))
    what = f"{len(roots)} roots / xargs -P{_JOBS}"
    return [measure.compared(f"{name}, {what}", best[name], best["peer"], times=1.05, plus=0.5) for name in ours]


def _ours(repository: Path, out: Path, env: Mapping[str, str], *arguments: str) -> Program:
    argv = measure.gitops_ci(*arguments, "--jobs", str(_JOBS), "--out", str(out))
    return Program(argv, repository, env=env)


def _xargs(repository: Path, copy: Path, roots: tuple[str, ...], env: Mapping[str, str]) -> Program:
    """init, plan and show in every root of a fresh copy."""
    terraform = measure.tool("terraform")
    shutil.copytree(repository, copy, ignore=shutil.ignore_patterns(".git"))
    names = copy / "roots"
    names.write_text("".join(f"{root}\n" for root in roots), encoding="utf-8")
    steps = " && ".join(
        (
            f"{terraform} init -input=false -no-color >init.txt",
            f"{terraform} plan -input=false -no-color -lock=false -out=plan >plan.txt",
            f"{terraform} show -json -no-color plan >plan.json",
        )
    )
    argv = (measure.tool("xargs"), "-P", str(_JOBS), "-I{}", measure.tool("sh"), "-c", f"cd '{{}}' && {steps}")
    return Program(argv, copy, env=env).reading(names)


def _installation(place: Path) -> dict[str, str]:
    """A CLI configuration that installs the null provider from an archive, and nothing from anywhere else."""
    download, mirror = place / "download", place / "mirror" / null_provider.SOURCE
    download.mkdir()
    mirror.mkdir(parents=True)
    try:
        package = null_provider.install(place / "unpacked", download)
    except null_provider.Unavailable as reason:
        raise Skipped(str(reason)) from None
    name = f"terraform-provider-null_{null_provider.VERSION}_{null_provider.PLATFORM}.zip"
    with zipfile.ZipFile(mirror / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for program in package.iterdir():
            archive.write(program, program.name)
    configuration = place / "terraform.tfrc"
    method = f'  filesystem_mirror {{\n    path = "{place / "mirror"}"\n  }}\n'
    configuration.write_text(f"provider_installation {{\n{method}}}\n", encoding="utf-8")
    return {"TF_CLI_CONFIG_FILE": str(configuration)}


def _lock_file(place: Path, env: Mapping[str, str]) -> str:
    """The lock file that every root has; making it warms the peer's cache."""
    root, cache = place / "first", place / "cache"
    root.mkdir()
    cache.mkdir()
    (root / "main.tf").write_text(_PROVIDER, encoding="utf-8")
    done = subprocess.run(
        [measure.tool("terraform"), "init", "-input=false", "-no-color"],
        cwd=root,
        env=measure.environment() | env | {"TF_PLUGIN_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Impossible(f"the null provider cannot be installed: {done.stderr.strip()[-500:]}")
    return (root / _LOCK).read_text(encoding="utf-8")


def _written(repository: Path, count: int, lock: str) -> tuple[str, ...]:
    roots = tuple(
        f"environments/{ENVIRONMENTS[number % len(ENVIRONMENTS)]}/terraform/service-{number // len(ENVIRONMENTS):02}"
        for number in range(count)
    )
    files = {"README.md": "# Infrastructure\n", f"{_STAMP}/main.tf": _MODULE}
    files |= {f"{root}/main.tf": _PROVIDER + _ROOT.format(name=root.rpartition("/")[2]) for root in roots}
    files |= {f"{root}/{_LOCK}": lock for root in roots}
    generate.write(repository, files, {f"{_STAMP}/main.tf": _MODULE.replace("first", "second")})
    return roots


def _verify(report: Path, count: int) -> None:
    """Raises Impossible where not every root was planned: a failure is fast, too."""
    plans = json.loads(report.read_bytes())["plans"]
    changed = [plan for plan in plans if plan["status"] == "changed"]
    if len(changed) != count:
        odd = next((plan["reason"] for plan in plans if plan["status"] != "changed"), None)
        raise Impossible(f"{len(changed)} of {count} roots were planned; for instance {odd}")


_PROVIDER = """\
terraform {
  backend "local" {}
  required_providers {
    null = {
      source  = "hashicorp/null"
      version = "~> 2.1"
    }
  }
}
"""

_MODULE = """\
variable "name" {
  type = string
}

resource "terraform_data" "stamp" {
  count = 10
  input = "${var.name}-${count.index}-first"
}

resource "null_resource" "stamp" {
  count    = 10
  triggers = { name = "${var.name}-${count.index}" }
}

output "stamps" {
  value = terraform_data.stamp[*].output
}
"""

_ROOT = """\

module "stamp" {{
  source = "../../../../shared/terraform/modules/stamp"
  name   = "{name}"
}}

resource "terraform_data" "service" {{
  input            = {{ name = "{name}", stamps = module.stamp.stamps }}
  triggers_replace = ["{name}"]
}}
"""
