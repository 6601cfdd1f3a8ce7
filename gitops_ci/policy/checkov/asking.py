"""What one run of checkov is asked about a change: plans, files of head, and what of base they are compared with."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.config import FRAMEWORKS, Checkov
from gitops_ci.model.plan import Problem
from gitops_ci.policy.checkov import charts, files, plans
from gitops_ci.policy.checkov.job import Form, Job, Scan
from gitops_ci.policy.checkov.plans import Malformed, Planned
from gitops_ci.policy.scope import Scope

CHARTS = "helm is not on PATH, so charts are not rendered and checkov did not look at them"
_NAMED = 20  # charts that a message names at most


class Asked(Struct, frozen=True):
    """What one run is asked: scans by their name, plans by their stack.

    `unread` are files that it cannot be asked about, `charts` the folders of Helm charts, which have to be rendered.
    """

    scans: dict[str, Scan] = {}
    plans: dict[str, Planned] = {}
    unread: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
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


def of(scope: Scope, settings: Checkov, *, renders_charts: bool) -> Asked:
    """Everything that is scanned. A stack that has a plan is judged by it, and its files are not read once more."""
    wanted = settings.frameworks or FRAMEWORKS
    planned, problems = _plans(scope) if "terraform_plan" in wanted else ({}, [])
    scans = [scan for stack, plan in planned.items() for scan in _of_plan(stack, plan, scope)]
    in_plans = {path for path, owners in scope.owners.items() if owners and planned.keys() >= set(owners)}
    renders = renders_charts and "helm" in wanted
    looked_at = (path for path in scope.paths if not _is_planned(path, in_plans))
    there = files.sorted_by_form(scope.head, looked_at, renders_charts=renders)
    gone = scope.changed - scope.head.entries.keys()
    before = files.sorted_by_form(scope.base, gone, renders_charts=renders).forms if scope.base is not None else {}
    for form, paths in there.forms.items():
        framework = "terraform" if form == "terraform_json" else form
        if framework in wanted and (form != "helm" or renders_charts):
            scans += _of_files(form, paths, before.get(form, ()), scope)
    left = "helm" in wanted and not renders_charts
    unrendered = charts.of(there.forms.get("helm", ()), charts.folders(scope.head)) if left else ()
    if unrendered and settings.frameworks:
        problems.append(Problem(code="checkov-helm", message=f"{CHARTS}: {', '.join(unrendered[:_NAMED])}"))
    return Asked({scan.name: scan for scan in scans}, planned, there.unread, unrendered, tuple(problems))


def _plans(scope: Scope) -> tuple[dict[str, Planned], list[Problem]]:
    planned: dict[str, Planned] = {}
    problems: list[Problem] = []
    for stack, place in sorted(scope.plans.items()):
        try:
            planned[stack] = plans.read(place.read_bytes())
        except (Malformed, OSError) as error:
            why = str(error) if isinstance(error, Malformed) else "it cannot be read"
            message = f"the plan of {stack} cannot be given to checkov: {why}"
            problems.append(Problem(code="checkov-plan", message=message))
    return planned, problems


def _of_plan(stack: str, plan: Planned, scope: Scope) -> Iterator[Scan]:
    yield Scan(name=f"plan/{stack}", framework="terraform_plan", document=plan.after)
    if plan.before is not None and not plan.same and scope.base is not None:
        yield Scan(name=f"before/{stack}", framework="terraform_plan", document=plan.before)


def _is_planned(path: str, in_plans: set[str]) -> bool:
    return path in in_plans and path.endswith((".tf", ".tfvars", ".tofu", ".tf.json", ".tofu.json", ".tfvars.json"))


def _of_files(framework: Form, paths: tuple[str, ...], gone: tuple[str, ...], scope: Scope) -> Iterator[Scan]:
    """The files at head, and those at base that differ; all of Terraform and of charts, since they hang together."""
    tree = framework in ("terraform", "helm")
    if framework == "terraform" and not any(path.endswith((".tf", ".tofu")) for path in paths):
        return  # values alone say nothing
    if framework == "helm":
        paths = charts.files(scope.head, paths)
    yield Scan(name=f"head/{framework}", framework=framework, snapshot=scope.head, files=paths, tree=tree)
    differing = [path for path in paths if path in scope.changed]
    if scope.base is not None and (differing or gone):
        earlier = [path for path in (paths if tree else differing) if path in scope.base.entries]
        if earlier or gone:
            at_base = (*earlier, *gone)
            yield Scan(name=f"base/{framework}", framework=framework, snapshot=scope.base, files=at_base, tree=tree)
