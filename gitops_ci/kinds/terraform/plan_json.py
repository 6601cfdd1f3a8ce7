"""`terraform show -json` as a Plan's Changes; what is sensitive is left out by `attributes`.

Format: https://developer.hashicorp.com/terraform/internals/json-format (format_version 0.1 to 1.x).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from gitops_ci.kinds.terraform import attributes
from gitops_ci.kinds.terraform.attributes import Sides
from gitops_ci.model.plan import DESTRUCTIVE, Action, Change, JsonValue

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


class PlanJsonError(ValueError):
    """The document is no plan that we can read; the message says why."""


class _RawChange(Struct):
    actions: tuple[str, ...]
    before: Any = None
    after: Any = None
    after_unknown: Any = None
    before_sensitive: Any = UNSET
    after_sensitive: Any = UNSET
    replace_paths: tuple[tuple[str | int, ...], ...] | None = None
    importing: Any = None

    @property
    def unmarked(self) -> bool:
        """Whether whoever wrote this knew no marks (Terraform before 0.15), so any value may be a secret."""
        return self.before_sensitive is UNSET and self.after_sensitive is UNSET


class _RawResource(Struct):
    change: _RawChange
    address: str = ""
    type: str = ""
    name: str = ""
    module_address: str | None = None
    previous_address: str | None = None
    action_reason: str | None = None
    deposed: str | None = None


class _RawPlan(Struct):
    format_version: str | None = None
    planned_values: msgspec.Raw = msgspec.Raw()
    resource_changes: list[_RawResource] | None = None
    output_changes: dict[str, _RawChange] | None = None
    resource_drift: list[_RawResource] | None = None
    errored: bool = False
    complete: bool = True


class PlanDocument(Struct, frozen=True):
    """What a plan file says, without any sensitive value.

    `complete` is False where Terraform says that another plan is needed after this one (deferred changes).
    """

    changes: tuple[Change, ...]
    outputs: tuple[Change, ...]
    drift: tuple[Change, ...]
    errored: bool
    complete: bool = True


def parse(document: bytes) -> PlanDocument:
    """The changes of a plan. Raises PlanJsonError where the document is cut off, of another kind or version."""
    try:
        return _document(_decoded(document))
    except (attributes.TooDeep, RecursionError):
        raise PlanJsonError("the plan holds values that are nested too deeply") from None


def _decoded(document: bytes) -> _RawPlan:
    try:
        raw = msgspec.json.decode(document, type=_RawPlan)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PlanJsonError(f"the plan is not valid JSON of a Terraform plan: {error}") from None
    if raw.format_version is None:
        raise PlanJsonError("the plan has no format_version: it was not written by `terraform show -json`")
    if raw.format_version.partition(".")[0] not in ("0", "1"):
        raise PlanJsonError(
            f"plan format {raw.format_version[:20]!r} is not one that this gitops-ci can read (0.x, 1.x)"
        )
    if not bytes(raw.planned_values) and raw.resource_changes is None and raw.output_changes is None:
        raise PlanJsonError(
            "the document holds no plan: `terraform show -json` was given something else, such as a state"
        )
    return raw


def _document(raw: _RawPlan) -> PlanDocument:
    return PlanDocument(
        changes=tuple(_changes(raw.resource_changes or (), DESTRUCTIVE)),
        outputs=tuple(_outputs(raw.output_changes or {})),
        drift=tuple(_changes(raw.resource_drift or (), frozenset())),
        errored=raw.errored,
        complete=raw.complete,
    )


def _changes(resources: Iterable[_RawResource], destructive: frozenset[Action]) -> Iterator[Change]:
    for resource in resources:
        action = _action(resource)
        if action is not None:
            yield Change(
                address=_address(resource) + (f" (deposed {resource.deposed})" if resource.deposed else ""),
                previous_address=resource.previous_address,
                type=resource.type,
                action=action,
                reason=resource.action_reason,
                destructive=action in destructive,
                importing=resource.change.importing is not None,
                attributes=tuple(attributes.of(_sides(resource.change))),
            )


def _address(resource: _RawResource) -> str:
    """The address; the drift of Terraform 0.15 has none, so it is put together."""
    if resource.address:
        return resource.address
    if not resource.type or not resource.name:
        raise PlanJsonError("the plan holds a change without an address")
    module = f"{resource.module_address}." if resource.module_address else ""
    return f"{module}{resource.type}.{resource.name}"


def _action(resource: _RawResource) -> Action | None:
    action = _known(resource.change.actions, resource.address)
    if resource.change.importing is not None and action is None:
        return "import"
    if action is None and resource.previous_address not in (None, resource.address):
        return "move"
    return action


def _known(actions: tuple[str, ...], address: str) -> Action | None:
    if actions not in _ACTIONS:
        raise PlanJsonError(f"{address}: unknown actions {list(actions)}")
    return _ACTIONS[actions]


def _sides(change: _RawChange) -> Sides:
    return Sides(
        before=change.before,
        after=change.after,
        before_sensitive=None if change.before_sensitive is UNSET else change.before_sensitive,
        after_sensitive=None if change.after_sensitive is UNSET else change.after_sensitive,
        unknown=change.after_unknown,
        replace_paths=change.replace_paths or (),
        hidden=change.unmarked,
    )


def _outputs(outputs: dict[str, _RawChange]) -> Iterator[Change]:
    for name, change in outputs.items():
        address = f"output.{name}"
        action = _known(change.actions, address)
        if action is not None:
            sides = _sides(change)
            value = Sides(
                before=_wrapped(sides.before),
                after=_wrapped(sides.after),
                before_sensitive=_wrapped(sides.before_sensitive),
                after_sensitive=_wrapped(sides.after_sensitive),
                unknown=_wrapped(sides.unknown),
                hidden=sides.hidden or attributes.is_secret_name(name),
            )
            yield Change(address=address, type="output", action=action, attributes=tuple(attributes.of(value)))


def _wrapped(value: JsonValue) -> JsonValue:
    return None if value is None else {"value": value}
