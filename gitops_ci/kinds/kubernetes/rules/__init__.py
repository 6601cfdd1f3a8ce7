"""The rules about Kubernetes objects and Argo CD's own: what each one finds in what a stack renders to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes.objects import Object, Rendered
from gitops_ci.kinds.kubernetes.places import Places
from gitops_ci.kinds.kubernetes.planning import former
from gitops_ci.kinds.kubernetes.reading.manifests import ARGO
from gitops_ci.kinds.kubernetes.rules import (
    around,
    declared,
    duplicates,
    files,
    fitting,
    keys,
    ports,
    references,
    rendered_secrets,
    reporting,
    schema,
    selectors,
)
from gitops_ci.kinds.kubernetes.rules.argocd import judging
from gitops_ci.kinds.kubernetes.rules.subject import Around, Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.kinds.kubernetes.sources import Deployment, Manifests
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack


def inspect(
    stack: Stack, deployment: Deployment, rendered: Rendered | None, inventory: Inventory
) -> tuple[Finding, ...]:
    """What the rules say of a stack at one end; without a rendering of what needs none, its plain manifests."""
    closure = inventory.graph.closure(stack.id, inventory.snapshot)
    subject = _subject(stack, deployment, rendered, inventory, around.of(inventory))
    return tuple(reporting.findings(_told(subject, closure, inventory), stack))


def left(stack: Stack, inventory: Inventory) -> tuple[Finding, ...]:
    """What the rules say of a stack that an end does not have any more: what others still name of it."""
    was = former.of(stack.id, inventory)
    if was is None:
        return ()
    subject = Subject(
        stack=stack.id,
        path=stack.path,
        target=declared.target(stack.environment, was.deployment, stack.path),
        deployment=was.deployment,
        objects=(),
        complete=True,
        places=Places((), inventory.snapshot),
        around=around.of(inventory),
        former=was,
    )
    return tuple(reporting.findings(references.taken(subject), stack))


def _subject(
    stack: Stack, deployment: Deployment, rendered: Rendered | None, inventory: Inventory, beside: Around
) -> Subject:
    closure = inventory.graph.closure(stack.id, inventory.snapshot)
    found = _written(deployment, inventory) if rendered is None else rendered.objects
    all_manifests = all(isinstance(source, Manifests) for source in deployment.sources)
    return Subject(
        stack=stack.id,
        path=stack.path,
        target=declared.target(stack.environment, deployment, stack.path),
        deployment=deployment,
        objects=found,
        complete=all_manifests if rendered is None else not rendered.gaps,
        places=Places(closure, inventory.snapshot),
        around=beside,
        former=former.of(stack.id, inventory),
    )


def _written(deployment: Deployment, inventory: Inventory) -> tuple[Object, ...]:
    plain = tuple(source for source in deployment.sources if isinstance(source, Manifests))
    return declared.of(Deployment(sources=plain), inventory.snapshot).objects


def _told(subject: Subject, closure: Iterable[str], inventory: Inventory) -> Iterator[Told]:
    yield from schema.findings(subject)
    yield from files.duplicate_keys(subject.deployment, inventory.snapshot)
    yield from duplicates.twice(subject)
    yield from selectors.mismatches(subject)
    yield from fitting.nothing(subject, inventory.snapshot)
    yield from references.missing(subject)
    yield from references.taken(subject)
    yield from keys.missing(subject)
    yield from selectors.selects_nothing(subject)
    yield from ports.missing(subject)
    if any(each.identity.group == ARGO for each in subject.objects) and subject.around.argo is not None:
        yield from judging.rendered(subject, subject.around.argo.world, subject.around.argo.known)
    asked = inventory.config.policy.secrets
    if asked.enabled:
        yield from rendered_secrets.findings(subject, closure, inventory.snapshot, asked.ignore)
