"""`gitops-ci.yml` as typed values: what it may hold, and the defaults that make it optional."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gitops_ci.config_database import Database
from gitops_ci.config_gate import PRODUCTION, Gate
from gitops_ci.config_kubernetes import Kubernetes
from gitops_ci.config_policy import (
    DEFAULT_POLICIES,
    FRAMEWORKS,
    Builtin,
    Checkov,
    Framework,
    Policy,
    PolicyInput,
    RegoPolicies,
    Secrets,
    SeverityByPlace,
    SeverityOrOff,
)
from gitops_ci.config_section import Name, RelativePath, Section
from gitops_ci.model.stack import KINDS, SHARED, Kind

FILE = "gitops-ci.yml"

Preset = Literal["article", "flat", "terraform-environments", "multi-repo"]
PRESETS: tuple[Preset, ...] = ("article", "flat", "terraform-environments", "multi-repo")


KIND_DIRECTORIES: dict[str, Kind] = {
    "k8s": "kubernetes",
    "kubernetes": "kubernetes",
    "databases": "database",
    "database": "database",
    "db": "database",
    "terraform": "terraform",
    "tf": "terraform",
    "security": "security",
    "policies": "security",
}
"""Names of directories that say what lies in them (contract: stack ids)."""


class StackPattern(Section, frozen=True):
    """Where stacks of one kind lie.

    `path` may hold `{environment}` and `{name}` (one folder each) and `**` (any number of folders). With
    `environments` or `instances` (accounts, regions) one directory is deployed once for each of them, with its own
    `workspace`, `var_files` and `backend_config`, in which `{environment}`, `{name}` and `{instance}` are replaced.
    """

    kind: Kind
    path: RelativePath
    environment: Name | None = None
    environments: tuple[Name, ...] = ()
    instances: tuple[Name, ...] = ()
    workspace: str | None = None
    var_files: tuple[RelativePath, ...] = ()
    backend_config: tuple[RelativePath, ...] = ()


class Layout(Section, frozen=True):
    """The repository's layout. Without `preset` the one that fits what is there is chosen.

    `require` and `forbid` are glob patterns of paths that have to exist or must not.
    """

    preset: Preset | None = None
    require: tuple[RelativePath, ...] = ()
    forbid: tuple[RelativePath, ...] = ()
    stacks: tuple[StackPattern, ...] = ()


class Binding(Section, frozen=True):
    """What belongs to one environment and to no other (trust.md, rule 3).

    `backend` are patterns of state locations (`s3://bucket/key`, as `kinds.terraform.backends` writes them), `accounts`
    the cloud accounts, projects or subscriptions that its stacks may use.
    """

    backend: str | tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    @property
    def backends(self) -> tuple[str, ...]:
        """The patterns as a list, also where the file gives a single one."""
        return (self.backend,) if isinstance(self.backend, str) else self.backend


class RunnerGroup(Section, frozen=True):
    """Runners of a group, those that have all these labels."""

    group: str
    labels: tuple[str, ...] = ()


Runner = str | tuple[str, ...] | RunnerGroup
RUNNER = "ubuntu-24.04"


class Environment(Section, frozen=True):
    """An environment. `aliases` are other directory names for it; `enforcement: warn` never blocks a merge.

    `gate` is what a change needs to enter it; without one there is nothing, but for production (`Config.gate`).
    """

    name: Name
    aliases: tuple[Name, ...] = ()
    branch: str | None = None
    promotes_from: Name | None = None
    enforcement: Literal["block", "warn"] = "block"
    runner: Runner = RUNNER
    github_environment: str | None = None
    bind: Binding = Binding()
    gate: Gate | None = None


class EngineEnvironment(Section, frozen=True):
    """Names (or globs such as `VAULT_*`) of variables that reach the engine, beside the documented ones."""

    allow: tuple[str, ...] = ()


class AllowList(Section, frozen=True):
    """Patterns (`*` is anything) of what may be used beside what base already uses."""

    allow: tuple[str, ...] = ()


class Terraform(Section, frozen=True):
    """How Terraform roots are planned. `timeout` is in seconds for each call of the engine.

    `versions` are further engines (absolute paths or commands): a root gets the first that fits what it asks for.
    `plan_base` also plans base, so that what it would change by itself is told apart.
    """

    binary: str | None = None
    versions: tuple[str, ...] = ()
    providers: AllowList = AllowList()
    modules: AllowList = AllowList()
    paths: AllowList = AllowList()
    init_args: tuple[str, ...] = ()
    plan_args: tuple[str, ...] = ()
    plan_base: bool = False
    env: EngineEnvironment = EngineEnvironment()
    timeout: Annotated[float, Meta(gt=0, le=86400)] = 900.0


class Kinds(Section, frozen=True):
    """Settings of each kind."""

    terraform: Terraform = Terraform()
    kubernetes: Kubernetes = Kubernetes()
    database: Database = Database()


class Comment(Section, frozen=True):
    """How much the comment tells: `summary` leaves the attribute differences out.

    `mode`: one comment is updated in place, or each run writes a new one and minimises the old.
    """

    mode: Literal["update", "new"] = "update"
    detail: Literal["full", "summary"] = "full"


class Reporting(Section, frozen=True):
    """Settings of what is written."""

    comment: Comment = Comment()


DEFAULT_ENVIRONMENTS = (
    Environment(name="development", aliases=("dev", "develop")),
    Environment(name="staging", aliases=("stage", "stg"), promotes_from="development"),
    Environment(name="production", aliases=("prod", "prd", "live"), promotes_from="staging"),
)


_CALLED_PRODUCTION = frozenset({"production", "prod", "prd", "live"})


class Config(Section, frozen=True):
    """The whole configuration."""

    version: Literal[1] = 1
    layout: Layout = Layout()
    environments: tuple[Environment, ...] = DEFAULT_ENVIRONMENTS
    kinds: Kinds = Kinds()
    policy: Policy = Policy()
    report: Reporting = Reporting()

    def environment_of(self, directory: str) -> str | None:
        """The environment that a directory's name stands for, by name or alias."""
        for environment in self.environments:
            if directory == environment.name or directory in environment.aliases:
                return environment.name
        return None

    def environment(self, name: str) -> Environment | None:
        """The environment called `name`."""
        return next((environment for environment in self.environments if environment.name == name), None)

    def gate(self, environment: str) -> Gate:
        """What a change needs to enter an environment: what the file says, else safe defaults for production."""
        found = self.environment(environment)
        if found is not None and found.gate is not None:
            return found.gate
        names = {environment, *(found.aliases if found is not None else ())}
        return PRODUCTION if names & _CALLED_PRODUCTION else Gate()

    def order(self, environment: str) -> int:
        """Where an environment is shown: the last in the list of promotions first, shared ones at the end."""
        names = [each.name for each in self.environments]
        return -names.index(environment) if environment in names else 1


DEFAULT = Config()


def digest(content: bytes | None) -> str:
    """What identifies the configuration in a report; the absence of a file has one, too."""
    import hashlib

    return hashlib.sha256(b"default" if content is None else b"file\0" + content).hexdigest()


def json_schema() -> dict[str, object]:
    """The JSON Schema of the file, derived from these types (shipped as `schema/config-1.json`)."""
    schema = msgspec.json.schema(Config)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": FILE, **schema}


__all__ = [
    "DEFAULT",
    "DEFAULT_POLICIES",
    "FILE",
    "FRAMEWORKS",
    "KINDS",
    "KIND_DIRECTORIES",
    "PRESETS",
    "RUNNER",
    "SHARED",
    "Binding",
    "Builtin",
    "Checkov",
    "Config",
    "Database",
    "Environment",
    "Framework",
    "Gate",
    "Kubernetes",
    "Layout",
    "Policy",
    "PolicyInput",
    "RegoPolicies",
    "Runner",
    "Secrets",
    "SeverityByPlace",
    "SeverityOrOff",
    "StackPattern",
    "digest",
    "json_schema",
]
