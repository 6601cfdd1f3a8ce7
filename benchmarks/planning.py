"""How long planning takes, beside the same Terraform calls under `xargs -P`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from benchmarks import generate, measure
from benchmarks.generate import ENVIRONMENTS
from benchmarks.measure import Impossible, Program, Row

_JOBS = 2
_STAMP = "shared/terraform/modules/stamp"


def measured(place: Path, *, quick: bool) -> list[Row]:
    """`run --all` and `run --base HEAD~1` (a module that every root uses changed) on roots that need no provider."""
    repository = place / "planning"
    roots = _written(repository, 4 if quick else 20)
    ours = {
        "run --all": _ours(repository, place / "all", "--all"),
        "run --base": _ours(repository, place / "base", "--base", "HEAD~1"),
    }
    best: dict[str, float] = {}
    for turn in range(1 if quick else 3):
        samples = {"peer": _xargs(repository, place / f"peer-{turn}", roots).run().seconds}
        samples |= {name: program.run().seconds for name, program in ours.items()}
        best = {name: min(seconds, best.get(name, seconds)) for name, seconds in samples.items()}
    for name in ("all", "base"):
        _verify(place / name / "report.json", len(roots))
    what = f"{len(roots)} roots / xargs -P{_JOBS}"
    return [measure.compared(f"{name}, {what}", best[name], best["peer"], times=1.1, plus=0.5) for name in ours]


def _ours(repository: Path, out: Path, *arguments: str) -> Program:
    argv = measure.gitops_ci("run", *arguments, "--jobs", str(_JOBS), "--out", str(out))
    return Program(argv, repository)


def _xargs(repository: Path, copy: Path, roots: tuple[str, ...]) -> Program:
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
    return Program(argv, copy).reading(names)


def _written(repository: Path, count: int) -> tuple[str, ...]:
    roots = tuple(
        f"environments/{ENVIRONMENTS[number % len(ENVIRONMENTS)]}/terraform/service-{number // len(ENVIRONMENTS):02}"
        for number in range(count)
    )
    files = {"README.md": "# Infrastructure\n", f"{_STAMP}/main.tf": _MODULE}
    files |= {f"{root}/main.tf": _ROOT.format(name=root.rpartition("/")[2]) for root in roots}
    generate.write(repository, files, {f"{_STAMP}/main.tf": _MODULE.replace("first", "second")})
    return roots


def _verify(report: Path, count: int) -> None:
    """Raises Impossible where not every root was planned: a failure is fast, too."""
    plans = json.loads(report.read_bytes())["plans"]
    changed = [plan for plan in plans if plan["status"] == "changed"]
    if len(changed) != count:
        odd = next((plan["reason"] for plan in plans if plan["status"] != "changed"), None)
        raise Impossible(f"{len(changed)} of {count} roots were planned; for instance {odd}")


_MODULE = """\
variable "name" {
  type = string
}

resource "terraform_data" "stamp" {
  count = 10
  input = "${var.name}-${count.index}-first"
}

output "stamps" {
  value = terraform_data.stamp[*].output
}
"""

_ROOT = """\
terraform {{
  backend "local" {{}}
}}

module "stamp" {{
  source = "../../../../shared/terraform/modules/stamp"
  name   = "{name}"
}}

resource "terraform_data" "service" {{
  input            = {{ name = "{name}", stamps = module.stamp.stamps }}
  triggers_replace = ["{name}"]
}}
"""
