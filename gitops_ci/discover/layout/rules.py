"""Every layout rule, in the order they are reported, and the one function that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from gitops_ci.config import Config
from gitops_ci.discover.layout import environments, files, kind_folders, links, names, presets, stacks
from gitops_ci.discover.layout.subject import Fault, Subject
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

MOST = 1_000
"""How many findings one rule gives; one more says how many there are beyond."""


class Rule(NamedTuple):
    """A rule; `of_preset` where it judges against a preset, which may have been guessed."""

    id: str
    title: str
    check: Callable[[Subject], Iterator[Fault]]
    of_preset: bool = False


ALL: tuple[Rule, ...] = (
    Rule("layout/missing-environment", "An environment has no folder", environments.missing_environment, True),
    Rule("layout/unknown-environment", "A folder names no known environment", environments.unknown_environment, True),
    Rule("layout/missing-kind", "An environment has no folder for a kind", kind_folders.missing_kind, True),
    Rule("layout/unknown-kind", "A folder names no known kind", kind_folders.unknown_kind, True),
    Rule("layout/stray-file", "A file belongs to no stack", environments.stray_file, True),
    Rule("layout/missing-readme", "There is no README", files.missing_readme),
    Rule("layout/missing-codeowners", "There is no CODEOWNERS", files.missing_codeowners),
    Rule("layout/missing-workflow", "There is no workflow", files.missing_workflow),
    Rule("layout/environments-differ", "One environment lacks what the others have", stacks.environments_differ),
    Rule("layout/duplicate-stack", "Two directories have one stack id", stacks.duplicate_stack),
    Rule("layout/symlink-escapes", "A symbolic link leads out of the repository", links.symlink_escapes),
    Rule("layout/symlink-dangling", "A symbolic link leads nowhere", links.symlink_dangling),
    Rule("layout/name-convention", "A name needs quoting or breaks the convention", names.name_convention),
    Rule("layout/state-in-git", "Terraform state is in git", files.state_in_git),
    Rule("layout/required", "A required path is missing", files.required),
    Rule("layout/forbidden", "A forbidden path is there", files.forbidden),
)


def findings(snapshot: Snapshot, stacks: Iterable[Stack], config: Config) -> tuple[Finding, ...]:
    """What the layout rules say about a repository; only paths and links are looked at, never other contents."""
    subject = Subject(snapshot, tuple(stacks), config, presets.choose(snapshot, config))
    return tuple(found for rule in ALL for found in _of(rule, subject))


def _of(rule: Rule, subject: Subject) -> Iterator[Finding]:
    faults = rule.check(subject)
    note = ""
    if rule.of_preset and not subject.chosen.declared:
        note = f" (The layout was taken for `{subject.chosen.preset}`: set `layout.preset` if it is another.)"
    for fault in islice(faults, MOST):
        path = fault.path and _encodable(fault.path)
        stack = fault.stack and _encodable(fault.stack)
        yield finding.make(rule.id, fault.severity, fault.message, help=fault.help + note, path=path, stack=stack)
    rest = [fault.severity for fault in faults]
    if rest:
        worst = min(rest, key=finding.SEVERITIES.index)
        yield finding.make(
            rule.id, worst, f"and {len(rest)} more: {rule.title.lower()}", help="See to the others first."
        )


def _encodable(path: str) -> str:
    """`path` with bytes that are not UTF-8 escaped: reports are UTF-8."""
    return path if path.isprintable() else path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
