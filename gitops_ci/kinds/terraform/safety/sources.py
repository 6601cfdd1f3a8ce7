"""Module sources: inside the repository, or where base already gets modules from, or allowed."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from gitops_ci.kinds.terraform.safety import closure as closures
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import LOCAL, Closure, Placed

RULE = "terraform/module-not-allowed"
_ALLOW = "name it under kinds.terraform.modules.allow in gitops-ci.yml"
_INSIDE = "give the path of a directory in the repository, beginning with ./ or ../"
_SCHEME = re.compile(r"(?:git::)?(?:https|ssh|git)://(?:[\w.-]+@)?([\w.-]+(?::\d+)?)/(.+)")
_IN_THE_CLEAR = re.compile(r"(?:git::)?http://([\w.-]+(?::\d+)?)/(.+)")
_SCP = re.compile(r"(?:git::)?(?:ssh://)?[\w.-]+@([\w.-]+):(?!\d+/)([^/].*)")
_PLAIN = re.compile(r"[\w.-]+(?:/[\w.-]+)+")
_UNPLAIN = re.compile(r"(?:^|/)\.{1,2}(?:/|$)|[%\\\s]")
_PARAMETERS = frozenset({"ref", "depth"})
_REFERENCE = re.compile(
    r"(?!refs/|pulls?/|pull-requests/|merge-requests/|changes/)\w[\w./+-]*|refs/(?:heads|tags)/[\w./+-]+"
)
"""Branches, tags and commits; not what anybody can push who may open a pull request there."""


def breaches(closure: Closure) -> Iterator[Breach]:
    """Every module that is not read from this repository."""
    for call in closure.all("module"):
        if call.body.attribute("source") is not None:
            yield from _of(call, closure)


def _of(call: Placed, closure: Closure) -> Iterator[Breach]:
    source = closures.source(call)
    name = call.block.labels[0] if call.block.labels else ""
    line = call.block.line
    if source is None or "${" in source:
        attribute = call.body.attribute("source")
        message = f'module "{name}" has a source that only an evaluation could tell'
        unknown = (RULE, call.path, name, closure.snapshot.tree)  # as in base only if everything is
        yield Breach(RULE, message, _INSIDE, call.path, attribute.line if attribute else line, unknown)
    elif source.startswith(LOCAL):
        if closures.inside(closure.snapshot, call.directory, source) is None:
            message = f'module "{name}" is read from outside of the repository: {source}'
            yield Breach(RULE, message, _INSIDE, call.path, line, (RULE, call.directory, source))
    else:
        address = of(source)
        allowed = closure.inventory.config.kinds.terraform.modules.allow
        if address is None or not any(_fits(address, plain(each)) for each in allowed):
            what = address if address is not None else source.partition("?")[0]
            message = f'module "{name}" is from {what}, where base gets no module from'
            key = (RULE, address or source)
            yield Breach(RULE, message, _ALLOW, call.path, line, key, needle=(address or source).rpartition("/")[2])


def of(source: str) -> str | None:
    """The address of a remote source without version, folder and user: `github.com/acme/modules`, `acme/vpc/aws`.

    https and ssh to one host and path are one address. None for a form that is not known, which is compared as it is
    written: paths of the machine, archives, S3 buckets, references that anybody can make (`refs/pull/…`).
    """
    address, _, query = source.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    if any(name not in _PARAMETERS for name, _ in given):
        return None
    if any(name == "ref" and not _REFERENCE.fullmatch(value) for name, value in given):
        return None
    return _repository(address)


def _repository(address: str) -> str | None:
    if _UNPLAIN.search(address):
        return None
    scheme, separator, rest = address.partition("://")
    found = scheme + separator + rest.partition("//")[0]  # what follows is a folder of the repository
    match = _SCHEME.fullmatch(found) or _SCP.fullmatch(found)
    if match is not None:
        return f"{match[1].lower()}/{match[2]}".removesuffix("/").removesuffix(".git")
    match = _IN_THE_CLEAR.fullmatch(found)
    if match is not None:  # anybody on the way can change it: no pattern for https is about it
        return f"http+{match[1].lower()}/{match[2]}".removesuffix("/").removesuffix(".git")
    plain = found if separator else address.partition("//")[0]
    return plain.removesuffix(".git") if _PLAIN.fullmatch(plain) else None


def _fits(address: str, pattern: str) -> bool:
    """The first part (a host, or a namespace of the public registry) by itself: no `*` there reaches into the rest."""
    host, _, path = address.partition("/")
    wanted, separator, rest = pattern.partition("/")
    return fnmatch.fnmatchcase(host, wanted) and fnmatch.fnmatchcase(path, rest if separator else "*")


def plain(pattern: str) -> str:
    """A pattern as `of` writes addresses."""
    pattern = re.sub(r"^(?:git::)?http://", "http+", pattern)
    found = re.sub(r"^(?:git::)?(?:(?:https|ssh|git)://)?(?:[\w.-]+@)?", "", pattern.partition("?")[0])
    return re.sub(r"^([\w.-]+):(?!\d)", r"\1/", found).removesuffix(".git")
