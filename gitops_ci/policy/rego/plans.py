"""Terraform's plans as inputs: what is planned, what was there before it, and where in the files a resource is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot

_STEP = re.compile(r'module\.([\w-]+)(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.')
_RESOURCE = re.compile(r"(data\.)?([\w-]+)\.([\w-]+)(?:\[.*\])?")


_KEPT = ("format_version", "terraform_version", "timestamp")


class Addresses(Struct, frozen=True):
    """The addresses that a plan knows, the longest first."""

    all: tuple[str, ...] = ()

    def quoted(self, message: str) -> str | None:
        """The address that a message names; None where it names none."""
        for each in self.all:
            at = message.find(each)
            while at >= 0:
                end = at + len(each)
                around = message[at - 1 : at] + message[end : end + 1]
                if not re.search(r"[\w\[-]", around) and message[at - 1 : at] != ".":
                    return each
                at = message.find(each, at + 1)
        return None


def before(plan: dict[str, Any]) -> dict[str, Any] | None:
    """The plan of doing nothing to what is there; None where nothing is.

    What a policy finds in it, too, is not the change's doing. The configuration and the variables are those of head and
    so are left out: a policy that judges them judges something new.
    """
    prior = plan.get("prior_state")
    changes = [kept for each in _dicts(plan.get("resource_changes")) if (kept := _kept(each)) is not None]
    outputs = plan.get("output_changes")
    kept_outputs = {
        name: unchanged
        for name, change in (outputs.items() if isinstance(outputs, dict) else ())
        if isinstance(change, dict) and (unchanged := _unchanged(change)) is not None
    }
    if not changes and not kept_outputs and not isinstance(prior, dict):
        return None
    found: dict[str, Any] = {key: plan[key] for key in _KEPT if key in plan}
    values = prior.get("values") if isinstance(prior, dict) else None
    found["planned_values"] = values if isinstance(values, dict) else {"root_module": {}}
    found["resource_changes"] = changes
    found["output_changes"] = kept_outputs
    if isinstance(prior, dict):
        found["prior_state"] = prior
    return found


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    yield from (each for each in value or () if isinstance(each, dict)) if isinstance(value, list) else ()


def _kept(resource: dict[str, Any]) -> dict[str, Any] | None:
    change = resource.get("change")
    unchanged = _unchanged(change) if isinstance(change, dict) else None
    if unchanged is None:
        return None
    left = {key: value for key, value in resource.items() if key not in ("action_reason", "previous_address")}
    return {**left, "change": unchanged}


def _unchanged(change: dict[str, Any]) -> dict[str, Any] | None:
    """The change that keeps what was there; None where there was nothing."""
    was = change.get("before")
    if was is None:
        return None
    marks = change.get("before_sensitive", False)
    return {
        "actions": ["no-op"],
        "before": was,
        "after": was,
        "after_unknown": {},
        "before_sensitive": marks,
        "after_sensitive": marks,
    }


def addresses(plan: dict[str, Any]) -> Addresses:
    """Every address of the plan's resources."""
    found = {each["address"] for each in _dicts(plan.get("resource_changes")) if isinstance(each.get("address"), str)}
    found |= set(_planned(plan.get("planned_values")))
    return Addresses(tuple(sorted(filter(None, found), key=lambda each: (-len(each), each))))


def _planned(values: Any) -> Iterator[str]:
    pending = [values.get("root_module")] if isinstance(values, dict) else []
    while pending:
        module = pending.pop()
        if not isinstance(module, dict):
            continue
        yield from (each["address"] for each in _dicts(module.get("resources")) if isinstance(each.get("address"), str))
        pending.extend(_dicts(module.get("child_modules")))


def decoded(content: bytes) -> dict[str, Any]:
    """The plan as JSON values. Raises ValueError where it is no object."""
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("it is no JSON object") from None


def place(address: str, directory: str, snapshot: Snapshot) -> tuple[str, int] | None:
    """The file and line of the block that an address comes from, or of the module's call where that is elsewhere."""
    from gitops_ci.kinds.terraform.language import values
    from gitops_ci.kinds.terraform.reading import configuration, directories

    nearest: tuple[str, int] | None = None
    position = 0
    while (step := _STEP.match(address, position)) is not None:
        position = step.end()
        called = next(configuration.of(directory, snapshot).all("module", step[1]), None)
        if called is None:
            return nearest
        nearest = called.path, called.line
        source = called.block.body.attribute("source")
        text = values.text(source.expression) if source is not None else None
        target = directories.target(snapshot, directory, text) if text and text.startswith(("./", "../")) else None
        if target is None:
            return nearest
        directory = target
    match = _RESOURCE.fullmatch(address, position)
    if match is None:
        return nearest
    type = "data" if match[1] else "resource"
    found = next(configuration.of(directory, snapshot).all(type, match[2], match[3]), None)
    return nearest if found is None else (found.path, found.line)
