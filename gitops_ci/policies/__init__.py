"""Policies that come with gitops-ci: Rego beside this file, one a rule, and the parameters that all of them read.

`kubernetes_*.rego` judge an object in an admission review (`input.request.object`), `terraform_*.rego` a plan; `lib`
has what several use. Which stack a document belongs to they read in `input.gitops_ci`: `{"stack", "environment",
"kind", "path"}`. Without it a plan counts as one of production.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from gitops_ci.config import Builtin, Config, Environment, PolicyInput
from gitops_ci.policy.rego.engine import Bundle, Module

FAMILY = "builtin"
"""What rules' ids begin with: `builtin/terraform-encryption`."""

_DIRECTORY = Path(__file__).parent
_INPUTS: dict[str, PolicyInput] = {"kubernetes": "manifest", "terraform": "plan"}
_PRODUCTION = frozenset({"production", "prod", "prd", "live"})
_COMMON = frozenset({"live"})
"""Aliases that are words of many hosts and paths: found in a text, they do not tell that production is meant."""


class Policy(Struct, frozen=True):
    """One rule: its id without the family, what it is asked about, and its file."""

    id: str
    on: PolicyInput
    module: Module

    @property
    def package(self) -> tuple[str, ...]:
        """Its package, whose rules are `deny` and, for what cannot be told before it is applied, `warn`."""
        return FAMILY, self.id.replace("-", "_")


def names() -> tuple[str, ...]:
    """The ids of all policies, sorted."""
    return tuple(path.stem.replace("_", "-") for path in _files())


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern of `policy.builtin.rules` means a policy; it may begin with the family, as findings do."""
    return fnmatchcase(name, pattern.removeprefix(f"{FAMILY}/"))


def chosen(builtin: Builtin) -> tuple[Policy, ...]:
    """The policies that the configuration asks, sorted by their ids."""
    return tuple(
        Policy(name, _INPUTS[name.partition("-")[0]], _module(path))
        for path, name in zip(_files(), names(), strict=True)
        if any(matches(pattern, name) for pattern in builtin.rules)
    )


def library() -> tuple[Module, ...]:
    """What the policies have in common: every bundle needs all of it."""
    return tuple(_module(path) for path in sorted((_DIRECTORY / "lib").glob("*.rego")) if not _is_test(path))


def bundle(policies: Iterable[Policy], config: Config) -> Bundle:
    """Policies, their library and their parameters, as an engine takes them."""
    return Bundle((*library(), *(policy.module for policy in policies)), parameters(config))


def parameters(config: Config) -> bytes:
    """The data document of all policies, JSON: `data.gitops_ci.parameters`.

    `production` are the names of the environments that are production, `production_names` the words that they are
    known by.
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


def _files() -> Iterator[Path]:
    yield from (path for path in sorted(_DIRECTORY.glob("*.rego")) if not _is_test(path))


def _is_test(path: Path) -> bool:
    return path.stem.endswith("_test")


def _module(path: Path) -> Module:
    return Module(f"gitops_ci/policies/{path.relative_to(_DIRECTORY).as_posix()}", path.read_text(encoding="utf-8"))
