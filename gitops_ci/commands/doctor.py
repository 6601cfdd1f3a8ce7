"""`gitops-ci doctor`: what makes the gate toothless, in workflow files and in GitHub's settings."""

from __future__ import annotations

from gitops_ci.commands import assembly, connecting, judging, output, publish
from gitops_ci.commands import change as changes
from gitops_ci.commands.change import Change
from gitops_ci.commands.options import Options, Outside
from gitops_ci.doctor import diagnosis
from gitops_ci.doctor.settings import Settings
from gitops_ci.gate import codeowners
from gitops_ci.model.pull_request import Unreadable
from gitops_ci.policy.notices import LookedAt
from gitops_ci.policy.rules import catalog
from gitops_ci.render import diagnosis as shown

SCHEMA = "gitops-ci/doctor/1"

_SETTINGS = "GitHub's settings (branch protection, rulesets, environments, tokens): give GITOPS_CI_TOKEN"


def run(options: Options, outside: Outside) -> int:
    """Prints what is wrong: 1 where one is a new error, else 3 where something that was asked for cannot be read."""
    clock = assembly.Clock()
    with changes.opened(options, outside, needs_base=False) as change:
        settings, failed = _settings(change, outside)
        context = publish.status(options)
        found = diagnosis.findings(change.head.snapshot, change.config, settings, context)
        looked_at = LookedAt(families=frozenset({"doctor"}), whole=settings is not None)
        judged = judging.prepared(change, options, clock).final(found, looked_at=looked_at)
        findings = tuple(catalog.documented(judged))
        unread = settings.unread if settings is not None else failed
        left_out = (_SETTINGS,) if settings is None and not failed else ()
        if options.format == "json":
            document = {
                "schema": SCHEMA,
                "repository": settings.repository if settings is not None else None,
                "branches": [each.name for each in settings.branches] if settings is not None else [],
                "findings": findings,
                "unread": unread,
                "left_out": left_out,
            }
            output.document(document, outside)
        else:
            output.show(shown.lines(findings, unread, left_out), outside)
        return 1 if any(finding.blocks for finding in findings) else 3 if unread else 0


def _settings(change: Change, outside: Outside) -> tuple[Settings | None, tuple[Unreadable, ...]]:
    """GitHub's settings, or why they cannot be read: the files are looked at all the same. Neither without a token."""
    api = connecting.connection(outside)
    if api is None:
        return None, ()
    from gitops_ci.github import repository_settings
    from gitops_ci.github.api import ApiError

    has_owners = codeowners.read(change.head.snapshot).path is not None
    try:
        return repository_settings.read(api, diagnosis.protected(change.config), has_owners=has_owners), ()
    except ApiError as error:
        what = f"all of GitHub's settings of {outside.settings.repository}: {error.message}"
        return None, (Unreadable(what=what, permission=error.hint),)
