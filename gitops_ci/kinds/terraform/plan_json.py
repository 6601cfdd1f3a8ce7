"""`terraform show -json` as a Plan's Changes; sensitive values are dropped while a Change is built.

Format: https://developer.hashicorp.com/terraform/internals/json-format (format_version 0.1 to 1.x).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from gitops_ci.model.plan import DESTRUCTIVE, Action, Attribute, Change, JsonValue

_SECRET_NAME = re.compile(
    r"(?:pass(?:word|wd|phrase)?|secret|token|private_?key|api_?key|access_?key|credentials?|connection_?string|kubeconfig)"
    r"(?:_?(?:value|string|base64|wo))?$",
    re.IGNORECASE,
)
"""Last words of attribute names whose values are hidden even where the provider forgot to mark them."""

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
    before_sensitive: Any = None
    after_sensitive: Any = None
    replace_paths: list[list[str | int]] | None = None
    importing: Any = None


class _RawResource(Struct):
    address: str
    change: _RawChange
    type: str = ""
    previous_address: str | None = None
    action_reason: str | None = None
    deposed: str | None = None


class _RawPlan(Struct):
    format_version: str | None = None
    resource_changes: list[_RawResource] | None = None
    output_changes: dict[str, _RawChange] | None = None
    resource_drift: list[_RawResource] | None = None
    errored: bool = False


class PlanDocument(Struct, frozen=True):
    """What a plan file says, without any sensitive value."""

    changes: tuple[Change, ...]
    outputs: tuple[Change, ...]
    drift: tuple[Change, ...]
    errored: bool


def parse(document: bytes) -> PlanDocument:
    """The changes of a plan. Raises PlanJsonError where the document is cut off, of another kind or version."""
    try:
        raw = msgspec.json.decode(document, type=_RawPlan)
    except (msgspec.DecodeError, RecursionError) as error:
        raise PlanJsonError(f"the plan is not valid JSON of a Terraform plan: {error}") from None
    if raw.format_version is None:
        raise PlanJsonError("the plan has no format_version: it was not written by `terraform show -json`")
    if raw.format_version.partition(".")[0] not in ("0", "1"):
        raise PlanJsonError(f"plan format {raw.format_version} is newer than this gitops-ci can read")
    return PlanDocument(
        changes=tuple(_changes(raw.resource_changes or ())),
        outputs=tuple(_outputs(raw.output_changes or {})),
        drift=tuple(_changes(raw.resource_drift or ())),
        errored=raw.errored,
    )


def _changes(resources: list[_RawResource] | tuple[()]) -> Iterator[Change]:
    for resource in resources:
        action = _action(resource)
        if action is not None:
            address = resource.address + (f" (deposed {resource.deposed})" if resource.deposed else "")
            yield Change(
                address=address,
                previous_address=resource.previous_address,
                type=resource.type,
                action=action,
                reason=resource.action_reason,
                destructive=action in DESTRUCTIVE,
                attributes=tuple(_attributes(resource.change)),
            )


def _action(resource: _RawResource) -> Action | None:
    actions = resource.change.actions
    if actions not in _ACTIONS:
        raise PlanJsonError(f"{resource.address}: unknown actions {list(actions)}")
    action = _ACTIONS[actions]
    if resource.change.importing is not None and action in (None, "update"):
        return "import"
    if action is None and resource.previous_address not in (None, resource.address):
        return "move"
    return action


def _outputs(outputs: dict[str, _RawChange]) -> Iterator[Change]:
    for name, change in outputs.items():
        action = _ACTIONS.get(change.actions)
        if action is not None:
            nested = _RawChange(
                actions=change.actions,
                before={"value": change.before} if change.before is not None else None,
                after={"value": change.after} if change.after is not None else None,
                after_unknown={"value": change.after_unknown} if change.after_unknown else None,
                before_sensitive={"value": change.before_sensitive},
                after_sensitive={"value": change.after_sensitive},
            )
            hidden = _SECRET_NAME.search(name) is not None
            yield Change(
                address=f"output.{name}",
                type="output",
                action=action,
                attributes=tuple(_attributes(nested, hidden=hidden)),
            )


def _attributes(change: _RawChange, *, hidden: bool = False) -> Iterator[Attribute]:
    forcing = tuple(_path_text(path) for path in change.replace_paths or ())
    marks = _Marks(change.before_sensitive, change.after_sensitive, change.after_unknown, hidden)
    for path, before, after, at in _leaves("", change.before, change.after, marks):
        forces = any(
            path == one or path.startswith((f"{one}.", f"{one}[")) or one.startswith((f"{path}.", f"{path}["))
            for one in forcing
        )
        secret = at.sensitive
        yield Attribute(
            path=path,
            before=None if secret else before,
            after=None if secret else after,
            sensitive=secret,
            unknown=at.unknown is True,
            forces_replacement=forces,
        )


class _Marks(Struct, frozen=True):
    """The marks of one place: each is True, or a structure with marks deeper down."""

    before_sensitive: Any
    after_sensitive: Any
    unknown: Any
    hidden: bool

    @property
    def sensitive(self) -> bool:
        return self.hidden or self.before_sensitive is True or self.after_sensitive is True

    def at(self, key: str | int) -> _Marks:
        hidden = self.hidden or (isinstance(key, str) and _SECRET_NAME.search(key) is not None)
        return _Marks(
            _inside(self.before_sensitive, key), _inside(self.after_sensitive, key), _inside(self.unknown, key), hidden
        )

    def over(self, before: JsonValue, after: JsonValue) -> _Marks:
        """These marks for a place that is shown whole: one secret inside hides all of it."""
        inside = (
            _marked(self.before_sensitive)
            or _marked(self.after_sensitive)
            or _names_secret(before)
            or _names_secret(after)
        )
        return _Marks(self.before_sensitive, self.after_sensitive, self.unknown, hidden=True) if inside else self


def _marked(mark: Any) -> bool:
    if isinstance(mark, dict):
        return any(map(_marked, mark.values()))
    if isinstance(mark, list):
        return any(map(_marked, mark))
    return mark is True


def _names_secret(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return any(_SECRET_NAME.search(key) is not None or _names_secret(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_names_secret, value))


def _inside(mark: Any, key: str | int) -> Any:
    if mark is True:
        return True
    if isinstance(mark, dict) and isinstance(key, str):
        return mark.get(key)
    if isinstance(mark, list) and isinstance(key, int) and key < len(mark):
        return mark[key]
    return None


def _leaves(
    path: str, before: JsonValue, after: JsonValue, marks: _Marks
) -> Iterator[tuple[str, JsonValue, JsonValue, _Marks]]:
    """Every place where the sides differ, as deep as both have the same shape; secrets are not entered."""
    if marks.sensitive or marks.unknown is True:
        if before != after or marks.unknown is True:
            yield path, before, after, marks
        return
    keys = _keys(before, after, marks.unknown)
    if keys is None:
        if before != after and (path or not isinstance(before if after is None else after, dict)):
            yield path, before, after, marks.over(before, after)
        return
    for key in keys:
        inner = f"{path}[{key}]" if isinstance(key, int) else _joined(path, key)
        yield from _leaves(inner, _item(before, key), _item(after, key), marks.at(key))


def _keys(before: JsonValue, after: JsonValue, unknown: Any) -> list[str] | list[int] | None:
    """The keys to go on with, or None where this place is to be compared whole."""
    sides = [side for side in (before, after) if side is not None]
    if all(isinstance(side, dict) for side in sides) and (sides or isinstance(unknown, dict)):
        more = unknown if isinstance(unknown, dict) else {}
        return list(dict.fromkeys(key for side in (*sides, more) for key in side)) or None
    if all(isinstance(side, list) for side in sides) and (sides or isinstance(unknown, list)):
        length = max([len(side) for side in sides] + [len(unknown) if isinstance(unknown, list) else 0])
        return list(range(length)) if length else None
    return None


def _item(value: JsonValue, key: str | int) -> JsonValue:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _joined(path: str, key: str) -> str:
    plain = key.replace("_", "").replace("-", "").isalnum()
    if not plain:
        return f"{path}[{msgspec.json.encode(key).decode()}]"
    return f"{path}.{key}" if path else key


def _path_text(path: list[str | int]) -> str:
    text = ""
    for key in path:
        text = f"{text}[{key}]" if isinstance(key, int) else _joined(text, key)
    return text
