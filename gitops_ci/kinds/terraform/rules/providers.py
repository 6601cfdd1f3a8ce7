"""Rules about the engine's and the providers' versions, and about the lock file."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.kinds.terraform.engine import locks, requirements, versions
from gitops_ci.kinds.terraform.engine.requirements import Requirement
from gitops_ci.kinds.terraform.rules.subject import Fault, Subject

_INIT = "Run `terraform init` and `terraform providers lock -platform=linux_amd64` (the runner's), and commit the file."


def required_version_missing(subject: Subject) -> Iterator[Fault]:
    """A root that takes any Terraform: the newest one that somebody has upgrades its state for all others."""
    terraform = list(subject.root.all("terraform"))
    if subject.root.problems or any(each.block.body.attribute("required_version") for each in terraform):
        return
    path, line = (terraform[0].path, terraform[0].line) if terraform else (subject.first, None)
    message = "no `required_version`: any Terraform is taken, and a newer one writes a state that older ones refuse"
    yield Fault(
        "warning", message, 'Add `required_version = "~> 1.11"` (or what you run) to the `terraform` block.', path, line
    )


def unpinned(subject: Subject) -> Iterator[Fault]:
    """A provider without a version, which no lock file fixes either: the newest one is taken at each run."""
    held = requirements.locked(subject.stack.path, subject.inventory.snapshot) or {}
    constrained = {each.source for each in _used(subject) if each.version}
    for each in _used(subject):
        if each.source not in constrained and each.source not in held:
            message = f"provider {each.source} has no version: each run takes the newest one"
            help = (
                f"Name one under `required_providers` ({each.name} = {{ source, version }}), and commit {locks.FILE}."
            )
            yield Fault("warning", message, help, each.path, each.line)


def lock_file_missing(subject: Subject) -> Iterator[Fault]:
    """A root without a lock file: what was planned and what is applied may be two versions of a provider."""
    used = list(_used(subject))
    if used and requirements.locked(subject.stack.path, subject.inventory.snapshot) is None:
        message = f"no {locks.FILE}: the providers of the plan may be others than those of the apply"
        yield Fault("warning", message, _INIT, subject.first)


def lock_file_stale(subject: Subject) -> Iterator[Fault]:
    """A lock file that lacks a provider which is used, or holds a version that is not asked for any more."""
    held = requirements.locked(subject.stack.path, subject.inventory.snapshot)
    if held is None:
        return
    path = locks.place(subject.stack.path, subject.inventory.snapshot)
    lacking: set[str] = set()
    for each in _used(subject):
        entry = held.get(each.source)
        if entry is None and each.source not in lacking:
            lacking.add(each.source)
            yield Fault("warning", f"{locks.FILE} lacks {each.source}, which {each.path}:{each.line} uses", _INIT, path)
        elif entry is not None and not _allows(each.version, entry.version):
            message = (
                f"{locks.FILE} holds {each.source} {entry.version}, and {each.path}:{each.line} asks for {each.version}"
            )
            yield Fault("warning", message, "Run `terraform init -upgrade`, and commit the file.", path)


def _allows(asked: str | None, held: str) -> bool:
    """Whether a version fits a constraint, as far as both can be read: `init` itself judges prereleases."""
    conditions, found = versions.constraints(asked or ">= 0"), versions.version(held)
    return conditions is None or found is None or versions.allowed(found, conditions)


def _used(subject: Subject) -> Iterator[Requirement]:
    """The providers of the root and its local modules, each source at each place once."""
    for each in (subject.root, *subject.modules.values()):
        yield from requirements.of(each)
