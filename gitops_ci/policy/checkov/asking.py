"""What one run of checkov is asked about a change: plans, files of head, and what of base they are compared with."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.config import Checkov, Framework
from gitops_ci.model.plan import Problem
from gitops_ci.policy.checkov import files, plans
from gitops_ci.policy.checkov.job import Job, Scan
from gitops_ci.policy.checkov.plans import Malformed, Planned
from gitops_ci.policy.scope import Scope


class Asked(Struct, frozen=True):
    """What one run is asked: a scan by its name, plans by their stack."""

    scans: dict[str, Scan] = {}
    plans: dict[str, Planned] = {}
    unread: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def job(scope: Scope, settings: Checkov, asked: Asked) -> Job:
    """The run that answers it; custom checks are those of the rules' end, whatever a change does to them."""
    root = settings.custom_checks.strip("/") if settings.custom_checks is not None else None
    custom = [path for path in scope.rules.entries if root is not None and path.startswith(f"{root}/")]
    return Job(
        scans=tuple(asked.scans.values()),
        checks=settings.checks,
        skip=settings.skip,
        rules=scope.rules,
        custom_root=root,
        custom=tuple(custom),
        timeout=settings.timeout,
    )


def of(scope: Scope, settings: Checkov) -> Asked:
    """Everything that is scanned. A stack that has a plan is judged by it, and its files are not read once more."""
    wanted = settings.frameworks
    problems: list[Problem] = []
    planned: dict[str, Planned] = {}
    scans: list[Scan] = []
    for stack, place in sorted(scope.plans.items()) if not wanted or "terraform_plan" in wanted else ():
        try:
            planned[stack] = plan = plans.read(place.read_bytes())
        except (Malformed, OSError) as error:
            problems.append(_malformed(stack, error))
            continue
        scans.append(Scan(name=f"plan/{stack}", framework="terraform_plan", document=plan.after))
        if plan.before is not None and not plan.same and scope.base is not None:
            scans.append(Scan(name=f"before/{stack}", framework="terraform_plan", document=plan.before))
    in_plans = {path for path, owners in scope.owners.items() if owners and all(owner in planned for owner in owners)}
    sorted_ = files.sorted_by_framework(scope.head, (path for path in scope.paths if not _is_planned(path, in_plans)))
    for framework, paths in sorted_.frameworks.items():
        if not wanted or framework in wanted:
            scans += _of_files(framework, paths, scope)
    return Asked({scan.name: scan for scan in scans}, planned, sorted_.unread, tuple(problems))


def _is_planned(path: str, in_plans: set[str]) -> bool:
    return path in in_plans and path.endswith((".tf", ".tfvars", ".tofu", ".tf.json", ".tofu.json", ".tfvars.json"))


def _malformed(stack: str, error: Exception) -> Problem:
    why = str(error) if isinstance(error, Malformed) else "it cannot be read"
    return Problem(code="checkov-plan", message=f"the plan of {stack} cannot be given to checkov: {why}")


def _of_files(framework: Framework, paths: tuple[str, ...], scope: Scope) -> Iterator[Scan]:
    """The files at head, and those at base that differ; of Terraform and charts all, since they hang together."""
    together = framework in ("terraform", "helm")
    if framework == "helm":
        paths = files.charts(scope.head, paths)
    if framework == "terraform" and not any(path.endswith(".tf") for path in paths):
        return
    yield Scan(name=f"head/{framework}", framework=framework, snapshot=scope.head, files=paths, tree=together)
    if scope.base is None:
        return
    differing = [path for path in paths if path in scope.changed]
    gone = files.sorted_by_framework(scope.base, scope.changed - scope.head.entries.keys()).frameworks
    earlier = [path for path in (paths if together else differing) if path in scope.base.entries]
    earlier += gone.get(framework, ())
    if earlier and (differing or gone.get(framework)):
        yield Scan(
            name=f"base/{framework}", framework=framework, snapshot=scope.base, files=tuple(earlier), tree=together
        )
