"""Terraform's plan documents as checkov is to read them: what will be, and what is there before the change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

MAX_BYTES = 128 << 20
"""A larger document is not given to checkov, which takes twenty times as much memory."""

_VERSION = "1.0.0"  # checkov takes no document without one; some writers leave it out
_REAL = frozenset({"create", "update", "delete"})


class Planned(Struct, frozen=True):
    """`after` and `before` are documents for checkov; `before` is None where nothing is there, or nothing changes.

    `resources` are the addresses that it has to see in each, `same`: whether both would be answered alike.
    """

    after: bytes
    resources: frozenset[str]
    before: bytes | None = None
    earlier: frozenset[str] = frozenset()
    same: bool = False


class Malformed(ValueError):
    """The document is no plan; the message says why and holds nothing of it."""


def read(content: bytes) -> Planned:
    """What to give checkov of `terraform show -json`. Raises Malformed.

    Only what it reads is kept: values once, and of each change what happens and the names of what changes.
    """
    if len(content) > MAX_BYTES:
        raise Malformed(f"it is larger than {MAX_BYTES >> 20} MiB")
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("it is no JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("planned_values"), dict):
        raise Malformed("it has no planned_values")
    try:
        return _read(document)
    except (AttributeError, KeyError, TypeError):
        raise Malformed("its structure is not that of a plan") from None


def _read(document: dict[str, Any]) -> Planned:
    changes = [_change(each) for each in document.get("resource_changes") or ()]
    forgotten = {each["address"] for each in changes if each["change"]["actions"] == ["forget"]}
    after = document["planned_values"]
    prior = (document.get("prior_state") or {}).get("values") or {}
    resources = frozenset(_managed(after.get("root_module") or {})) - forgotten
    earlier = frozenset(_managed(prior.get("root_module") or {}))
    return Planned(
        after=_document(document, after, changes),
        resources=resources,
        before=_document(document, prior, []) if earlier else None,
        earlier=earlier,
        same=resources == earlier and not any(_REAL & set(each["change"]["actions"]) for each in changes),
    )


def _change(resource: dict[str, Any]) -> dict[str, Any]:
    change = resource["change"]
    before, after = change.get("before") or {}, change.get("after") or {}
    names: dict[str, Any] = {}
    if isinstance(before, dict) and isinstance(after, dict):
        names = {name: True for name, value in before.items() if value != after.get(name)}
    return {"address": resource["address"], "change": {"actions": change["actions"], "before": names, "after": {}}}


def _managed(module: dict[str, Any]) -> Iterator[str]:
    """Addresses of the resources, without data sources, in a module and those below it."""
    pending = [module]
    while pending:
        current = pending.pop()
        yield from (each["address"] for each in current.get("resources") or () if each.get("mode") == "managed")
        pending.extend(current.get("child_modules") or ())


def _document(document: dict[str, Any], values: dict[str, Any], changes: list[dict[str, Any]]) -> bytes:
    """Pretty-printed: without lines checkov cannot tell one resource from the next."""
    whole = {
        "format_version": "1.0",
        "terraform_version": document.get("terraform_version") or _VERSION,
        "planned_values": {"root_module": _complete(values.get("root_module") or {})},
        "resource_changes": changes,
        "configuration": document.get("configuration") or {},
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1)


def _complete(module: dict[str, Any]) -> dict[str, Any]:
    """The lists that checkov goes through without looking whether they are there."""
    return {"resources": [], "child_modules": [], **module}
