"""How each file is searched, by its name: the reader of its format, as a fact that follows from the content alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from gitops_ci.patterns import later
from gitops_ci.policy.secrets import contents, found, judging, structured, terraform, text, values
from gitops_ci.policy.secrets.found import Found

Reader = Callable[[bytes], tuple[Found, ...]]

_LOCK_FILES = frozenset((
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb",
    "deno.lock", "go.sum", "go.work.sum", "cargo.lock", "poetry.lock", "pipfile.lock", "uv.lock", "pdm.lock",
    "pixi.lock", "composer.lock", "gemfile.lock", "chart.lock", "requirements.lock", "flake.lock",
    ".terraform.lock.hcl", "packages.lock.json", "mix.lock", "pubspec.lock", "podfile.lock", "package.resolved",
    "cargo.toml.orig",
))  # fmt: skip
"""Full of digests that no one keeps secret: only what is a secret by its form counts."""
_CODE = frozenset((
    "go", "py", "pyi", "js", "mjs", "cjs", "jsx", "ts", "tsx", "java", "kt", "kts", "scala", "groovy", "rb", "rs",
    "c", "h", "cc", "cpp", "hpp", "cs", "fs", "php", "swift", "lua", "pl", "pm", "r", "jl", "ex", "exs", "erl",
    "hs", "clj", "dart", "proto", "graphql", "html", "htm", "css", "scss", "vue", "svelte", "md", "mdx",
    "markdown", "rst", "adoc", "txt", "ipynb", "svg", "csv", "tsv", "log", "map", "rego", "jsonnet", "libsonnet",
    "cue", "tpl", "tmpl", "gotmpl", "patch", "diff", "lock", "sum", "snap", "golden",
))  # fmt: skip
"""Programs, prose and data: names get their values from elsewhere mostly, so a literal has to look like a secret."""
_YAML = frozenset(("yaml", "yml"))
_JSON = frozenset(("json", "webmanifest", "jsonc", "dockercfg"))
_HCL = frozenset(("hcl", "nomad", "pkr", "pkrvars", "tofu", "tf"))
_SAMPLES = frozenset(("example", "sample", "template", "dist", "default", "defaults"))


def reader(path: str) -> Reader:
    """What finds the secrets of a file of this name. `.tfvars` files are read by `terraform` beside this."""
    lower = path.lower()
    name = lower.rpartition("/")[2]
    ending = name.rpartition(".")[2]
    for names, own in _NAMES:
        if name in names or lower.endswith(tuple(f"/{each}" for each in names)):
            return own
    if ending in _SAMPLES:
        return code
    return next((own for endings, own in _ENDINGS if ending in endings), config)


def by_form(content: bytes) -> tuple[Found, ...]:
    """Only what is a secret by what it looks like."""
    return _read(content, lambda read: text.by_form(read, judging.CODE))


def config(content: bytes) -> tuple[Found, ...]:
    """`.env`, properties, INI, TOML, shell scripts, Dockerfiles, SQL and whatever else has no format of its own."""
    return _read(content, lambda read: text.search(read, judging.CONFIG))


def quoted(content: bytes) -> tuple[Found, ...]:
    """Configuration in which a literal stands in quotes."""
    return _read(content, lambda read: text.by_form(read, judging.QUOTED))


def code(content: bytes) -> tuple[Found, ...]:
    """Programs and prose."""
    return _read(content, lambda read: text.search(read, judging.CODE))


def yaml(content: bytes) -> tuple[Found, ...]:
    """Manifests, Helm values, workflows, Compose files, kubeconfigs."""
    return _read(content, structured.yaml)


def json(content: bytes) -> tuple[Found, ...]:
    """The same as JSON, docker configurations, service accounts."""
    return _read(content, structured.json)


def hcl(content: bytes) -> tuple[Found, ...]:
    """Terraform, Packer, Terragrunt, Nomad."""
    return _read(content, lambda read: (*terraform.variables(content).defaults, *text.search(read, judging.QUOTED)))


_NETRC = later(r"\b(?:machine\s+(\S+)|default\b)|\bpassword\s+(\S+)")
_NPMRC = later(r"^[ \t]*([^\s=;#]*_(?:authToken|auth|password))[ \t]*=[ \t]*[\"']?([^\s\"']+)", re.MULTILINE)


def netrc(content: bytes) -> tuple[Found, ...]:
    """`machine … login … password …`, over as many lines as one likes."""

    def logins(read: str) -> Iterator[Found]:
        lines, machine = text.Lines(read), ""
        for match in _NETRC.finditer(read):
            machine = match[1] or machine
            if match[2] and not values.is_nothing(match[2]):
                yield found.make("secrets/login", machine, lines.at(match.start(2)), match[2])
        yield from text.by_form(read, judging.CODE)

    return _read(content, logins)


def npmrc(content: bytes) -> tuple[Found, ...]:
    """Npm's logins: tokens of its old form are UUIDs."""

    def logins(read: str) -> Iterator[Found]:
        lines = text.Lines(read)
        for match in _NPMRC.finditer(read):
            if not values.is_reference(match[2]) and not values.is_placeholder(match[2]):
                yield found.make(
                    "secrets/registry-login", match[1].rpartition(":")[2], lines.at(match.start(2)), match[2]
                )
        yield from text.by_form(read, judging.CODE)

    return _read(content, logins)


def _read(content: bytes, search: Callable[[str], Iterable[Found]]) -> tuple[Found, ...]:
    if content.startswith(contents.LFS):
        return ()
    read = contents.text(content)
    if read is None:
        kind = contents.key_store(content)
        return (found.make("secrets/private-key", kind, 1, content.hex()),) if kind is not None else ()
    return found.distinct(search(read))


_NAMES: tuple[tuple[frozenset[str], Reader], ...] = (
    (_LOCK_FILES, by_form),
    (frozenset((".netrc", "_netrc", ".authinfo")), netrc),
    (frozenset((".npmrc", ".yarnrc")), npmrc),
    (frozenset((".dockercfg", ".docker/config.json")), json),
    (frozenset(("kubeconfig", ".kube/config")), yaml),
)
_ENDINGS = ((_CODE, code), (_YAML, yaml), (_JSON, json), (_HCL, hcl), (frozenset(("tfvars",)), quoted))
