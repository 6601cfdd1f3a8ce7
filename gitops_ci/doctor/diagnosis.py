"""Everything that makes the gate of a repository toothless: its files and settings looked at together."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.config import Config
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.doctor import branches, events, jobs, repository, workflows
from gitops_ci.doctor.branches import Asked
from gitops_ci.doctor.settings import Settings
from gitops_ci.doctor.workflows import Workflow
from gitops_ci.model.finding import Finding


def findings(snapshot: Snapshot, config: Config, settings: Settings | None, context: str) -> Iterator[Finding]:
    """What is wrong, files first. `settings` are None where nobody asked GitHub; `context` is the status required."""
    known, broken = workflows.read(snapshot)
    gates = events.judging(known)
    asked_for = protected(config)
    if settings is not None:
        asked_for += tuple(each.name for each in settings.branches)
    yield from broken
    yield from events.findings(known, asked_for, _has_queue(settings))
    yield from jobs.findings(known, gates)
    if settings is None:
        return
    asked = Asked(
        repository=settings.repository,
        context=context,
        jobs=branches.names(job.name for each in gates for job in each.jobs),
        workflow=gates[0].path if gates else None,
        owned=repository.owns_workflows(snapshot),
    )
    for branch in settings.branches:
        yield from branches.findings(branch, asked)
    yield from repository.findings(settings, _environments(config, gates))


def protected(config: Config) -> tuple[str, ...]:
    """Branches that the configuration gives an environment."""
    return tuple(dict.fromkeys(each.branch for each in config.environments if each.branch))


def _has_queue(settings: Settings | None) -> bool | None:
    """Whether a branch has a merge queue; None where that could not be found out."""
    if settings is None:
        return None
    if any(each.queue is not None for each in settings.branches):
        return True
    return None if any("merge queue" in each.what for each in settings.unread) else False


def _environments(config: Config, gates: tuple[Workflow, ...]) -> Iterator[str]:
    """GitHub's environments that plans run in: those of the configuration, and what the workflows name."""
    yield from (each.github_environment for each in config.environments if each.github_environment)
    yield from (
        job.environment for each in gates for job in each.jobs if job.environment and "${{" not in job.environment
    )
