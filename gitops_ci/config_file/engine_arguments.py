"""Which arguments `kinds.terraform.init_args` and `plan_args` may hold: those that tune a call of the engine.

A plan is trusted to be of the whole root, of the commit's files and of the real state; where its files go and how its
output is read is ours to say.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from gitops_ci.config import Config
from gitops_ci.config_file.document import Path

_ALLOWED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "init_args": {
        "-backend-config": (r"[A-Za-z_]\w*=.*", "KEY=VALUE"),
        "-lockfile": ("readonly", "readonly"),
    },
    "plan_args": {
        "-refresh": ("true|false", "true or false"),
        "-parallelism": (r"[1-9]\d{0,3}", "a number"),
        "-lock": ("true|false", "true or false"),
        "-lock-timeout": (r"\d+(?:\.\d+)?(?:ms|s|m|h)", "a duration such as 30s"),
        "-generate-config-out": (r"[\w-]+\.tf", "the name of a new .tf file"),
    },
}
"""Argument → a pattern of its value, and how to say it."""

_FILES = "name files under layout.stacks[]"
_PARTIAL = "a plan of a part would be taken for a plan of the whole"
_OURS = "gitops-ci sets it itself"
_REFUSED: Mapping[str, str] = {
    "-backend": "without the backend there is no state to plan against",
    "-backend-config": f"a file would not be read by what finds affected stacks: {_FILES}.backend_config",
    "-chdir": _OURS,
    "-compact-warnings": "the output is read as JSON",
    "-concise": "the output is read as JSON",
    "-destroy": "a plan to destroy would be taken for a plan of the change",
    "-detailed-exitcode": "what a plan holds is read from the plan",
    "-exclude": _PARTIAL,
    "-exclude-file": _PARTIAL,
    "-force-copy": "it could write state",
    "-from-module": "what is planned are the commit's files",
    "-get": "the modules have to be there",
    "-input": _OURS,
    "-json": _OURS,
    "-json-into": _OURS,
    "-migrate-state": "it could write state",
    "-no-color": _OURS,
    "-out": _OURS,
    "-plugin-dir": "name a mirror in the CLI configuration of the job (TF_CLI_CONFIG_FILE)",
    "-reconfigure": "each run begins without a configured backend",
    "-refresh-only": "a plan of drift alone would be taken for a plan of the change",
    "-replace": "what is replaced follows from the files",
    "-show-sensitive": "secrets must not be shown",
    "-state": "the backend says where the state is",
    "-target": _PARTIAL,
    "-target-file": _PARTIAL,
    "-upgrade": "what is applied is what the lock file says",
    "-var": f"give TF_VAR_name in the job, or {_FILES}.var_files",
    "-var-file": f"it would not be read by what finds affected stacks: {_FILES}.var_files",
}
"""Why an argument that somebody may think of is not taken."""


def broken(config: Config) -> Iterator[tuple[Path, str]]:
    """Each argument that is not taken, with the reason."""
    for key in _ALLOWED:
        given: tuple[str, ...] = getattr(config.kinds.terraform, key)
        for index, argument in enumerate(given):
            text = _wrong(key, argument)
            if text:
                yield ("kinds", "terraform", key, index), text


def _wrong(key: str, argument: str) -> str:
    name, equals, value = argument.partition("=")
    name = name.replace("--", "-", 1) if name.startswith("--") else name
    allowed = _ALLOWED[key].get(name)
    if allowed is not None and argument.startswith(f"{name}=") and re.fullmatch(allowed[0], value):
        return ""
    if allowed is not None and not (name == "-backend-config" and equals):
        return f"expected {name}=, followed by {allowed[1]}"
    if name in _REFUSED:
        return f"{name} is not taken: {_REFUSED[name]}"
    known = sorted(_ALLOWED[key])
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"it is no argument that is taken{meant} (taken here: {', '.join(known)})"
