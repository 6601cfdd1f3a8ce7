"""Policies that come with gitops-ci: Rego beside this file, one a rule, and the parameters that all of them read.

`kubernetes_*.rego` judge an object in an admission review (`input.request.object`), `terraform_*.rego` a plan; `lib`
has what several use. Which stack a document belongs to they read in `input.gitops_ci` (policy/rego/subject.py). Without
it a plan counts as one of production.
"""

from __future__ import annotations

import json
from pathlib import Path

from gitops_ci.config import Builtin, Config, Environment
from gitops_ci.policy.rego.engine import Module

FAMILY = "builtin"
"""What rules' ids begin with: `builtin/terraform-encryption`."""

_DIRECTORY = Path(__file__).parent
_PRODUCTION = frozenset({"production", "prod", "prd", "live"})
_COMMON = frozenset({"live"})
"""Aliases that are words of many hosts and paths: found in a text, they do not tell that production is meant."""


def names() -> tuple[str, ...]:
    """The ids of all policies without the family, sorted. Each is the name of its file and of its package."""
    return tuple(sorted(path.stem.replace("_", "-") for path in _DIRECTORY.glob("*.rego") if not _is_test(path)))


def modules() -> tuple[Module, ...]:
    """All policies and what they have in common, without their tests."""
    return tuple(
        Module(f"gitops_ci/policies/{path.relative_to(_DIRECTORY).as_posix()}", path.read_text(encoding="utf-8"))
        for path in sorted(_DIRECTORY.rglob("*.rego"))
        if not _is_test(path)
    )


def patterns(builtin: Builtin) -> tuple[str, ...]:
    """Patterns of the names that the configuration asks; it may also write them as findings do, with the family."""
    return tuple(pattern.removeprefix(f"{FAMILY}/") for pattern in builtin.rules)


def parameters(config: Config) -> bytes:
    """The data document of all policies, JSON: `data.gitops_ci.parameters`.

    `production` are the names of the environments that are production, `production_names` the words that they are
    known by: names, aliases, and accounts that are bound to them.
    """
    builtin = config.policy.builtin or Builtin()
    production = _production(config)
    words = {name for each in production for name in (each.name, *(set(each.aliases) - _COMMON))}
    accounts = {account for each in production for account in each.bind.accounts}
    told = {
        "required_tags": builtin.required_tags,
        "required_labels": builtin.required_labels,
        "public_ports": builtin.public_ports,
        "environments": [each.name for each in config.environments],
        "production": [each.name for each in production],
        "production_names": sorted(words | accounts),
    }
    return json.dumps({"gitops_ci": {"parameters": told}}).encode()


def _production(config: Config) -> tuple[Environment, ...]:
    """The environments that are called production by their name or an alias, else the last ones of promotions."""
    called = (each for each in config.environments if not _PRODUCTION.isdisjoint((each.name, *each.aliases)))
    before = {each.promotes_from for each in config.environments}
    last = (each for each in config.environments if each.promotes_from is not None and each.name not in before)
    return tuple(called) or tuple(last)


def _is_test(path: Path) -> bool:
    return path.stem.endswith("_test")
