"""What base would change by itself, told apart from what a pull request changes (`kinds.terraform.plan_base`).

A change counts as the same at both ends only where that is certain: equal in every word, with no value that a plan
hides, nothing known only after apply but what a provider computes, and the same providers. All else stays with the pull
request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gitops_ci.kinds.terraform.plans import plan_json
from gitops_ci.kinds.terraform.plans.plan_json import PlanDocument, PlanJsonError
from gitops_ci.kinds.terraform.reading.configuration import SOURCES
from gitops_ci.model.plan import Attribute, Change
from gitops_ci.policy import secrets

_INSTANCE = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*+")\]')
_DYNAMIC = re.compile(rb'\bdynamic\b(?:\s+"?([\w-]+)"?\s*\{)?')
_REFERENCE = re.compile(rb'"references":\s*\[([^\]]*)\]')


class _Resource(Struct):
    address: str = ""
    expressions: dict[str, msgspec.Raw] = {}


class _Call(Struct):
    module: _Module | None = None


class _Module(Struct):
    resources: list[_Resource] = []
    module_calls: dict[str, _Call] = {}


class _Configuration(Struct):
    root_module: _Module = msgspec.field(default_factory=_Module)
    provider_config: msgspec.Raw = msgspec.Raw(b"{}")


class _Raw(Struct):
    configuration: _Configuration = msgspec.field(default_factory=_Configuration)
    variables: msgspec.Raw = msgspec.Raw(b"{}")


class Configured(Struct, frozen=True):
    """What the configuration says: by resource (no instance keys) its attributes, and all that providers are given.

    `dynamic` are blocks that a plan's JSON does not name; None where they cannot be told. `providers` is None where
    they are given more than constants and variables.
    """

    attributes: Mapping[str, frozenset[str]]
    dynamic: frozenset[str] | None
    providers: tuple[object, object] | None


class Document(Struct, frozen=True):
    """A plan, and what is configured where it is to be compared."""

    plan: PlanDocument
    configured: Configured | None = None


def document(content: bytes, *, compared_in: Iterable[Path] = ()) -> Document:
    """The plan in `terraform show -json`'s output, to be compared where the folders of its sources are given.

    Raises PlanJsonError.
    """
    plan = plan_json.parse(content)
    folders = tuple(compared_in)
    if not folders:
        return Document(plan)
    try:
        raw = msgspec.json.decode(content, type=_Raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise PlanJsonError(f"the plan's configuration cannot be read: {error}") from None
    found = Configured(dict(_attributes(raw.configuration.root_module, "")), _dynamic(folders), _providers(raw))
    return Document(plan, found)


def _attributes(module: _Module, at: str) -> Iterator[tuple[str, frozenset[str]]]:
    for resource in module.resources:
        yield f"{at}{resource.address}", frozenset(resource.expressions)
    for name, call in module.module_calls.items():
        if call.module is not None:
            yield from _attributes(call.module, f"{at}module.{name}.")


def _dynamic(folders: Iterable[Path]) -> frozenset[str] | None:
    """The names of `dynamic` blocks in every source, those of downloaded modules included."""
    names: set[str] = set()
    for path in (path for folder in folders for path in folder.rglob("*") if path.name.endswith(SOURCES)):
        for label in _DYNAMIC.findall(path.read_bytes()) if path.is_file() else ():
            if not label:
                return None
            names.add(label.decode())
    return frozenset(names)


def _providers(raw: _Raw) -> tuple[object, object] | None:
    given = bytes(raw.configuration.provider_config)
    references = [each for found in _REFERENCE.findall(given) for each in found.split(b",")]
    if not all(each.strip().startswith(b'"var.') for each in references if each.strip()):
        return None
    named = {each.strip().strip(b'"').decode("utf-8", "replace").split(".")[1] for each in references if each.strip()}
    variables = msgspec.json.decode(raw.variables, type=dict[str, Any])
    return msgspec.json.decode(given), {name: value for name, value in variables.items() if name in named}


class Split(Struct, frozen=True):
    """A plan's changes and outputs, and apart from them what base would change as well."""

    changes: tuple[Change, ...]
    outputs: tuple[Change, ...]
    pending: tuple[Change, ...] = ()


def split(head: Document, base: Document) -> Split:
    """Head's plan without what base's plan has just the same."""
    ours, theirs = head.configured, base.configured
    if ours is None or theirs is None or ours.providers is None or ours.providers != theirs.providers:
        return Split(head.plan.changes, head.plan.outputs)
    there = {(change.address, change.deposed): change for change in (*base.plan.changes, *base.plan.outputs)}

    def is_pending(change: Change) -> bool:
        return (
            there.get((change.address, change.deposed)) == change
            and _is_known(change, ours)
            and _is_known(change, theirs)
        )

    changes = [(change, is_pending(change)) for change in head.plan.changes]
    outputs = [(change, is_pending(change)) for change in head.plan.outputs]
    return Split(
        changes=tuple(change for change, same in changes if not same),
        outputs=tuple(change for change, same in outputs if not same),
        pending=tuple(change for change, same in (*changes, *outputs) if same),
    )


def _is_known(change: Change, configured: Configured) -> bool:
    """Whether equal words are equal values: nothing hidden, and nothing unknown that the configuration decides."""
    named = configured.attributes.get(_INSTANCE.sub("", change.address))
    return all(
        not _is_hidden(each) and not (each.unknown and _is_given(each, named, configured)) for each in change.attributes
    )


def _is_hidden(attribute: Attribute) -> bool:
    """Whether a value, or a part of a text, is masked: two that differ in it look the same."""
    masked = (secrets.MASK, secrets.CHANGED)
    values = msgspec.json.encode((attribute.before, attribute.after)).decode()
    return attribute.sensitive or any(mask in values for mask in masked)


def _is_given(attribute: Attribute, named: frozenset[str] | None, configured: Configured) -> bool:
    name = re.split(r"[.\[]", attribute.path, maxsplit=1)[0]
    return named is None or configured.dynamic is None or name in named or name in configured.dynamic
