"""From a directory to its stacks: which environment it belongs to and what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from gitops_ci.config import KIND_DIRECTORIES, Config, StackPattern
from gitops_ci.model import stack as stacks
from gitops_ci.model.stack import SHARED, Kind, Stack

MAIN = "main"
_CONTAINERS = frozenset({"environments", "environment", "envs", "env", "live"})


def place(directory: str, kind: Kind, config: Config) -> Stack:
    """The stack that a directory is by its path alone (contract: stack ids).

    The first folder that names an environment decides; folders that only say "environments", "shared" or the
    kind are left out of the name. What remains may hold slashes; nothing remaining is `main`.
    """
    parts = [part for part in directory.split("/") if part]
    index = _environment_index(parts, config)
    if index is None:
        environment = SHARED
        parts = parts[1:] if parts[:1] == [SHARED] else parts
    else:
        environment = config.environment_of(parts[index]) or SHARED
        container = index - 1 if index and parts[index - 1] in _CONTAINERS else index
        parts = parts[:container] + parts[index + 1 :]
    for index, part in enumerate(parts[:2]):
        if KIND_DIRECTORIES.get(part) == kind:
            parts = parts[:index] + parts[index + 1 :]
            break
    return stacks.make(environment=environment, kind=kind, name="/".join(parts) or MAIN, path=directory)


def environment_of_path(path: str, config: Config) -> str:
    """The environment whose own folder (`production/…`, `…/environments/production/…`) holds a path, else `shared`."""
    parts = path.split("/")
    index = _environment_index(parts, config)
    if index is None or (index and parts[index - 1] not in _CONTAINERS):
        return SHARED
    return config.environment_of(parts[index]) or SHARED


def _environment_index(parts: list[str], config: Config) -> int | None:
    """Which folder names the environment: the first that does, but `live/staging` is staging, not live."""
    for index, part in enumerate(parts):
        if config.environment_of(part) is None:
            continue
        following = parts[index + 1] if index + 1 < len(parts) else ""
        is_container = part in _CONTAINERS and config.environment_of(following) is not None
        return index + 1 if is_container else index
    return None


def declared(directory: str, kind: Kind, config: Config) -> Iterator[tuple[Stack, StackPattern]]:
    """The stacks that `layout.stacks` makes of a directory: several where one is deployed more than once."""
    for pattern in config.layout.stacks:
        if pattern.kind != kind:
            continue
        matched = compiled(pattern.path).fullmatch(directory)
        if matched is None:
            continue
        groups = matched.groupdict()
        inferred = place(directory, kind, config)
        name = groups.get("name") or inferred.name
        if pattern.environments:
            for environment in pattern.environments:
                yield _instance(directory, kind, environment, name, pattern), pattern
        else:
            folder = groups.get("environment")
            environment = (
                pattern.environment
                or (config.environment_of(folder) if folder else None)
                or folder
                or inferred.environment
            )
            yield stacks.make(environment=environment, kind=kind, name=name, path=directory), pattern
        return


def _instance(directory: str, kind: Kind, environment: str, name: str, pattern: StackPattern) -> Stack:
    workspace = (pattern.workspace or "").replace("{environment}", environment)
    instance = workspace if workspace and workspace != environment else None
    return stacks.make(environment=environment, kind=kind, name=name, path=directory, instance=instance)


def is_declared(kind: Kind, config: Config) -> bool:
    """Whether `layout.stacks` says where stacks of this kind lie; then nothing is guessed."""
    return any(pattern.kind == kind for pattern in config.layout.stacks)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """A path pattern as an expression: `{x}` is one folder (named), `*` within one, `**` any number of folders.

    A name that stands twice has to be the same folder twice; `.` is the root; `a/**` is `a` and all below it.
    """
    expression = ""
    named: set[str] = set()
    tokens = re.split(r"(\{[a-z_]+\}|(?:\*\*/)+|\*\*|\*|\?)", _normal(pattern))
    for token in tokens:
        if re.fullmatch(r"\{[a-z_]+\}", token):
            name = token[1:-1]
            expression += rf"(?P={name})" if name in named else rf"(?P<{name}>[^/]+)"
            named.add(name)
        elif token.startswith("**/"):
            expression += r"(?:[^/]+/)*"
        elif token == "**":
            expression = f"{expression[:-1]}(?:/(?s:.*))?" if expression.endswith("/") else f"{expression}(?s:.*)"
        elif token == "*":
            expression += r"[^/]*"
        elif token == "?":
            expression += r"[^/]"
        else:
            expression += re.escape(token)
    return re.compile(expression)


def _normal(pattern: str) -> str:
    """Without slashes at the ends, `./` before it, and empty for the root."""
    stripped = pattern.strip("/")
    while stripped.startswith("./"):
        stripped = stripped[2:].lstrip("/")
    return "" if stripped == "." else stripped
