"""The files that decide about changes: configuration, policies, waivers, baseline, owners, workflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from gitops_ci.config import DEFAULT_POLICIES, Config
from gitops_ci.discover.layout.files import CODEOWNERS

Role = Literal["configuration", "waivers", "baseline", "owners", "policy", "workflow"]
"""What a file does when something is decided."""

_WORKFLOWS = (".github/workflows/", ".github/actions/")
_ACTIONS = ("action.yml", "action.yaml")
"""Files that make any folder an action, which a workflow can use as `./folder`."""


def among(paths: Iterable[str], config: Config, config_path: str) -> dict[str, Role]:
    """Those of `paths` that decide by a configuration that lies at `config_path`, each with its role."""
    single: dict[str, Role] = {
        config_path: "configuration",
        config.policy.waivers: "waivers",
        config.policy.baseline: "baseline",
        **dict.fromkeys(CODEOWNERS, "owners"),
    }
    folders = tuple(_policies(config))
    found: dict[str, Role] = {}
    for path in paths:
        if path in single:
            found[path] = single[path]
        elif path.startswith(_WORKFLOWS) or path.rpartition("/")[2] in _ACTIONS:
            found[path] = "workflow"
        elif any(_lies_in(path, folder) for folder in folders):
            found[path] = "policy"
    return found


def _policies(config: Config) -> Iterator[str]:
    """Where policies lie that judge changes, the data that they read, and checks that are code."""
    if config.policy.rego is None:
        yield DEFAULT_POLICIES
    for source in config.policy.rego or ():
        yield from (source.path, *source.data)
    if config.policy.checkov is not None and config.policy.checkov.custom_checks is not None:
        yield config.policy.checkov.custom_checks


def _lies_in(path: str, folder: str) -> bool:
    """Whether a file is, or lies below, what the configuration names; of the whole repository policies alone."""
    inside = folder.strip("/")
    if inside in ("", "."):
        return path.endswith(".rego")
    return path == inside or path.startswith(f"{inside}/")
