"""Static rules about Terraform roots and their modules: read from the files, without an engine or credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform import terragrunt
from gitops_ci.kinds.terraform.rules import modules, promotion, providers, state
from gitops_ci.kinds.terraform.rules.subject import Fault, Subject
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack


class Rule(NamedTuple):
    """A rule and the function that finds what breaks it."""

    id: str
    check: Callable[[Subject], Iterator[Fault]]


ALL: tuple[Rule, ...] = (
    Rule("terraform/state-shared", state.shared),
    Rule("terraform/state-environment", state.environment),
    Rule("terraform/backend-unencrypted", state.unencrypted),
    Rule("terraform/backend-unlocked", state.unlocked),
    Rule("terraform/backend-lock-deprecated", state.lock_deprecated),
    Rule("terraform/reads-lower-environment", state.reads_lower),
    Rule("terraform/required-version-missing", providers.required_version_missing),
    Rule("terraform/provider-unpinned", providers.unpinned),
    Rule("terraform/lock-file-missing", providers.lock_file_missing),
    Rule("terraform/lock-file-stale", providers.lock_file_stale),
    Rule("terraform/module-unpinned", modules.unpinned),
    Rule("terraform/provider-in-module", modules.provider_inside),
    Rule("terraform/module-ahead", promotion.ahead),
)


def findings(stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
    """What the rules say of one stack at one end of a change; nothing where that end does not have it."""
    if stack.id not in inventory.stacks or terragrunt.is_unit(stack.path, inventory.snapshot):
        return ()  # what a unit's backend and providers are is only known once Terragrunt has written them
    subject = Subject(inventory.stacks[stack.id], inventory)
    return tuple(_finding(rule, fault, subject) for rule in ALL for fault in rule.check(subject))


def _finding(rule: Rule, fault: Fault, subject: Subject) -> Finding:
    """What is wrong in a shared module is no single stack's, so that it is told once."""
    own = fault.path is None or fault.path.rpartition("/")[0] == subject.stack.path
    return finding.make(
        rule.id,
        fault.severity,
        fault.message,
        help=fault.help,
        path=fault.path,
        line=fault.line,
        stack=subject.stack.id if own else None,
    )
