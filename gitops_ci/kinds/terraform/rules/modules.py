"""Rules about modules: whether their version is fixed, and whether they bring their own provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

from gitops_ci.kinds.terraform.language import values
from gitops_ci.kinds.terraform.language.blocks import Body
from gitops_ci.kinds.terraform.reading.configuration import Located
from gitops_ci.kinds.terraform.rules.subject import Fault, Subject

_REGISTRY = re.compile(r"(?:[\w.-]+\.[\w.-]+(?::\d+)?/)?[\w-]+/[\w-]+/[\w-]+(?://.*)?")
_GIT = re.compile(r"git::|git@|(?:github\.com|bitbucket\.org|gitlab\.com)/|[^?]*\.git(?:[/?]|$)")
_BRANCHES = frozenset({"main", "master", "develop", "development", "trunk", "HEAD"})


def unpinned(subject: Subject) -> Iterator[Fault]:
    """A module from elsewhere whose content can change without a change of this repository."""
    for call in subject.all("module"):
        source = _text(call.block.body, "source")
        if source is None or source.startswith((".", "/")):
            continue
        name = call.block.labels[0] if call.block.labels else ""
        if _GIT.match(source):
            yield from _of_git(name, source, call)
        elif _REGISTRY.fullmatch(source) and call.block.body.attribute("version") is None:
            message = f'module "{name}" takes the newest version of {source}'
            yield Fault("warning", message, 'Add `version = "…"`.', call.path, call.line)


def _of_git(name: str, source: str, call: Located) -> Iterator[Fault]:
    given = parse_qs(source.partition("?")[2]).get("ref", [])
    if not given:
        message = f'module "{name}" takes whatever the default branch of its repository holds'
    elif given[0] in _BRANCHES or given[0].startswith("refs/heads/"):
        message = f'module "{name}" takes whatever the branch {given[0]} holds'
    else:
        return
    yield Fault("warning", message, "Name a tag or, better, a commit: `?ref=v1.2.3`.", call.path, call.line)


def provider_inside(subject: Subject) -> Iterator[Fault]:
    """A provider configured in a shared module: `count` and `for_each` are refused, and it cannot be removed."""
    roots = {stack.path for stack in subject.inventory.stacks.values() if stack.kind == "terraform"}
    for directory, module in subject.modules.items():
        for provider in module.all("provider") if directory not in roots else ():
            if any(each.name != "alias" for each in provider.block.body.attributes) or provider.block.body.blocks:
                message = f"a shared module configures {provider.block.name}"
                help = (
                    "Configure it in the root and hand it over with `providers = {…}`; the module names it as required."
                )
                yield Fault("warning", message, help, provider.path, provider.line)


def _text(body: Body, name: str) -> str | None:
    attribute = body.attribute(name)
    return values.text(attribute.expression) if attribute is not None else None
