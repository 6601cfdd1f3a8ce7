"""The cloud accounts, projects and subscriptions that a root names in its providers and its backend."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform.language.blocks import Attribute, Body
from gitops_ci.kinds.terraform.rules.subject import Subject
from gitops_ci.kinds.terraform.safety import closure as closures
from gitops_ci.kinds.terraform.safety import evaluation, possible
from gitops_ci.kinds.terraform.safety.closure import Closure, Placed
from gitops_ci.kinds.terraform.safety.evaluation import Scope
from gitops_ci.model.stack import Stack

_AWS = re.compile(r"(?<!\d)\d{12}(?!\d)")
_GOOGLE = re.compile(r"[\w.-]+@([\w-]+)\.iam\.gserviceaccount\.com")
_OF_AWS = frozenset({"role_arn", "allowed_account_ids"})
_OF_OTHERS = frozenset({"project", "subscription_id"})
_IMPERSONATED = "impersonate_service_account"
_CHOOSING = _OF_OTHERS | {"role_arn", "assume_role", "assume_role_with_web_identity", _IMPERSONATED}
_KEEPERS = ("backend", "cloud", "state_store")


class Account(Struct, frozen=True):
    """An account and where it is named; the id is None where only an evaluation could tell it."""

    id: str | None
    path: str
    line: int


def of(stack: Stack, inventory: Inventory) -> Iterator[Account]:
    """Every account that is written down, with the values of the stack's own var files."""
    closure = exact(closures.of(stack, inventory))
    for placed in closure.all("provider"):
        yield from _in_body(placed, placed.body, Scope(closure, placed.directory))
    for placed in closure.all("terraform"):
        for block in placed.body.blocks:
            if block.type in _KEEPERS:
                yield from _in_body(placed, block.body, Scope(closure, placed.directory))
    yield from _given(stack, inventory)


def exact(closure: Closure) -> Closure:
    """The same where of several values of a variable the one counts that the stack's own files give last."""
    last = {name: given[-1:] for name, given in closure.variables.items()}
    return msgspec.structs.replace(closure, variables=last, is_exact=True)


def _in_body(placed: Placed, body: Body, scope: Scope) -> Iterator[Account]:
    for attribute in body.attributes:
        for name, text in _texts(attribute, scope):
            found = _named(name, text) if text is not None else (None,)
            yield from (Account(each, placed.path, attribute.line) for each in found)
    for block in body.blocks:
        yield from _in_body(placed, block.body, scope)


def _texts(attribute: Attribute, scope: Scope) -> Iterator[tuple[str, str | None]]:
    """The texts of an attribute, and of what is nested in a mapping, each with its name.

    None for one that chooses an account and is not known. What stands in many places is one object, and looked at
    once: a few lines can double a value a hundred times.
    """
    whole = evaluation.of(attribute, scope)
    pending = [(attribute.name, whole)]
    seen: set[tuple[str, int]] = set()
    while pending:
        name, value = pending.pop()
        if (name, id(value)) in seen:
            continue
        seen.add((name, id(value)))
        if value is None and name in _CHOOSING:
            yield name, None
        for each in value or ():
            if isinstance(each, str):
                yield name, None if name in _CHOOSING and _is_untold(each) else each
            else:
                pending += [(name if each.is_list else key, part) for key, part in each.by_key.items()]
                pending.append((name, each.rest))


def _is_untold(text: str) -> bool:
    """Whether only an evaluation could tell a text. What the job gives is not this change's to choose."""
    return possible.is_marked(text) and possible.GIVEN not in text and possible.DEFAULTED not in text


def _named(name: str, text: str) -> Iterator[str]:
    if name in _OF_AWS:
        yield from _AWS.findall(text)
    elif name in _OF_OTHERS and text and not possible.is_marked(text):
        yield text
    elif name == _IMPERSONATED:
        yield from _GOOGLE.findall(text)


def _given(stack: Stack, inventory: Inventory) -> Iterator[Account]:
    """Those in the files that `init` is given for the backend."""
    backend = Subject(stack, inventory).backend
    pending = list(backend.settings.items())
    while pending:
        name, value = pending.pop()
        if isinstance(value, str):
            yield from (Account(each, backend.path or stack.path, backend.line or 1) for each in _named(name, value))
        elif isinstance(value, dict):
            pending += value.items()
        elif isinstance(value, list):
            pending += [(name, each) for each in value]
