"""How long planning overlays takes beside `kubectl kustomize` on the same ones, and how little one of many costs."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import measure, tenants
from benchmarks.measure import Impossible, Program, Row

_TIMES = 1.2
_SHARE = 0.02
_SAMPLE = 10


def measured(place: Path, *, quick: bool) -> list[Row]:
    """Every stack has to be planned and to change as it does, or it is no measurement."""
    kubectl = measure.tool("kubectl")
    many, all_ = (20, 60) if quick else (200, 600)
    rounds = 1 if quick else 2
    under = place / "overlays"
    tenants.write(under, many)
    tenants.change(under, "base/deployment.yaml", "shop:1.0", "shop:1.1", "head")
    one = place / "applications"
    tenants.write(one, all_)
    tenants.change(one, "tenants/t007/replicas.yaml", "replicas: 3", "replicas: 4", "head")
    both = _alternating(under, kubectl, place, rounds=rounds)
    single = _alternating(one, kubectl, place, rounds=rounds, every=_SAMPLE)
    _check(place / "overlays-out", many)
    _check(place / "applications-out", 1)
    return [
        measure.compared(
            f"{many} overlays of one changed base planned / `xargs -P2 kubectl kustomize` at both ends",
            *both,
            times=_TIMES,
        ),
        measure.compared(f"one application of {all_} / rendering all at both ends", *single, times=_SHARE),
    ]


def _alternating(repository: Path, kubectl: str, place: Path, *, rounds: int, every: int = 1) -> tuple[float, float]:
    """Our time and the peer's, whose head and base are two copies beside the repository.

    The peer renders one directory of `every` so many, and its time is that many times what it took.
    """
    directories = []
    for branch in ("main", "head"):
        copy = place / f"{repository.name}-{branch}"
        measure.git(repository, "worktree", "add", "--quiet", "--force", "--detach", str(copy), branch)
        directories += sorted(str(each.parent) for each in copy.glob("tenants/*/kustomization.yaml"))[::every]
    listing = place / f"{repository.name}.txt"
    listing.write_text("\n".join(directories) + "\n", encoding="utf-8")
    out = place / f"{repository.name}-out"
    ours = measure.gitops_ci(
        "--repo", str(repository), "plan", "--base", "main", "--head", "head", "--jobs", "2", "--out", str(out)
    )
    best = measure.alternating(
        {
            "ours": (Program(ours, cwd=repository),),
            "kubectl": (Program(("xargs", "-P2", "-n1", kubectl, "kustomize"), stdin=listing),),
        },
        rounds=rounds,
    )
    return best["ours"].seconds, best["kubectl"].seconds * every


def _check(out: Path, expected: int) -> None:
    plans = json.loads((out / "report.json").read_text(encoding="utf-8"))["plans"]
    changed = [plan for plan in plans if plan["status"] == "changed" and plan["summary"]["update"] == 1]
    if len(plans) != expected or len(changed) != expected:
        raise Impossible(f"{len(changed)} of {len(plans)} plans change one object, {expected} should")
