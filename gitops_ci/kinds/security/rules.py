"""The rules about policies and permissions: what each is called, how severe it is, what to do, and who finds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.security import access, admission, casbin_rules, gatekeeper, reading, sealed
from gitops_ci.kinds.security.manifests import Manifest
from gitops_ci.kinds.security.reading import End
from gitops_ci.kinds.security.told import Told
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding, Severity
from gitops_ci.model.stack import Stack
from gitops_ci.policy import secrets

ALL: Mapping[str, tuple[Severity, str]] = {
    "security/rbac-wildcard": ("warning", "Name the resources and verbs that are needed."),
    "security/rbac-escalation": ("warning", "Take the verb out, or limit it with resourceNames."),
    "security/rbac-cluster-admin": ("warning", "Bind a role that holds what is needed, in the namespaces where it is."),
    "security/rbac-anonymous": ("error", "Bind the groups that need it; nobody is asked who they are here."),
    "security/constraint-template-missing": ("warning", "Add the ConstraintTemplate, or correct the kind."),
    "security/constraint-parameters": ("warning", "Correct the parameter, or add it to the template's schema."),
    "security/constraint-action": ("error", "Write deny, warn, dryrun or scoped."),
    "security/constraint-template": ("error", "Mend the template: Gatekeeper refuses it as it is."),
    "security/gatekeeper-config": ("error", "Take it out, or write what it should do as a Constraint."),
    "security/enforcement-weakened": ("warning", "Have its owners agree, and say until when it is weaker."),
    "security/casbin-model": ("error", "Complete the model: Casbin needs each of its sections, and knows few effects."),
    "security/casbin-model-unknown": (
        "notice",
        "Put the model beside the policy: x_policy.csv goes with x_model.conf.",
    ),
    "security/casbin-width": ("error", "Give the row as many values as the model's definition has fields."),
    "security/casbin-type": ("error", "Begin the row with a type that the model defines, or define it there."),
    "security/casbin-comment": ("error", "Put the comment on a line of its own: here it is part of the last value."),
    "security/casbin-effect": ("error", "Write allow or deny: anything else counts as neither."),
    "security/casbin-role-cycle": ("warning", "Take one of the memberships out."),
    "security/casbin-role-undefined": ("warning", "Give the role a permission, or correct its name."),
    "security/casbin-duplicate": ("warning", "Take the second one out."),
    "security/casbin-allows-by-default": (
        "warning",
        "Use `some(where (p.eft == allow))`, with or without the denials.",
    ),
    "security/sealed-secret": ("error", "Seal it again with kubeseal."),
    "security/sealed-secret-clear": (
        "warning",
        "Seal the value; in the template only text that is no secret is right.",
    ),
    "security/sealed-secret-renamed": (
        "error",
        "Seal it again for its new name and namespace: this one cannot be opened.",
    ),
}
"""Each rule with its severity and what to do."""


def inspect(stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
    """What the static rules say of one end; nothing where it lacks the stack."""
    end = reading.read(stack, inventory)
    told = [*_objects(end), *gatekeeper.constraints(end, inventory)]
    policies = list(end.sets())
    for each in policies:
        told += casbin_rules.policy(each)
    for path, model in end.models.items():
        told += casbin_rules.model(path, model, policies)
    return _findings(told, stack)


def _objects(end: End) -> Iterator[Told]:
    for each in end.manifests:
        if each.group == access.GROUP:
            yield from _access(each)
        yield from gatekeeper.object_rules(each)
        yield from sealed.secret(each)


def _access(manifest: Manifest) -> Iterator[Told]:
    for danger in access.dangers(manifest.value):
        if danger.rule:
            said = f"{manifest.kind} {manifest.name} {danger.says}"
            yield Told(danger.rule, said, manifest.path, manifest.line_of(*danger.place))


def check(stack: Stack, base: Inventory | None, head: Inventory | None) -> tuple[Finding, ...]:
    """What both ends together show; nothing without a base."""
    if base is None or head is None or stack.id not in base.stacks:
        return ()
    before, after = reading.read(stack, base), reading.read(stack, head)
    return _findings((*_weakened(before, after), *sealed.renamed(before.manifests, after.manifests)), stack)


def _weakened(before: End, after: End) -> Iterator[Told]:
    """Constraints, policies and namespaces that refuse less than at base, where they are still there."""
    was = {(each.group, each.kind, each.name): each for each in before.manifests}
    for each in after.manifests:
        old = was.get((each.group, each.kind, each.name))
        if old is None:
            continue
        kept = admission.closes(each.group, each.value)
        gone = [what for what in admission.closes(each.group, old.value) if what not in kept]
        if gone:
            line = each.line_of("spec", "enforcementAction")
            yield Told("security/enforcement-weakened", f"{each.kind} {each.name} no longer {gone[0]}", each.path, line)


def _findings(told: Iterable[Told], stack: Stack) -> tuple[Finding, ...]:
    return tuple(
        findings.make(
            each.rule,
            each.severity or ALL[each.rule][0],
            secrets.masked(each.message),
            help=ALL[each.rule][1],
            path=each.path,
            line=each.line,
            stack=stack.id,
        )
        for each in told
    )
