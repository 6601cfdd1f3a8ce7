"""Terraform's `action` blocks (1.14 and later): what a plan calls beside changing resources, as Changes."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from gitops_ci.kinds.terraform.plans import attributes, plan_document
from gitops_ci.kinds.terraform.plans.masking import Masking
from gitops_ci.model.plan import Change


class _Lifecycle(Struct):
    triggering_resource_address: str = ""
    action_trigger_event: str = ""


class RawInvocation(Struct):
    """One of `action_invocations`."""

    address: str
    type: str = ""
    config_values: Raw = Raw(b"null")
    config_sensitive: Raw = Raw()
    config_unknown: Raw = Raw(b"null")
    lifecycle_action_trigger: _Lifecycle | None = None


class RawDeferredInvocation(Struct):
    """One of `deferred_action_invocations`."""

    action_invocation: RawInvocation
    reason: str = "unknown"


def invocation(raw: Raw) -> RawInvocation:
    """One invocation of the document. Raises msgspec.DecodeError."""
    return msgspec.json.decode(raw, type=RawInvocation)


def deferred(raw: Raw) -> RawDeferredInvocation:
    """One deferred invocation of the document. Raises msgspec.DecodeError."""
    return msgspec.json.decode(raw, type=RawDeferredInvocation)


def change(found: RawInvocation, known: Masking) -> Change:
    """The invocation with its configuration as what comes into being; `reason` says what triggers it."""
    trigger = found.lifecycle_action_trigger
    sides = attributes.Sides(
        after=plan_document.value(found.config_values),
        after_sensitive=plan_document.mark(found.config_sensitive),
        unknown=plan_document.mark(found.config_unknown),
        hidden=found.config_sensitive == Raw(),
    )
    return Change(
        address=known.text(found.address),
        type=found.type,
        action="invoke",
        reason=known.text(f"{trigger.action_trigger_event} of {trigger.triggering_resource_address}")
        if trigger is not None
        else "asked for with -invoke",
        attributes=tuple(attributes.of(sides, known)),
    )
