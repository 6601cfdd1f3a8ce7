"""`gitops-ci.yml` as typed values: what it may hold, and the defaults that make it optional."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from gitops_ci.model.stack import KINDS, SHARED, Kind

FILE = "gitops-ci.yml"

Preset = Literal["article", "flat", "terraform-environments", "multi-repo"]
PRESETS: tuple[Preset, ...] = ("article", "flat", "terraform-environments", "multi-repo")

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
RelativePath = Annotated[str, Meta(min_length=1, max_length=500)]
DEFAULT_POLICIES = "shared/security/policies"
"""Where Rego policies are looked for without `policy.rego`: the article's place."""

SeverityOrOff = Literal["error", "warning", "notice", "off"]
PolicyInput = Literal["plan", "manifest", "file", "sql"]
Framework = Literal[
    "terraform_plan", "terraform", "kubernetes", "dockerfile", "github_actions", "cloudformation", "helm"
]
FRAMEWORKS: tuple[Framework, ...] = get_args(Framework)
"""What checkov is asked about, by its own names."""

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


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class StackPattern(_Section, frozen=True):
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


class Layout(_Section, frozen=True):
    """The repository's layout. Without `preset` the one that fits what is there is chosen.

    `require` and `forbid` are glob patterns of paths that have to exist or must not.
    """

    preset: Preset | None = None
    require: tuple[RelativePath, ...] = ()
    forbid: tuple[RelativePath, ...] = ()
    stacks: tuple[StackPattern, ...] = ()


class Binding(_Section, frozen=True):
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


class Environment(_Section, frozen=True):
    """An environment. `aliases` are other directory names for it; `enforcement: warn` never blocks a merge."""

    name: Name
    aliases: tuple[Name, ...] = ()
    branch: str | None = None
    promotes_from: Name | None = None
    enforcement: Literal["block", "warn"] = "block"
    runner: str = "ubuntu-latest"
    github_environment: str | None = None
    bind: Binding = Binding()


class EngineEnvironment(_Section, frozen=True):
    """Names (or globs such as `VAULT_*`) of variables that reach the engine, beside the documented ones."""

    allow: tuple[str, ...] = ()


class AllowList(_Section, frozen=True):
    """Patterns (`*` is anything) of what may be used beside what base already uses."""

    allow: tuple[str, ...] = ()


class Terraform(_Section, frozen=True):
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


class Kinds(_Section, frozen=True):
    """Settings of each kind."""

    terraform: Terraform = Terraform()


class RegoPolicies(_Section, frozen=True):
    """Rego policies of the base commit: a file, or a directory with everything below it.

    `query` is a package (`kubernetes.admission`) or a rule of one; without it every package with rules of conftest's
    names (`deny`, `violation`, `warn`) counts. `on` is what they are asked about, told from what they read where it is
    left out; `files` are glob patterns of the files that `on: file` and `on: manifest` take. `data` are YAML or JSON
    documents (or directories of them) beside those in `path`.
    """

    path: RelativePath
    query: str | None = None
    on: tuple[PolicyInput, ...] | PolicyInput = ()
    files: tuple[RelativePath, ...] = ()
    data: tuple[RelativePath, ...] = ()

    @property
    def inputs(self) -> tuple[PolicyInput, ...]:
        """What they are asked about as a list, also where the file gives a single one."""
        return (self.on,) if isinstance(self.on, str) else self.on


class Builtin(_Section, frozen=True):
    """The policies that come with gitops-ci. `rules` are patterns of the rules that are asked (`kubernetes-*`)."""

    rules: tuple[str, ...] = ("*",)
    required_tags: tuple[str, ...] = ("Environment", "ManagedBy")
    required_labels: tuple[str, ...] = ("app", "environment", "team")
    public_ports: tuple[Annotated[int, Meta(ge=0, le=65535)], ...] = (80, 443)


class Checkov(_Section, frozen=True):
    """How checkov is run. `checks` are the only ones that count, `skip` those that do not (both by id or pattern).

    `frameworks` are those of its frameworks that are asked (none: all that we know). `custom_checks` is a directory of
    the base commit with checks in Python or YAML: its code is run. `timeout` is in seconds for all that one run looks
    at.
    """

    frameworks: tuple[Framework, ...] = ()
    checks: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    custom_checks: RelativePath | None = None
    timeout: Annotated[float, Meta(gt=0, le=86400)] = 300.0


class Secrets(_Section, frozen=True):
    """The search for secrets. `commits` also looks at what the change's commits added and took away again.

    `ignore` are glob patterns of files that hold none, however they look (fixtures of tests).
    """

    enabled: bool = True
    commits: bool = True
    ignore: tuple[RelativePath, ...] = ()


class SeverityByPlace(_Section, frozen=True):
    """A rule's severity by environment, then by kind, then everywhere else (`default`).

    Where none of them says anything, the next pattern of `policy.severity` that means the rule does, else the rule.
    """

    environments: dict[str, SeverityOrOff] = {}
    kinds: dict[str, SeverityOrOff] = {}
    default: SeverityOrOff | None = None


class Policy(_Section, frozen=True):
    """What is checked beside the plans, and what is made of it.

    `rego` left out means `shared/security/policies` where that is there. `builtin` and `checkov` are asked where the
    file has their section. `severity` overrides a rule's severity by its id or a pattern (`checkov/*`), of which the
    most specific counts; `off` silences it. `waivers` and `baseline` are files of the base commit.
    """

    rego: tuple[RegoPolicies, ...] | None = None
    builtin: Builtin | None = None
    checkov: Checkov | None = None
    secrets: Secrets = Secrets()
    severity: dict[str, SeverityOrOff | SeverityByPlace] = {}
    waivers: RelativePath = "gitops-ci-waivers.yml"
    baseline: RelativePath = "gitops-ci-baseline.json"


class Comment(_Section, frozen=True):
    """How much the comment tells: `summary` leaves the attribute differences out.

    `mode`: one comment is updated in place, or each run writes a new one and minimises the old.
    """

    mode: Literal["update", "new"] = "update"
    detail: Literal["full", "summary"] = "full"


class Reporting(_Section, frozen=True):
    """Settings of what is written."""

    comment: Comment = Comment()


DEFAULT_ENVIRONMENTS = (
    Environment(name="development", aliases=("dev", "develop")),
    Environment(name="staging", aliases=("stage", "stg"), promotes_from="development"),
    Environment(name="production", aliases=("prod", "prd", "live"), promotes_from="staging"),
)


class Config(_Section, frozen=True):
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
    "FILE",
    "KINDS",
    "KIND_DIRECTORIES",
    "PRESETS",
    "SHARED",
    "Binding",
    "Config",
    "Environment",
    "Layout",
    "StackPattern",
    "digest",
    "json_schema",
]
