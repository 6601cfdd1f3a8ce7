"""What no schema can say of a configuration: names and patterns that have to fit together."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from gitops_ci.config import KIND_DIRECTORIES, KINDS, SHARED, Config, Environment, SeverityByPlace, StackPattern
from gitops_ci.config_file import engine_arguments
from gitops_ci.config_file.document import Path
from gitops_ci.config_gate import Approvers, Gate
from gitops_ci.policy import rule_ids

MAX_STARS = 3
MAX_SPANS = 4
"""A pattern becomes a regular expression, whose time grows with the power of its wildcards."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_FILLED = ("environment", "name", "instance")
"""What is replaced in a stack's workspace, var files and backend configuration."""


def broken(config: Config) -> Iterator[tuple[Path, str]]:
    """Each key that does not fit, with the reason."""
    yield from _environments(config)
    yield from _gates(config)
    yield from _stacks(config)
    for key, patterns in (("require", config.layout.require), ("forbid", config.layout.forbid)):
        for index, pattern in enumerate(patterns):
            yield from ((("layout", key, index), text) for text in of_pattern(pattern))
    yield from _builtin(config)
    yield from _engines(config)
    yield from engine_arguments.broken(config)
    yield from _freezes(config)
    yield from _policy(config)


def _policy(config: Config) -> Iterator[tuple[Path, str]]:
    for key, severity in config.policy.severity.items():
        at: Path = ("policy", "severity", key)
        if text := rule_ids.problem(key):
            yield at, text
        if isinstance(severity, SeverityByPlace):
            for name in severity.environments:
                if name != SHARED and (text := _unknown(config, name)):
                    yield (*at, "environments", name), text
            for kind in (kind for kind in severity.kinds if kind not in KINDS):
                meant = f"; did you mean {KIND_DIRECTORIES[kind]}?" if kind in KIND_DIRECTORIES else ""
                yield (*at, "kinds", kind), f"{kind} is no kind{meant} (kinds: {', '.join(KINDS)})"
    for key, path in (("waivers", config.policy.waivers), ("baseline", config.policy.baseline)):
        if path.startswith("/") or {"", ".", ".."} & set(path.split("/")):
            yield ("policy", key), "expected a file, as its path from the repository's root"


