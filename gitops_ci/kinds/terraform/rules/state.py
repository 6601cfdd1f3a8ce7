"""Rules about state: whose it is, whether it is encrypted and locked, and who reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_ci.config import Config
from gitops_ci.kinds.terraform import backends, states
from gitops_ci.kinds.terraform.engine import calls
from gitops_ci.kinds.terraform.rules.subject import Fault, Subject
from gitops_ci.model.stack import SHARED

_SHOWN = 3
_IN_THE_CLEAR = ("http", "consul", "pg")


def shared(subject: Subject) -> Iterator[Fault]:
    """Two stacks with one state: each apply destroys what the other one made."""
    known = states.of(subject.inventory)
    location = known.get(subject.stack.id)
    others = sorted(id for id, place in known.items() if place == location and id != subject.stack.id)
    if location is None or not others or _is_shared_by_workspaces(subject):
        return
    some = ", ".join(others[:_SHOWN]) + (f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else "")
    yield Fault(
        "error",
        f"its state is {location}, which is also that of {some}: each apply would destroy what the other made",
        "Give each stack a key (prefix, path or workspace) of its own.",
        subject.backend.path or subject.first,
        subject.backend.line,
    )


def _is_shared_by_workspaces(subject: Subject) -> bool:
    """Whether workspaces that nobody names here keep the states apart: their prefix tells one root from another."""
    given = calls.given(subject.stack, subject.inventory)
    return given.workspace is None and "workspace_key_prefix" in subject.backend.settings


def environment(subject: Subject) -> Iterator[Fault]:
    """A state whose place does not say which environment it belongs to, or says another one."""
    own = subject.stack.environment
    config = subject.inventory.config
    settings = config.environment(own)
    location = states.of(subject.inventory).get(subject.stack.id)
    if own == SHARED or location is None or subject.backend.type == "local":
        return
    if settings is not None and settings.bind.backends:
        return  # the binding decides, exactly
    named = _environments_in(location, config)
    if own in named:
        return
    if named:
        message = f"its state {location} is named after {named[0]}, and the stack belongs to {own}"
        help = f"Use a key that contains {own}, so that nobody applies {own} to the state of {named[0]}."
        yield Fault("error", message, help, subject.backend.path, subject.backend.line)
    elif any(_environments_in(place, config) for place in states.of(subject.inventory).values()):
        message = f"its state {location} does not say that it belongs to {own}"
        help = f"Put {own} into the bucket, key or workspace, so that a copied backend is seen at once."
        yield Fault("warning", message, help, subject.backend.path, subject.backend.line)


def _environments_in(location: str, config: Config) -> list[str]:
    """The environments that a location names, by name or alias, as words of their own."""
    return [
        each.name
        for each in config.environments
        if any(
            re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", location, re.IGNORECASE)
            for name in (each.name, *each.aliases)
        )
    ]


def unencrypted(subject: Subject) -> Iterator[Fault]:
    """State goes over the network, or lies, in the clear. It holds every secret of the stack."""
    backend = subject.backend
    if (
        backend.type == "s3"
        and not _is_partial(subject)
        and (given := backend.settings.get("encrypt")) in (None, False)
    ):
        said = "does not ask for encryption" if given is None else "turns encryption off"
        message = f'backend "s3" {said}: state holds every secret of the stack'
        help = "Set `encrypt = true` (and `kms_key_id` for a key of your own)."
        yield Fault("notice" if given is None else "warning", message, help, backend.path, backend.line)
    if backend.type in _IN_THE_CLEAR and _in_the_clear(backend):
        message = f'backend "{backend.type}" sends the state without encryption'
        yield Fault("warning", message, "Use https, or sslmode=verify-full.", backend.path, backend.line)


def _is_partial(subject: Subject) -> bool:
    """Whether a part of the backend's settings is only given to `init`, and by nothing that is known here."""
    backend = subject.backend
    needed = {"s3": ("bucket", "key"), "http": ("address",), "oss": ("bucket",)}.get(backend.type, ())
    return bool(backend.unread) or any(name not in backend.settings for name in needed)


def _in_the_clear(backend: backends.Backend) -> bool:
    if backend.type == "http":
        return (backend.text("address") or "").startswith("http://")
    if backend.type == "consul":
        return backend.text("scheme") == "http"
    return "sslmode=disable" in (backend.text("conn_str") or "")


def unlocked(subject: Subject) -> Iterator[Fault]:
    """Nothing keeps two applies from writing the state at once, and the later one loses what the earlier one made."""
    backend = subject.backend
    if _is_partial(subject):
        return
    given = backend.settings
    match backend.type:
        case "s3" if not given.get("dynamodb_table") and given.get("use_lockfile") in (None, False):
            help = "Set `use_lockfile = true` (Terraform and OpenTofu from 1.10)."
        case "http" if not given.get("lock_address"):
            help = "Set `lock_address` and `unlock_address`."
        case "consul" if given.get("lock") is False:
            help = "Remove `lock = false`."
        case "oss" if not given.get("tablestore_table"):
            help = "Set `tablestore_endpoint` and `tablestore_table`."
        case _:
            return
    message = f'backend "{backend.type}" locks nothing: two applies at once would lose resources'
    yield Fault("warning", message, help, backend.path, backend.line)


def lock_deprecated(subject: Subject) -> Iterator[Fault]:
    """A DynamoDB table as lock: deprecated since Terraform 1.10, where S3 locks by itself."""
    backend = subject.backend
    tofu = any(path.endswith((".tofu", ".tofu.json")) for path, _ in subject.root.files)
    if backend.type != "s3" or not backend.settings.get("dynamodb_table") or tofu:
        return
    if backend.settings.get("use_lockfile") is True:
        return  # both: the way from one to the other
    message = 'backend "s3" locks with `dynamodb_table`, which is deprecated since Terraform 1.10'
    help = "Set `use_lockfile = true` beside it; once every root has it, remove `dynamodb_table` and the table."
    yield Fault("notice", message, help, backend.path, backend.line)


def reads_lower(subject: Subject) -> Iterator[Fault]:
    """A stack that reads the state of an environment before its own: whoever may change that one changes this one."""
    config = subject.inventory.config
    lower = set(_lower(subject.stack.environment, config))
    for dependency in subject.inventory.dependencies:
        producer = subject.inventory.stacks.get(dependency.on)
        if dependency.stack == subject.stack.id and producer is not None and producer.environment in lower:
            message = f"{subject.stack.environment} reads the state of {dependency.on}"
            help = (
                f"Read a {subject.stack.environment} stack: what is tried out in {producer.environment} decides here."
            )
            yield Fault("error", message, help, dependency.path, dependency.line)


def _lower(environment: str, config: Config) -> Iterator[str]:
    """The environments that a change passes before this one, nearest first."""
    seen = {environment}
    settings = config.environment(environment)
    while settings is not None and settings.promotes_from is not None and settings.promotes_from not in seen:
        seen.add(settings.promotes_from)
        yield settings.promotes_from
        settings = config.environment(settings.promotes_from)
