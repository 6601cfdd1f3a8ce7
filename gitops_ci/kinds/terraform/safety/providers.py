"""Providers: programs that run as soon as a root is planned. Only those that base knows, or that are allowed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping

from gitops_ci.kinds.terraform.language import values
from gitops_ci.kinds.terraform.language.blocks import Attribute
from gitops_ci.kinds.terraform.reading.configuration import Configuration
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import Closure

RULE = "terraform/provider-not-allowed"
_ALLOW = "name it under kinds.terraform.providers.allow in gitops-ci.yml"
_OFFICIAL = "hashicorp/*"
_BUILT_IN = "terraform.io/builtin/terraform"
PUBLIC = ("registry.terraform.io/", "registry.opentofu.org/")


def breaches(closure: Closure) -> Iterator[Breach]:
    """Every provider that somebody else than HashiCorp publishes. Those that are only implied are HashiCorp's."""
    allowed = closure.inventory.config.kinds.terraform.providers.allow
    for path, attribute, source in required(closure):
        if source is None:
            message = f"the source of provider {attribute.name} is not plain text"
            key = (RULE, path, attribute.expression)
            yield Breach(RULE, message, "write it as plain text", path, attribute.line, key)
        elif source != _BUILT_IN and not is_allowed(source, (_OFFICIAL, *allowed)):
            message = f"provider {source} is not one that base uses or allows: a plan runs it"
            needle = source.rpartition("/")[2]
            yield Breach(RULE, message, _ALLOW, path, attribute.line, (RULE, source), needle=needle)


def of_installed(sources: Iterable[str], closures: tuple[Closure, ...]) -> Iterator[Breach]:
    """Those of `hostname/namespace/type` that were installed and that neither the files nor the settings name."""
    stack, allowed = closures[0].stack, closures[0].inventory.config.kinds.terraform.providers.allow
    named = {source for closure in closures for _, _, source in required(closure)}
    for full in sorted(sources):
        source = next((full.removeprefix(host) for host in PUBLIC if full.startswith(host)), full)
        if not {full, source} & named and full != _BUILT_IN and not is_allowed(full, (_OFFICIAL, *allowed)):
            message = (
                f"init installed provider {full}, which no file of the repository asks for: a downloaded module or "
                "the state names it, and a plan runs it"
            )
            key, needle = (RULE, source), source.rpartition("/")[2]
            yield Breach(RULE, message, _ALLOW, stack.path, None, key, needle=needle)


def required(closure: Closure) -> Iterator[tuple[str, Attribute, str | None]]:
    """The providers that `required_providers` blocks name, with their sources."""
    for module in closure.modules.values():
        yield from _required(module)


def _required(module: Configuration) -> Iterator[tuple[str, Attribute, str | None]]:
    for located in module.inside("terraform", "required_providers"):
        for attribute in located.block.body.attributes:
            yield located.path, attribute, _source(attribute)


def _source(attribute: Attribute) -> str | None:
    """The source in full, in small letters: `hashicorp/aws`, `registry.acme.example/team/x`; None where computed."""
    value = values.of(attribute.expression)
    given = value.get("source") if isinstance(value, Mapping) else f"hashicorp/{attribute.name}"
    if given is None:
        return f"hashicorp/{attribute.name}".lower() if isinstance(value, Mapping) else None
    if not isinstance(given, str) or value is values.COMPUTED:
        return None
    return given.lower() if "/" in given else f"hashicorp/{given}".lower()


def is_allowed(source: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern names a source; one without a host is about the public registries."""
    spellings = [source, *(source.removeprefix(host) for host in PUBLIC if source.startswith(host))]
    return any(_fits(each, pattern.lower()) for each in spellings for pattern in patterns)


def _fits(source: str, pattern: str) -> bool:
    """Part by part: `*` is no `/`, so that no pattern of a namespace fits another host."""
    parts, wanted = source.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))
