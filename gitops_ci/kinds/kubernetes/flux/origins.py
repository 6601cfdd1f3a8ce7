"""Where Flux's sources lead to: which directory of this repository a path in a source means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import join
from gitops_ci.kinds.kubernetes import manifests, values
from gitops_ci.kinds.kubernetes.manifests import Declared
from gitops_ci.kinds.kubernetes.repositories import Repositories
from gitops_ci.kinds.kubernetes.repository import Repository


class Origins(Struct, frozen=True):
    """The sources of Flux that are in a repository, by kind, namespace and name."""

    urls: dict[tuple[str, str], tuple[str, ...]]
    artifacts: dict[tuple[str, str], tuple[Declared, dict[str, Any]]]

    def addresses(self, reference: dict[str, Any], namespace: str) -> tuple[str, ...]:
        """The addresses of a GitRepository; those of several clusters may have one name."""
        return self.urls.get(_key(reference, namespace), ())

    def artifact(self, by: Declared) -> tuple[Declared, dict[str, Any]] | None:
        """The artifact that a Kustomization or HelmRelease takes, and what makes it."""
        spec = values.mapping(by.manifest.value, "spec")
        references = (values.mapping(spec, "sourceRef"), values.mapping(spec, "chart", "spec", "sourceRef"))
        found = (self.artifacts.get(_key(each, by.namespace)) for each in references if _is_artifact(each))
        return next(found, None)

    def files(self, by: Declared) -> tuple[str, ...]:
        """Files that decide where a source leads, beside that of what takes it."""
        artifact = self.artifact(by)
        return () if artifact is None else (artifact[0].path,)

    def meant(self, by: Declared) -> object:
        """What decides where a source leads, beside what takes it."""
        artifact = self.artifact(by)
        return self.urls, None if artifact is None else artifact[0].manifest.value


def of(objects: tuple[Declared, ...]) -> Origins:
    """What the objects of Flux say about sources."""
    urls: dict[tuple[str, str], tuple[str, ...]] = {}
    artifacts = {}
    for each in objects:
        spec = values.mapping(each.manifest.value, "spec")
        if each.kind == "GitRepository" and (url := values.text(spec, "url")):
            key = (each.namespace, each.name)
            urls[key] = (*urls.get(key, ()), url)
        elif each.group == manifests.ARTIFACTS:
            for artifact in values.mappings(spec, "artifacts"):
                artifacts[each.namespace, values.text(artifact, "name")] = (each, artifact)
    return Origins(urls, artifacts)


def _is_artifact(reference: dict[str, Any]) -> bool:
    return values.text(reference, "kind") == "ExternalArtifact"


def _key(reference: dict[str, Any], namespace: str) -> tuple[str, str]:
    return values.text(reference, "namespace") or namespace, values.text(reference, "name")


def paths(by: Declared, path: str, reference: dict[str, Any], origins: Origins) -> Iterator[str]:
    """The directories of this repository that a path in a source may mean, the likeliest first."""
    if not _is_artifact(reference):
        if (found := join("", path.strip("/") or ".")) is not None:
            yield found
        return
    known = origins.artifacts.get(_key(reference, by.namespace))
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
    return next((each for each in paths(by, path, reference, origins) if repository.snapshot.is_directory(each)), None)


def is_ours(by: Declared, reference: dict[str, Any], origins: Origins, repositories: Repositories) -> bool | None:
    """Whether a source is this repository; None where nothing here says so."""
    if _is_artifact(reference):
        known = origins.artifacts.get(_key(reference, by.namespace))
        sources = values.mappings(known[0].manifest.value, "spec", "sources") if known is not None else []
        told = [is_ours(by, each, origins, repositories) for each in sources if each.get("kind") == "GitRepository"]
        return told[0] if told else None
    if values.text(reference, "kind") not in ("GitRepository", ""):
        return False
    urls = origins.addresses(reference, by.namespace)
    return any(repositories.has(url) for url in urls) if urls else None
