"""Which providers a root and its local modules use, and what its lock file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.engine import locks
from gitops_ci.kinds.terraform.language import values
from gitops_ci.kinds.terraform.language.blocks import Unreadable
from gitops_ci.kinds.terraform.reading.configuration import Configuration, Located

_OFFICIAL = "hashicorp"
_BUILT_IN = "terraform"
_HOSTS = ("registry.terraform.io/", "registry.opentofu.org/")
_OWNERS = ("resource", "data", "ephemeral", "action", "list")


class Requirement(Struct, frozen=True):
    """A provider that is used: its source (`hashicorp/aws`), version constraints, and where that is said."""

    name: str
    source: str
    version: str | None
    path: str
    line: int


@lru_cache(maxsize=4096)
def of(configuration: Configuration) -> tuple[Requirement, ...]:
    """Every provider that a directory's files use, named or implied by a resource's type; each name once."""
    found: dict[str, Requirement] = {}
    for each in (*_required(configuration), *_implied(configuration)):
        if each.name != _BUILT_IN:
            found.setdefault(each.name, each)
    return tuple(found.values())


def _required(configuration: Configuration) -> Iterator[Requirement]:
    for located in configuration.inside("terraform", "required_providers"):
        for attribute in located.block.body.attributes:
            value = values.of(attribute.expression)
            given: Mapping[str, values.Value] = value if isinstance(value, Mapping) else {"version": value}
            source, version = given.get("source"), given.get("version")
            yield Requirement(
                attribute.name,
                plain(source) if isinstance(source, str) else f"{_OFFICIAL}/{attribute.name}",
                version if isinstance(version, str) else None,
                located.path,
                attribute.line,
            )


def _implied(configuration: Configuration) -> Iterator[Requirement]:
    """https://developer.hashicorp.com/terraform/language/resources/syntax: the first word of a type is its provider."""
    for located in configuration.all("provider"):
        version = located.block.body.attribute("version")
        name = located.block.labels[0] if located.block.labels else ""
        yield _of_hashicorp(name, values.text(version.expression) if version is not None else None, located)
    for owner in _OWNERS:
        for located in configuration.all(owner):
            provider = located.block.body.attribute("provider")
            written = (values.text(provider.expression) or provider.expression) if provider is not None else ""
            named = written.partition(".")[0]
            yield _of_hashicorp(named or (located.block.labels or ("",))[0].partition("_")[0], None, located)


def _of_hashicorp(name: str, version: str | None, located: Located) -> Requirement:
    return Requirement(name, f"{_OFFICIAL}/{name}", version, located.path, located.line)


def plain(source: str) -> str:
    """A source without the host of a public registry, in small letters."""
    lowered = source.lower()
    return next((lowered.removeprefix(host) for host in _HOSTS if lowered.startswith(host)), lowered)


def locked(directory: str, snapshot: Snapshot) -> Mapping[str, locks.Locked] | None:
    """What the lock file of a root holds, by source; None where there is none. An unreadable one holds nothing."""
    content = snapshot.read(locks.place(directory, snapshot))
    if content is None:
        return None
    try:
        return {plain(source): entry for source, entry in locks.read(content).items()}
    except Unreadable:
        return {}
