"""From a directory to its stacks: which environment it belongs to and what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product

import msgspec

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
    """The stacks that `layout.stacks` makes of a directory: several where one is deployed more than once.

    Each with its pattern, in which `{environment}`, `{name}` and `{instance}` are replaced.
    """
    for pattern in config.layout.stacks:
        if pattern.kind != kind:
            continue
        matched = compiled(pattern.path).fullmatch(directory)
        if matched is None:
            continue
        groups = matched.groupdict()
        inferred = place(directory, kind, config)
        name = groups.get("name") or inferred.name
        environments = pattern.environments or (_environment(pattern, groups, config) or inferred.environment,)
        for environment, instance in product(environments, pattern.instances or (None,)):
            given = _filled(pattern, {"environment": environment, "name": name, "instance": instance or ""})
            own = instance or _workspace(given, environment)
            yield stacks.make(environment=environment, kind=kind, name=name, path=directory, instance=own), given
        return


def _environment(pattern: StackPattern, groups: dict[str, str | None], config: Config) -> str | None:
    """The one environment that a pattern says, by itself or by the folder at its placeholder."""
    folder = groups.get("environment")
    return pattern.environment or (config.environment_of(folder) if folder else None) or folder


def _workspace(given: StackPattern, environment: str) -> str | None:
    """A workspace that is called otherwise than its environment: two of one environment are two stacks."""
    return given.workspace if given.environments and given.workspace and given.workspace != environment else None


def _filled(pattern: StackPattern, values: Mapping[str, str]) -> StackPattern:
    def text(template: str) -> str:
        return re.sub(r"\{([a-z]+)\}", lambda found: values.get(found[1], found[0]), template)

    return msgspec.structs.replace(
        pattern,
        workspace=text(pattern.workspace) if pattern.workspace is not None else None,
        var_files=tuple(map(text, pattern.var_files)),
        backend_config=tuple(map(text, pattern.backend_config)),
    )


def is_declared(kind: Kind, config: Config) -> bool:
    """Whether `layout.stacks` says where stacks of this kind lie; then nothing is guessed."""
    return any(pattern.kind == kind for pattern in config.layout.stacks)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """A path pattern as an expression: `{x}` is one folder (named), `*` within one, `**` any number of folders.

    A name that stands twice has to be the same folder twice; `.` is the root; `a/**` is `a` and all below it.
    """
    parts = re.split(r"((?:\*\*/)+|\*\*)", _normal(pattern))
    expression = ""
    named: set[str] = set()
    for index in range(0, len(parts), 2):
        before, unit, after = parts[index - 1] if index else "", parts[index], "".join(parts[index + 1 : index + 2])
        if after == "**" and unit.endswith("/"):
            unit, parts[index + 1] = unit[:-1], "/**"
        is_settled = bool(before) and "{" not in unit and _settles(before, unit, parts[index + 1 : index + 2])
        here = _SPANS[before[:3]][is_settled] + _unit(unit, named)
        expression += f"(?>{here})" if is_settled else here
    return re.compile(expression)


_SPANS = {  # as far as possible, and no farther than needed
    "": ("", ""),
    "**/": (r"(?:[^/]++/)*", r"(?:[^/]++/)*?"),
    "**": (r"(?s:.*)", r"(?s:.*?)"),
    "/**": (r"(?:/(?s:.*))?", r"(?:/(?s:.*?))??"),
}


def _settles(before: str, unit: str, after: list[str]) -> bool:
    """Whether the first place where `unit` matches is as good as any: what follows takes in all that is between.

    No other place is tried then, so that a path of a thousand folders takes a moment and not an hour.
    """
    if not after:
        return False
    folders = unit.endswith("/") and before.startswith("**/") and after[0].startswith("**/")
    return folders or (before == "**" and after[0] == "**" and not {"/", "*"} & set(unit))


def _unit(unit: str, named: set[str]) -> str:
    """The expression of what stands between two `**`; a `*` with another after it goes no farther than needed."""
    first, *others = unit.split("*")
    expression = _fixed(first, named)
    for index, fixed in enumerate(others):
        is_settled = index + 1 < len(others) and "{" not in fixed
        inner = _fixed(fixed, named)
        expression += rf"(?>[^/]*?{inner})" if is_settled else rf"[^/]*{inner}"
    return expression


def _fixed(text: str, named: set[str]) -> str:
    expression = ""
    for token in re.split(r"(\{[a-z_]+\}|\?)", text):
        if re.fullmatch(r"\{[a-z_]+\}", token):
            name = token[1:-1]
            expression += rf"(?P={name})" if name in named else rf"(?P<{name}>[^/]+)"
            named.add(name)
        else:
            expression += r"[^/]" if token == "?" else re.escape(token)
    return expression


def _normal(pattern: str) -> str:
    """Without slashes at the ends, `./` before it, and empty for the root."""
    stripped = pattern.strip("/")
    while stripped.startswith("./"):
        stripped = stripped[2:].lstrip("/")
    return "" if stripped == "." else stripped
