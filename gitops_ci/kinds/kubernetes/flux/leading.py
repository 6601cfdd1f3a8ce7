"""Where a path in a source of Flux leads: which directory of this repository it means, and whether it is this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.flux.origins import Artifact, Origins, is_artifact
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Repository


def paths(by: Declared, path: str, reference: dict[str, Any], origins: Origins) -> Iterator[str]:
    """The directories of this repository that a path in a source may mean, the likeliest first."""
    if not is_artifact(reference):
        if (found := join("", path.strip("/") or ".")) is not None:
            yield found
        return
    known = origins.made(reference, by)
    wanted = join("", path.strip("/") or ".")
    rules = values.mappings(known[1], "copy") if known is not None else []
    copied = []
    for rule in rules:
        source, target = values.text(rule, "from"), values.text(rule, "to").removeprefix("@artifact").strip("/")
        origin = source.partition("/")[2].removesuffix("/**").strip("/")
        if wanted is not None and (not target or wanted == target or wanted.startswith(f"{target}/")):
            rest = wanted.removeprefix(target).strip("/")
            copied.append((len(target), f"{origin}/{rest}".strip("/")))
    yield from (each for _, each in sorted(copied, reverse=True))


def directory(
    by: Declared, path: str, reference: dict[str, Any], repository: Repository, origins: Origins
) -> str | None:
    """The directory of this repository that a path in a source means; None where it has none of that name."""
    snapshot = repository.snapshot
    found = paths(by, path, reference, origins)
    return next((each for each in found if snapshot.is_directory(snapshot.resolve(each) or each)), None)


def copied(made: Artifact, origins: Origins, repositories: Repositories, snapshot: Snapshot) -> Iterator[str | None]:
    """What is copied into an artifact: paths of this repository, None for each that is of elsewhere."""
    by, artifact = made
    sources = {values.text(each, "alias"): each for each in values.mappings(by.manifest.value, "spec", "sources")}
    for rule in values.mappings(artifact, "copy"):
        alias, _, rest = values.text(rule, "from").removeprefix("@").partition("/")
        path = rest.partition("*")[0].strip("/")
        ours = is_ours(by, sources.get(alias, {"kind": "none"}), origins, repositories)
        is_here = path in snapshot or snapshot.is_directory(path)
        yield path if ours or (ours is None and is_here) else None


def is_ours(by: Declared, reference: dict[str, Any], origins: Origins, repositories: Repositories) -> bool | None:
    """Whether a source is this repository; None where nothing here says so."""
    if is_artifact(reference):
        known = origins.made(reference, by)
        sources = values.mappings(known[0].manifest.value, "spec", "sources") if known is not None else []
        told = [is_ours(by, each, origins, repositories) for each in sources if each.get("kind") == "GitRepository"]
        return told[0] if told else None
    if values.text(reference, "kind") not in ("GitRepository", ""):
        return False
    urls = origins.addresses(reference, by.namespace)
    if urls:
        return any(repositories.has(url) for url in urls)
    return True if origins.is_trusted(reference, by.namespace) else None
