"""The section `policy` of `gitops-ci.yml`: what is checked beside the plans, and what is made of it."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from gitops_ci.config_section import RelativePath, Section

SeverityOrOff = Literal["error", "warning", "notice", "off"]
PolicyInput = Literal["plan", "manifest", "file", "sql"]
DEFAULT_POLICIES = "shared/security/policies"
"""Where Rego policies are looked for without `policy.rego`: the article's place."""

Framework = Literal[
    "terraform_plan", "terraform", "kubernetes", "dockerfile", "github_actions", "cloudformation", "helm"
]
FRAMEWORKS: tuple[Framework, ...] = get_args(Framework)
"""What checkov is asked about, by its own names."""


class RegoPolicies(Section, frozen=True):
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


class Builtin(Section, frozen=True):
    """The policies that come with gitops-ci. `rules` are patterns of the rules that are asked (`kubernetes-*`)."""

    rules: tuple[str, ...] = ("*",)
    required_tags: tuple[str, ...] = ("Environment", "ManagedBy")
    required_labels: tuple[str, ...] = ("app", "environment", "team")
    public_ports: tuple[Annotated[int, Meta(ge=0, le=65535)], ...] = (80, 443)


class Checkov(Section, frozen=True):
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


class Secrets(Section, frozen=True):
    """The search for secrets. `commits` also looks at what the change's commits added and took away again.

    `ignore` are glob patterns of files that hold none, however they look (fixtures of tests).
    """

    enabled: bool = True
    commits: bool = True
    ignore: tuple[RelativePath, ...] = ()


class SeverityByPlace(Section, frozen=True):
    """A rule's severity by environment, then by kind, then everywhere else (`default`).

    Where none of them says anything, the next pattern of `policy.severity` that means the rule does, else the rule.
    """

    environments: dict[str, SeverityOrOff] = field(default_factory=dict)
    kinds: dict[str, SeverityOrOff] = field(default_factory=dict)
    default: SeverityOrOff | None = None


class Policy(Section, frozen=True):
    """What is checked beside the plans, and what is made of it.

    `rego` left out means `shared/security/policies` where that is there. `builtin` and `checkov` are asked where the
    file has their section. `severity` overrides a rule's severity by its id or a pattern (`checkov/*`), of which the
    most specific counts; `off` silences it. `waivers` and `baseline` are files of the base commit.
    """

    rego: tuple[RegoPolicies, ...] | None = None
    builtin: Builtin | None = None
    checkov: Checkov | None = None
    secrets: Secrets = Secrets()
    severity: dict[str, SeverityOrOff | SeverityByPlace] = field(default_factory=dict)
    waivers: RelativePath = "gitops-ci-waivers.yml"
    baseline: RelativePath = "gitops-ci-baseline.json"
