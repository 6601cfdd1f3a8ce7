"""A plan file's Changes, checks and what it leaves open, from `terraform show -json`; secrets stay behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Raw, Struct

from gitops_ci.kinds.terraform.plans import attributes, conditions, invocations, masking, plan_document
from gitops_ci.kinds.terraform.plans.masking import Masking
from gitops_ci.kinds.terraform.plans.plan_document import PlanJsonError, RawChange, RawPlan, RawResource
from gitops_ci.model.plan import DESTRUCTIVE, Action, Change, Check
from gitops_ci.policy import secrets

_ACTIONS: dict[tuple[str, ...], Action | None] = {
    ("no-op",): None,
    ("create",): "create",
    ("read",): "read",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "replace",
    ("forget", "create"): "replace",
    ("forget",): "forget",
}
_FORGETS_OLD = "the old object is forgotten, not destroyed"


class PlanDocument(Struct, frozen=True):
    """What a plan file says, without any sensitive value.

    `complete` is False where Terraform says that another plan is needed after this one; `deferred` are the addresses
    of what waits for that, each with why. `known` finds what the plan marks as sensitive in other texts.
    """

    changes: tuple[Change, ...]
    outputs: tuple[Change, ...]
    drift: tuple[Change, ...]
    errored: bool
    complete: bool = True
    checks: tuple[Check, ...] = ()
    deferred: tuple[str, ...] = ()
    known: Masking = Masking()


def parse(document: bytes) -> PlanDocument:
    """The changes of a plan. Raises PlanJsonError where the document is cut off, of another kind or version."""
    try:
        return _document(plan_document.plan(document))
    except (masking.TooDeep, RecursionError):
        raise PlanJsonError("the plan holds values that are nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PlanJsonError(f"the plan is not valid JSON of a Terraform plan: {error}") from None


def _document(raw: RawPlan) -> PlanDocument:
    known = Masking.of(_known(raw))
    relevant = None if raw.relevant_attributes is None else {each.resource for each in raw.relevant_attributes}
    called = (invocations.change(invocations.invocation(each), known) for each in raw.action_invocations or ())
    return PlanDocument(
        changes=(*_changes(raw.resource_changes or (), known), *called),
        outputs=tuple(_outputs(raw.output_changes or {}, known)),
        drift=tuple(_drift(raw.resource_drift or (), known, relevant)),
        errored=raw.errored,
        complete=raw.complete,
        checks=conditions.of(raw.checks, raw.condition_results, known),
        deferred=tuple(_deferred(raw, known)),
        known=known,
    )


class _Marked(Struct, gc=False):
    change: RawChange


_MARKED = msgspec.json.Decoder(_Marked)


def _known(raw: RawPlan) -> Iterator[str]:
    """Every text that the plan marks as sensitive, and those of sensitive variables: they are secret elsewhere, too."""
    for given in raw.secret_variables():
        yield from masking.marked_texts(plan_document.value(given), mark=True)
    for resources in (raw.resource_changes or (), raw.resource_drift or ()):
        for each in resources:
            yield from _marked(_MARKED.decode(each).change)
    for change in (raw.output_changes or {}).values():
        yield from _marked(change)


def _marked(change: RawChange) -> Iterator[str]:
    for value, mark in ((change.before, change.before_sensitive), (change.after, change.after_sensitive)):
        if b"true" in memoryview(mark).tobytes():
            yield from masking.marked_texts(plan_document.value(value), plan_document.mark(mark))


def _changes(resources: Iterable[Raw], known: Masking) -> Iterator[Change]:
    for raw in resources:
        resource = plan_document.resource(raw)
        action = _action(resource)
        if action is not None:
            yield _change(resource, action, known, destructive=action in DESTRUCTIVE)


def _drift(resources: Iterable[Raw], known: Masking, relevant: set[str] | None) -> Iterator[Change]:
    """What changed outside of Terraform; that destroys nothing any more."""
    for raw in resources:
        resource = plan_document.resource(raw)
        action = _action(resource)
        if action is not None:
            address = _address(resource)
            named = relevant is None or address in relevant or address.rpartition("[")[0] in relevant
            change = _change(resource, action, known, destructive=False)
            yield change if named else msgspec.structs.replace(change, relevant=False)


def _change(resource: RawResource, action: Action, known: Masking, *, destructive: bool) -> Change:
    change = resource.change
    previous, config = resource.previous_address, change.generated_config
    return Change(
        address=known.text(_address(resource)),
        previous_address=None if previous is None else known.text(previous),
        type=resource.type,
        action=action,
        reason=_reason(resource, known),
        destructive=destructive,
        importing=change.is_import,
        deposed=resource.deposed or None,
        create_before_destroy=action == "replace" and change.actions[0] == "create",
        generated_config=None if config is None else known.text(config),
        attributes=tuple(attributes.of(plan_document.sides(change), known)),
    )


def _reason(resource: RawResource, known: Masking) -> str | None:
    """The engine's own word; else, of an import, what is imported: a reviewer has to know which object that is."""
    if len(resource.change.actions) > 1 and "forget" in resource.change.actions:
        return _FORGETS_OLD
    if resource.action_reason or not resource.change.is_import:
        return resource.action_reason
    about = plan_document.value(resource.change.importing)
    source = about.get("id") or about.get("identity") if isinstance(about, dict) else None
    if source is None or source == "":
        return None
    return f"imports {known.text(source if isinstance(source, str) else msgspec.json.encode(source).decode())}"


def _address(resource: RawResource) -> str:
    """The address; the drift of Terraform 0.15 has none, so it is put together."""
    if resource.address:
        return resource.address
    if not resource.type or not resource.name:
        raise PlanJsonError("the plan holds a change without an address")
    module = f"{resource.module_address}." if resource.module_address else ""
    data = "data." if resource.mode == "data" else ""
    index = "" if resource.index is None else f"[{msgspec.json.encode(resource.index).decode()}]"
    return f"{module}{data}{resource.type}.{resource.name}{index}"


def _action(resource: RawResource) -> Action | None:
    """What happens; None for nothing. Ephemeral resources, which OpenTofu lists, are opened and leave nothing."""
    if resource.mode == "ephemeral":
        return None
    action = _known_action(resource.change.actions, resource.address)
    if resource.change.is_import and action is None:
        return "import"
    if action is None and resource.previous_address not in (None, resource.address):
        return "move"
    return action


def _known_action(actions: tuple[str, ...], address: str) -> Action | None:
    if actions not in _ACTIONS:
        raise PlanJsonError(f"{secrets.masked(address)}: unknown actions {list(actions)}")
    return _ACTIONS[actions]


def _outputs(outputs: dict[str, RawChange], known: Masking) -> Iterator[Change]:
    for name, change in outputs.items():
        address = f"output.{name}"
        action = _known_action(change.actions, address)
        if action is not None:
            sides = plan_document.value_sides(change, hidden=secrets.is_secret_name(name))
            found = tuple(attributes.of(sides, known))
            yield Change(address=known.text(address), type="output", action=action, attributes=found)


def _deferred(raw: RawPlan, known: Masking) -> Iterator[str]:
    for each in raw.deferred_changes or ():
        actions = "+".join(each.resource_change.change.actions)
        yield known.text(f"{_address(each.resource_change)} ({actions}: {each.reason})")
    for each_raw in raw.deferred_action_invocations or ():
        waiting = invocations.deferred(each_raw)
        yield known.text(f"{waiting.action_invocation.address} (invoke: {waiting.reason})")


__all__ = ["PlanDocument", "PlanJsonError", "parse"]
