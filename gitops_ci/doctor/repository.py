"""What is set for the whole repository: tokens of workflows, environments, CODEOWNERS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.doctor.settings import Settings
from gitops_ci.gate import codeowners
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding

_ANY_WORKFLOW = ".github/workflows/one-that-a-pull-request-brings.yml"


def findings(settings: Settings, environments: Iterable[str]) -> Iterator[Finding]:
    """What is wrong with a repository's settings; `environments` are those whose secrets plans are given."""
    if settings.token_writes:
        message = "the token of a workflow that names no permissions may write: to any branch, and every status"
        help = "Settings, Actions, General, Workflow permissions: Read repository contents and packages permissions."
        help += f" By API: {_api(settings)} -f default_workflow_permissions=read"
        yield finding.make("doctor/default-token-writes", "warning", message, help=help)
    if settings.may_approve:
        message = "workflows may approve pull requests: GitHub counts that as a review (gitops-ci does not)"
        help = "Settings, Actions, General: take away Allow GitHub Actions to create and approve pull requests."
        help += f" By API: {_api(settings)} -F can_approve_pull_request_reviews=false"
        yield finding.make("doctor/actions-may-approve", "warning", message, help=help)
    for error in settings.owners_errors:
        message = f"GitHub leaves this line out: {error.message}"
        help = "Correct it: what it names has no owner now."
        yield finding.make("doctor/codeowners-invalid", "warning", message, help=help, path=error.path, line=error.line)
    yield from _environments(settings, tuple(dict.fromkeys(environments)))


def _api(settings: Settings) -> str:
    return f"gh api -X PUT repos/{settings.repository}/actions/permissions/workflow"


def _environments(settings: Settings, asked: tuple[str, ...]) -> Iterator[Finding]:
    if settings.environments is None:
        return
    known = {each.name.lower(): each for each in settings.environments}
    for name in asked:
        found = known.get(name.lower())
        if found is not None and found.guarded:
            continue
        what = (
            "is not there: the first job that names it makes one without any rule" if found is None else "has no rule"
        )
        message = f"the environment {name} {what}: a workflow of any branch is given its secrets"
        help = (
            f"Give {name} credentials that only read, and let the cloud trust this workflow alone (job_workflow_ref)."
            " Reviewers would hold up each plan, and branch rules refuse those of pull requests."
        )
        yield finding.make("doctor/environment-open", "notice", message, help=help)


def owns_workflows(snapshot: Snapshot) -> bool:
    """Whether CODEOWNERS gives every workflow an owner, also one that is not there yet."""
    owners = codeowners.read(snapshot)
    paths = (path for path in snapshot.entries if path.startswith(".github/workflows/"))
    return all((found := owners.of(path)) is not None and not found.nobody for path in (*paths, _ANY_WORKFLOW))
