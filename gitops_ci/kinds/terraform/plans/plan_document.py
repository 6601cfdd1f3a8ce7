"""The types of `terraform show -json`, decoded no deeper than is needed: what is equal on both sides stays raw.

Format: https://developer.hashicorp.com/terraform/internals/json-format (format_version 0.1 to 1.x), as Terraform 0.12
to 1.15 and OpenTofu write it. The last of duplicate keys counts, as for every reader of JSON.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from gitops_ci.kinds.terraform.plans.attributes import Sides
from gitops_ci.kinds.terraform.plans.masking import NAMING, is_marked
from gitops_ci.model.plan import JsonValue

T = TypeVar("T")

_ABSENT = Raw()
_NULL = Raw(b"null")
_NOTHING = (_ABSENT, _NULL, Raw(b"false"), Raw(b"{}"), Raw(b"[]"))
_EXACT = 16  # characters of a number that a float always gives back: 15 digits and the point


class PlanJsonError(ValueError):
    """The document is no plan that we can read; the message says why."""


class RawChange(Struct, gc=False):
    """Before and after of one object, and what is known about them."""

    actions: tuple[str, ...]
    before: Raw = _ABSENT
    after: Raw = _ABSENT
    after_unknown: Raw = _ABSENT
    before_sensitive: Raw = _ABSENT
    after_sensitive: Raw = _ABSENT
    replace_paths: tuple[tuple[str | int, ...], ...] | None = None
    importing: Raw = _NULL
    generated_config: str | None = None

    @property
    def unmarked(self) -> bool:
        """Whether whoever wrote this knew no marks (Terraform before 0.15), so any value may be a secret."""
        return self.before_sensitive == _ABSENT and self.after_sensitive == _ABSENT

    @property
    def is_import(self) -> bool:
        """Whether an existing object comes under management."""
        return self.importing != _NULL


class RawResource(Struct, gc=False):
    """One of `resource_changes` or `resource_drift`."""

    change: RawChange
    address: str = ""
    mode: str | None = None
    type: str = ""
    name: str = ""
    index: str | int | float | None = None
    module_address: str | None = None
    previous_address: str | None = None
    action_reason: str | None = None
    deposed: str | None = None


class RawDeferred(Struct, gc=False):
    """One of `deferred_changes`."""

    resource_change: RawResource
    reason: str = "unknown"


class _Declared(Struct, gc=False):
    sensitive: bool = False
    ephemeral: bool = False


class _Module(Struct, gc=False):
    variables: dict[str, _Declared] | None = None


class _Configuration(Struct, gc=False):
    root_module: _Module | None = None


class _Given(Struct, gc=False):
    value: Raw = _NULL


class _Relevant(Struct, gc=False):
    resource: str


class RawPlan(Struct, gc=False):
    """A whole document; resources are decoded one at a time, and planned values and the prior state never."""

    format_version: str | None = None
    planned_values: Raw = _ABSENT
    variables: dict[str, _Given] | None = None
    configuration: _Configuration | None = None
    resource_changes: list[Raw] | None = None
    resource_drift: list[Raw] | None = None
    relevant_attributes: list[_Relevant] | None = None
    output_changes: dict[str, RawChange] | None = None
    deferred_changes: list[RawDeferred] | None = None
    deferred_action_invocations: list[Raw] | None = None
    action_invocations: list[Raw] | None = None
    checks: Raw = _NULL
    condition_results: Raw = _NULL
    errored: bool = False
    complete: bool = True

    def secret_variables(self) -> Iterator[Raw]:
        """The values of variables that are declared as sensitive or ephemeral."""
        root = self.configuration.root_module if self.configuration is not None else None
        for name, declared in (root.variables or {}).items() if root is not None else ():
            given = (self.variables or {}).get(name)
            if given is not None and (declared.sensitive or declared.ephemeral):
                yield given.value


def _number(text: str) -> float | str:
    """A number with a point or an exponent; one that a float would not give back stays as it is written."""
    number = float(text)
    exact = len(text) <= _EXACT and math.isfinite(number) and number != 0
    return number if exact or repr(number) == text else text


_VALUES: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=_number)
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_PLAN = msgspec.json.Decoder(RawPlan)
_RESOURCE = msgspec.json.Decoder(RawResource)


def plan(content: bytes) -> RawPlan:
    """The document. Raises PlanJsonError where it is cut off, of another kind or version."""
    try:
        found = _PLAN.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PlanJsonError(f"the plan is not valid JSON of a Terraform plan: {error}") from None
    if found.format_version is None:
        raise PlanJsonError("the plan has no format_version: it was not written by `terraform show -json`")
    if found.format_version.partition(".")[0] not in ("0", "1"):
        raise PlanJsonError(
            f"plan format {found.format_version[:20]!r} is not one that this gitops-ci can read (0.x, 1.x)"
        )
    if found.planned_values == _ABSENT and found.resource_changes is None and found.output_changes is None:
        raise PlanJsonError(
            "the document holds no plan: `terraform show -json` was given something else, such as a state"
        )
    return found


def resource(raw: Raw) -> RawResource:
    """One resource of the document. Raises msgspec.DecodeError."""
    return _RESOURCE.decode(raw)


def value(raw: Raw) -> JsonValue:
    """Any JSON value, None where there is none. Raises msgspec.DecodeError."""
    return None if raw in (_NULL, _ABSENT) else _VALUES.decode(raw)


def mark(raw: Raw) -> Any:
    """Marks, None where they mark nothing. Raises msgspec.DecodeError and TooDeep."""
    if raw in _NOTHING:
        return None
    found = _VALUES.decode(raw)
    return found if is_marked(found) else None


def sides(change: RawChange) -> Sides:
    """What a change says about an object, without those attributes that are the same on both sides."""
    unknown = mark(change.after_unknown)
    before, after = _differing(change.before, change.after, unknown)
    return Sides(
        before=before,
        after=after,
        before_sensitive=mark(change.before_sensitive),
        after_sensitive=mark(change.after_sensitive),
        unknown=unknown,
        forcing=change.replace_paths or (),
        hidden=change.unmarked,
    )


def value_sides(change: RawChange, *, hidden: bool) -> Sides:
    """What a change says about a single value, an output, as an object with the attribute `value`."""
    before, after, unknown = value(change.before), value(change.after), mark(change.after_unknown)
    marks = mark(change.before_sensitive), mark(change.after_sensitive)
    return Sides(
        before=None if before is None else {"value": before},
        after=None if after is None else {"value": after},
        before_sensitive=marks[0] and {"value": marks[0]},
        after_sensitive=marks[1] and {"value": marks[1]},
        unknown=unknown and {"value": unknown},
        hidden=hidden or change.unmarked,
    )


def _differing(before: Raw, after: Raw, unknown: Any) -> tuple[JsonValue, JsonValue]:
    """Both sides; of two objects only the attributes that differ, are unknown, or name what stands beside them."""
    if not (_is_object(before) and _is_object(after)):
        return value(before), value(after)
    one, other = _FIELDS.decode(before), _FIELDS.decode(after)
    wanted = {name for name, raw in one.items() if other.get(name) != raw}
    wanted.update(other.keys() - one.keys(), NAMING)
    if isinstance(unknown, dict):
        wanted.update(unknown)
    return _picked(one, wanted), _picked(other, wanted)


def _picked(fields: dict[str, Raw], wanted: set[str]) -> dict[str, JsonValue]:
    return {name: _VALUES.decode(raw) for name, raw in fields.items() if name in wanted}


def _is_object(raw: Raw) -> bool:
    return raw != _ABSENT and memoryview(raw).tobytes().startswith(b"{")