def _builtin(config: Config) -> Iterator[tuple[Path, str]]:
    """A pattern that means no policy: whoever wrote it believes that something is checked."""
    if config.policy.builtin is None:
        return
    from gitops_ci import policies  # reads the package's directory

    known = policies.names()
    for index, pattern in enumerate(policies.patterns(config.policy.builtin)):
        if not any(fnmatchcase(name, pattern) for name in known):
            near = difflib.get_close_matches(pattern, known, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            yield ("policy", "builtin", "rules", index), f"{pattern} is no built-in policy{meant}"


def _freezes(config: Config) -> Iterator[tuple[Path, str]]:
    """Windows of a time or in a place that there is not: what nobody can tell the end of would freeze nothing."""
    from gitops_ci.gate import windows  # the calendar, which most commands do without

    for index, environment in enumerate(config.environments):
        for position, window in enumerate(environment.gate.freeze if environment.gate is not None else ()):
            for key, text in windows.broken(window):
                yield ("environments", index, "gate", "freeze", position, key), text


def _engines(config: Config) -> Iterator[tuple[Path, str]]:
    terraform = config.kinds.terraform
    named: list[tuple[Path, str]] = [(("versions", index), each) for index, each in enumerate(terraform.versions)]
    if terraform.binary is not None:
        named.append((("binary",), terraform.binary))
    for where, binary in named:
        if binary in ("", ".", "..") or (posixpath.basename(binary) != binary and binary[0] != "/"):
            text = "expected an absolute path or the name of a command: a path inside the repository is never run"
            yield ("kinds", "terraform", *where), text


def _environments(config: Config) -> Iterator[tuple[Path, str]]:
    taken: dict[str, str] = {}
    for index, environment in enumerate(config.environments):
        names: list[tuple[Path, str]] = [(("name",), environment.name)]
        names += [(("aliases", position), alias) for position, alias in enumerate(environment.aliases)]
        for where, name in names:
            if name == SHARED:
                yield ("environments", index, *where), f"{SHARED} stands for stacks of no single environment: rename it"
            elif name in taken:
                yield ("environments", index, *where), f"{name} already stands for {taken[name]}"
            taken.setdefault(name, environment.name)
    for index, environment in enumerate(config.environments):
        if environment.promotes_from is not None:
            problem = _unknown(config, environment.promotes_from) or _circle(config, environment.name)
            if problem:
                yield ("environments", index, "promotes_from"), problem


def _gates(config: Config) -> Iterator[tuple[Path, str]]:
    """A gate that nobody could ever pass, or that would look at nothing."""
    for index, environment in enumerate(config.environments):
        gate = environment.gate or Gate()
        asked: list[tuple[Path, int, Approvers]] = [((), gate.approvals, gate.approvers)]
        asked.append((("hotfix",), gate.hotfix.approvals, gate.hotfix.approvers))
        yield from ((("environments", index, "gate", key), text) for key, text in _promotions(environment, gate))
        for kind, special in ((each, gate.by_kind.get(each)) for each in KINDS):
            if special is None:
                continue
            approvers = special.approvers if special.approvers.named else gate.approvers
            asked.append((("by_kind", kind), max(gate.approvals, special.approvals), approvers))
        for where, count, approvers in asked:
            people = len({user.lower() for user in approvers.users})
            if approvers.users and not approvers.teams and count > people:
                text = f"{count} approvals are asked of {people} named: name more users, or a team"
                yield ("environments", index, "gate", *where), text


def _promotions(environment: Environment, gate: Gate) -> Iterator[tuple[str, str]]:
    for key, is_set in (("promotion", gate.promotion != "off"), ("soak", gate.soak is not None)):
        if is_set and environment.promotes_from is None:
            yield key, f"{environment.name} has no promotes_from, so there is nothing to compare it with"
        elif is_set and gate.promotion == "off":
            yield key, "promotion is off, so nothing is looked at"
    if gate.soak is not None and gate.promotion_together:
        yield "soak", "what both environments get at once has been in neither: promotion_together excludes it"


def _circle(config: Config, name: str) -> str:
    """The circle of promotions that starts and ends at an environment, told at the first of its members only."""
    before = {each.name: each.promotes_from for each in config.environments}
    passed = [name]
    while (current := before.get(passed[-1])) is not None and current not in passed:
        passed.append(current)
    if current != name or passed[0] != next(each.name for each in config.environments if each.name in passed):
        return ""
    return f"promotions go in a circle: {' from '.join((*passed, name))}"


def _unknown(config: Config, name: str) -> str:
    names = [each.name for each in config.environments]
    if name in names:
        return ""
    near = (
        [config.environment_of(name) or ""] if config.environment_of(name) else difflib.get_close_matches(name, names)
    )
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"{name} is no environment{meant} (environments here: {', '.join(dict.fromkeys(names)) or 'none'})"


def _stacks(config: Config) -> Iterator[tuple[Path, str]]:
    for index, stack in enumerate(config.layout.stacks):
        at: Path = ("layout", "stacks", index)
        yield from (((*at, "path"), text) for text in of_pattern(stack.path, ("environment", "name")))
        if stack.environment not in (None, SHARED) and (text := _unknown(config, str(stack.environment))):
            yield (*at, "environment"), text
        for position, name in enumerate(stack.environments):
            text = _unknown(config, name) or ("is there twice" if name in stack.environments[:position] else "")
            if text:
                yield (*at, "environments", position), text
        if stack.environments and (stack.environment is not None or "{environment}" in stack.path):
            yield (*at, "environments"), "expected either this, or `environment`, or {environment} in `path`"
        yield from (((*at, *where), text) for where, text in _instances(stack))


def _instances(stack: StackPattern) -> Iterator[tuple[Path, str]]:
    """What tells the several deployments of one directory apart: their names, workspaces and files."""
    for position, name in enumerate(stack.instances):
        if name in stack.instances[:position]:
            yield ("instances", position), "is there twice"
    told: list[tuple[Path, str]] = [(("workspace",), stack.workspace or "")]
    for key, files in (("var_files", stack.var_files), ("backend_config", stack.backend_config)):
        for position, file in enumerate(files):
            told.append(((key, position), file))
            if file.startswith(("/", "~")):
                yield (key, position), "expected a path relative to the stack's directory"
    yield from ((where, problem) for where, text in told for problem in _of_template(text, stack))
    if len(stack.instances) > 1 and not any("{instance}" in text for _, text in told):
        yield ("instances",), "expected {instance} in `workspace`, `var_files` or `backend_config`: else all are one"


def _of_template(text: str, stack: StackPattern) -> Iterator[str]:
    for name in dict.fromkeys(_PLACEHOLDER.findall(text)):
        if name not in _FILLED:
            yield _no_placeholder(name, _FILLED)
        elif name == "instance" and not stack.instances:
            yield "{instance} stands for one of `instances`, and there are none"


def _no_placeholder(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
    return f"{{{name}}} is no placeholder{f'; did you mean {{{near[0]}}}?' if near else ''}"


def of_pattern(pattern: str, placeholders: Collection[str] = ()) -> Iterator[str]:
    """What is wrong with a pattern of paths."""
    if pattern == ".":  # the repository's root
        return
    if pattern.startswith("/") or {"", ".", ".."} & set(pattern.rstrip("/").split("/")):
        yield "expected a path from the repository's root, without a leading / and without . or .."
    stars = [part.replace("**", "").count("*") for part in pattern.split("/")]
    if pattern.count("**") > MAX_SPANS or max(stars) > MAX_STARS:
        yield f"expected at most {MAX_STARS} * in one name and {MAX_SPANS} ** in all: more take too long to match"
    used = _PLACEHOLDER.findall(pattern)
    for name in dict.fromkeys(used):
        if placeholders and name not in placeholders:
            yield _no_placeholder(name, placeholders)
        elif used.count(name) > 1:
            yield f"{{{name}}} is there twice"
