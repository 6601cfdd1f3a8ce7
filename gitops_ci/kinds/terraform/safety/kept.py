"""Where a root's state comes from: a state names the providers that `init` installs and a plan runs."""

from __future__ import annotations

import posixpath
from collections.abc import Hashable, Iterator, Mapping

import msgspec

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.terraform import backends, binding
from gitops_ci.kinds.terraform.backends import Backend
from gitops_ci.kinds.terraform.engine import calls
from gitops_ci.kinds.terraform.language.values import COMPUTED, Value
from gitops_ci.kinds.terraform.safety import flow
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import Closure

RULE = "terraform/state-not-allowed"
_BIND = "name it under environments[].bind.backend in gitops-ci.yml"
_REVIEW = "let base have it first"

_WITHIN = frozenset({
    "access_token", "acl", "allowed_account_ids", "assume_role", "assume_role_with_web_identity", "client_id",
    "dynamodb_table", "encrypt", "encryption_key", "external_id", "forbidden_account_ids", "force_path_style", "gzip",
    "impersonate_service_account", "impersonate_service_account_delegates", "key", "kms_encryption_key", "kms_key_id",
    "labels", "lock", "max_retries", "namespace", "path", "prefix", "profile", "region", "resource_group_name",
    "retry_max", "retry_wait_max", "retry_wait_min", "role_arn", "secret_suffix", "session_name", "snapshot",
    "subscription_id", "tenant_id", "token", "update_method", "lock_method", "unlock_method", "username",
    "workspace_key_prefix", "workspaces",
})  # fmt: skip
"""Settings that say which state at a place is meant, or how it is reached; any other one may be about the place."""
_HOW = ("skip_", "use_", "sse_", "in_cluster_")
_URLS = ("address", "lock_address", "unlock_address")


def breaches(closure: Closure) -> Iterator[Breach]:
    """A backend at a place (bucket, server, organisation) of its own, and a state that is committed."""
    given = calls.given(closure.stack, closure.inventory).backend_config
    backend = backends.of(closure.root, closure.snapshot, backend_config=given)
    if backend.type == "local":
        yield from _committed(backend, closure)
    elif not binding.patterns(closure.stack.environment, closure.inventory.config):  # else `binding` decides
        named = {each.partition("=")[0] for each in given if "=" in each}  # by the configuration, which is base's
        chosen = {name: value for name, value in backend.settings.items() if name not in named}
        yield from _place(msgspec.structs.replace(backend, settings=chosen), closure)


def _place(backend: Backend, closure: Closure) -> Iterator[Breach]:
    named = {name: _told(name, value) for name, value in backend.settings.items() if not _is_within(name)}
    named = {name: value for name, value in named.items() if value not in (None, "", False)}
    if not named and backend.type != "unclear":
        return
    place: tuple[Hashable, ...] = (backend.type, *sorted((name, repr(value)) for name, value in named.items()))
    if backend.type == "unclear" or any(map(_is_computed, named.values())):
        place += (flow.into(_expressions(closure), closure),)
    message = f"its state is kept at a place that base does not name ({backend.type}: {', '.join(sorted(named))})"
    texts = [value for value in named.values() if isinstance(value, str) and value]
    needle = max(texts, key=len, default=backend.type)
    path = backend.path or closure.stack.path
    yield Breach(RULE, f"{message}, and a state names providers that a plan runs", _BIND, path, backend.line,
                 (RULE, *place), needle=needle)  # fmt: skip


def _is_within(name: str) -> bool:
    return name in _WITHIN or name.startswith(_HOW)


def _told(name: str, value: Value) -> object:
    """What of a setting is the place: of an address all but its last part, which is the state's own."""
    if isinstance(value, Mapping):
        return {key: _told("", part) for key, part in sorted(value.items())}
    if name in _URLS and isinstance(value, str):
        address = value.partition("?")[0]
        found = posixpath.dirname(address.removesuffix("/lock") if name != "address" else address)
        return posixpath.normpath(found) if ".." in found or "%" in value else found
    return value


def _is_computed(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_is_computed, value.values()))
    return value is COMPUTED or (isinstance(value, list) and COMPUTED in value) or "${" in str(value)


def _expressions(closure: Closure) -> list[tuple[str, str]]:
    blocks = (placed for placed in closure.top() if placed.block.type == "terraform")
    return [
        (placed.directory, attribute.expression)
        for placed in blocks
        for inner in placed.body.blocks
        if inner.type in ("backend", "cloud", "state_store")
        for attribute in inner.body.attributes
    ]


def was_committed(breach: Breach, base: Snapshot) -> bool:
    """Whether a committed state is what base has at the same path, though no root of base reads it."""
    entry = base.entries.get(breach.path) if breach.rule == RULE and breach.path is not None else None
    return entry is not None and breach.key == (RULE, entry.oid)


def _committed(backend: Backend, closure: Closure) -> Iterator[Breach]:
    """The file that a local state is read from, where the repository has it."""
    workspace = calls.given(closure.stack, closure.inventory).workspace or backends.DEFAULT_WORKSPACE
    location = backends.location("local", backend.settings, workspace=workspace)
    name = location.removeprefix("local:") if location is not None else None
    path = join(closure.root, name) if name is not None and not name.startswith("/") else None
    found = closure.snapshot.resolve(path) if path is not None else None
    entry = closure.snapshot.entries.get(found) if found is not None else None
    if entry is not None and found is not None:
        message = f"{found} is a committed state: it names providers that a plan runs"
        yield Breach(RULE, message, _REVIEW, found, None, (RULE, entry.oid))
    elif location is None:
        message = "where its local state lies only an evaluation could tell: a state names providers that a plan runs"
        key = (RULE, flow.into(_expressions(closure), closure), closure.snapshot.tree)
        yield Breach(RULE, message, _REVIEW, backend.path or closure.stack.path, backend.line, key)
