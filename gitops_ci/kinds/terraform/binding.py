"""What belongs to an environment (trust.md, rule 3): its stacks' state and accounts are its own, and nobody else's.

The patterns are those of base's configuration; what is held against them is the end that would be planned.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from gitops_ci.config import Config
from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.terraform import accounts, states
from gitops_ci.kinds.terraform.rules.subject import Subject
from gitops_ci.model.plan import Problem
from gitops_ci.model.stack import Stack

_SCHEMES = {"s3": "s3", "gcs": "gs", "cloud": "remote", "http": "http"}
"""How the locations of a backend begin, where not with its own name."""


def refused(stack: Stack, inventory: Inventory) -> Problem | None:
    """Why a stack is not planned: it names what belongs to another environment, or not what belongs to its own."""
    config = inventory.config
    if not any(each.bind.backends or each.bind.accounts for each in config.environments):
        return None
    return _state(stack, inventory) or _accounts(stack, inventory)


def _state(stack: Stack, inventory: Inventory) -> Problem | None:
    config = inventory.config
    if not any(each.bind.backends for each in config.environments):
        return None
    backend = Subject(stack, inventory).backend
    path = backend.path or stack.path or None
    location = states.location(stack, inventory)
    if location is None:
        if not _may_match(stack, backend.type, config):
            return None
        message = "where its state is kept cannot be told from its files, so nobody knows whose it is"
        return Problem(code="binding-unknown", message=message, path=path, line=backend.line)
    owner = owner_of(location, stack.environment, config)
    if owner is not None:
        message = f"its state is {location}, which belongs to {owner} (environments[].bind.backend)"
        return Problem(code="binding", message=message, path=path, line=backend.line)
    own = patterns(stack.environment, config)
    if own and not _fits_own(location, own):
        message = f"its state is {location}, but that of {stack.environment} is bound to {', '.join(own)}"
        return Problem(code="binding", message=message, path=path, line=backend.line)
    return None


def owner_of(location: str, environment: str, config: Config) -> str | None:
    """The other environment that a location belongs to. Where two patterns fit it, the longer one decides."""
    own = max((_length(each) for each in patterns(environment, config) if _fits_own(location, (each,))), default=-1)
    for other in config.environments:
        if other.name == environment:
            continue
        if any(_length(each) >= own and _may_fit(location, each) for each in other.bind.backends):
            return other.name
    return None


def patterns(environment: str, config: Config) -> tuple[str, ...]:
    """Where the states of an environment are bound to; none where they are not."""
    settings = config.environment(environment)
    return settings.bind.backends if settings is not None else ()


def _length(pattern: str) -> int:
    return len(pattern.partition("*")[0])


def _fits_own(location: str, patterns: tuple[str, ...]) -> bool:
    """As it is written and as a server could read it."""
    return any(_fits(location, each) and _fits(_normal(location), each) for each in patterns)


def _may_fit(location: str, pattern: str) -> bool:
    """In any spelling that could mean the same place."""
    wanted = pattern.casefold()
    return any(_fits(each.casefold(), wanted) for each in (location, _normal(location)))


def _fits(text: str, pattern: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def _normal(location: str) -> str:
    """Without empty parts, `.` and `..` in what follows the first part (a bucket, a host)."""
    scheme, separator, rest = location.partition("://")
    if not separator:
        return location
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}/{posixpath.normpath('/' + path).lstrip('/')}"


def _may_match(stack: Stack, type: str, config: Config) -> bool:
    """Whether a state whose place is not told could be one that a pattern names."""
    if patterns(stack.environment, config) or type in ("unclear", "state_store"):
        return True
    scheme = _SCHEMES.get(type, type)
    return any(pattern.startswith(scheme) for each in config.environments for pattern in each.bind.backends)


def may_be_owned(type: str | None, environment: str, config: Config) -> bool:
    """Whether a place of a type of backend (None: of any) that is not told could be another environment's."""
    scheme = "" if type is None else _SCHEMES.get(type, type)
    others = (each for each in config.environments if each.name != environment)
    return any(pattern.startswith(scheme) for each in others for pattern in each.bind.backends)


def _accounts(stack: Stack, inventory: Inventory) -> Problem | None:
    config = inventory.config
    settings = config.environment(stack.environment)
    own = frozenset(settings.bind.accounts) if settings is not None else frozenset[str]()
    owners = dict(_owners(stack.environment, config))
    for account in accounts.of(stack, inventory) if own or owners else ():
        if account.id in own:
            continue
        if account.id is None:
            message = "which account it uses only an evaluation could tell, so nobody knows whose it is"
            return Problem(code="binding-unknown", message=message, path=account.path, line=account.line)
        owner = owners.get(account.id)
        if owner is not None:
            message = f"it names the account {account.id}, which belongs to {owner} (environments[].bind.accounts)"
        elif own:
            message = f"it names the account {account.id}, which is none of {stack.environment}'s"
        else:
            continue
        return Problem(code="binding", message=message, path=account.path, line=account.line)
    return None


def _owners(environment: str, config: Config) -> Iterator[tuple[str, str]]:
    for each in config.environments:
        if each.name != environment:
            yield from ((account, each.name) for account in each.bind.accounts)
