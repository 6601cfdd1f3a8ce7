"""Where Flux's sources lead to: which directory of this repository a path in a source means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import takewhile
from typing import Any

from msgspec import Struct, structs

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.reading import manifests
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.policy.documents.yaml_documents import Place

_NUMBER = re.compile(r"[-_.]?\d+")
_MOVING = frozenset({"", "main", "master"})
_CONTENT = ("url", "ref", "ignore", "sparseCheckout", "include", "recurseSubmodules")
BOOTSTRAPPED = "flux-system"
"""What `flux bootstrap` calls the repository that it is run for."""

Artifact = tuple[Declared, dict[str, Any]]
"""What makes an artifact, and what it says of it."""


class Wanted(Struct, frozen=True):
    """The chart that a HelmRelease asks for: `spec` says so, at a `place` of `by`, which is itself or a HelmChart."""

    by: Declared
    spec: dict[str, Any]
    place: Place


class Origins(Struct, frozen=True):
    """The sources of Flux that are in a repository, by namespace and name; `charts` are HelmCharts by name.

    `elsewhere` are those GitRepositories whose files are not, or not only, those in front of us: a tag, a commit,
    another branch, others included. `trusted` are those that nothing here declares and whose paths are here all the
    same; `misspelt` are names that are nearly those of others.
    """

    urls: dict[tuple[str, str], tuple[str, ...]]
    artifacts: dict[tuple[str, str], tuple[Artifact, ...]]
    repositories: dict[tuple[str, str], tuple[Declared, ...]]
    charts: dict[str, tuple[Declared, ...]]
    elsewhere: frozenset[tuple[str, str]] = frozenset()
    trusted: frozenset[tuple[str, str]] = frozenset()
    misspelt: frozenset[str] = frozenset()

    def addresses(self, reference: dict[str, Any], namespace: str) -> tuple[str, ...]:
        """The addresses of a GitRepository; those of several clusters may have one name."""
        return self.urls.get(_key(reference, namespace), ())

    def is_trusted(self, reference: dict[str, Any], namespace: str) -> bool:
        """Whether a GitRepository that nothing here declares is this one, by the paths that are asked of it."""
        return _key(reference, namespace) in self.trusted

    def made(self, reference: dict[str, Any], by: Declared) -> Artifact | None:
        """The artifact that a reference means: clusters have artifacts of one name, and the nearest file is its own."""
        several = self.artifacts.get(_key(reference, by.namespace), ())
        return max(several, key=lambda each: _shared(each[0].path, by.path), default=None)

    def chart(self, release: Declared) -> Wanted:
        """The chart of a HelmRelease: its own, or that of the HelmChart that it refers to, the nearest of that name."""
        spec = values.mapping(release.manifest.value, "spec")
        reference = values.mapping(spec, "chartRef")
        if values.text(reference, "kind") == "HelmChart":
            several = self.charts.get(values.text(reference, "name"), ())
            space = values.text(reference, "namespace") or release.namespace
            ours = [each for each in several if each.namespace == space] or several
            if ours:
                by = max(ours, key=lambda each: _shared(each.path, release.path))
                return Wanted(by, values.mapping(by.manifest.value, "spec"), ("spec",))
        return Wanted(release, values.mapping(spec, "chart", "spec"), ("spec", "chart", "spec"))

    def is_elsewhere(self, reference: dict[str, Any], by: Declared) -> bool:
        """Whether a source has files that are not in front of us."""
        known = self.made(reference, by) if is_artifact(reference) else None
        sources = values.mappings(known[0].manifest.value, "spec", "sources") if known is not None else [reference]
        home = known[0].namespace if known is not None else by.namespace
        return any(_key(each, home) in self.elsewhere for each in sources)

    def lacks(self, reference: dict[str, Any]) -> bool:
        """Whether a source is misspelt, or an artifact that nothing makes, in a repository that makes artifacts."""
        names = {name for _, name in self.artifacts}
        name = values.text(reference, "name")
        if not is_artifact(reference):
            return values.text(reference, "kind") in ("GitRepository", "") and name in self.misspelt
        told = bool(name) and not any("$" in each or "{{" in each for each in (*names, name))
        return bool(names) and told and name not in names

    def artifact(self, by: Declared) -> Artifact | None:
        """The artifact that a Kustomization or HelmRelease takes, and what makes it."""
        spec = values.mapping(by.manifest.value, "spec")
        found = (self.made(each, by) for each in _references(spec) if is_artifact(each))
        return next(found, None)

    def taken(self, by: Declared) -> tuple[Declared, ...]:
        """The GitRepositories that a Kustomization or HelmRelease takes, itself or by an artifact.

        Clusters have some of one name, and the nearest file is its own; of two as near that which has more of what
        is here.
        """
        references = [*_references(values.mapping(by.manifest.value, "spec"))]
        artifact = self.artifact(by)
        if artifact is not None:
            references += values.mappings(artifact[0].manifest.value, "spec", "sources")
        keys = [_key(each, by.namespace) for each in references if _is_of_git(each)]
        chart = self.chart(by)
        if chart.by is not by and _is_of_git(source := values.mapping(chart.spec, "sourceRef")):
            keys.append(_key(source, chart.by.namespace))
        several = (self.repositories.get(key, ()) for key in dict.fromkeys(keys))
        return tuple(
            max(found, key=lambda each: (_shared(each.path, by.path), _whole(each))) for found in several if found
        )

    def has_submodules(self, by: Declared) -> bool:
        """Whether the submodules of a source are checked out with it."""
        return any(values.at(each.manifest.value, "spec", "recurseSubmodules") is True for each in self.taken(by))

    def files(self, by: Declared) -> tuple[str, ...]:
        """Files that decide where a source leads, and at which revision, beside that of what takes it."""
        artifact, chart = self.artifact(by), self.chart(by).by
        own = () if artifact is None else (artifact[0].path,)
        between = () if chart is by else chart.decided
        return (*own, *between, *(path for each in self.taken(by) for path in each.decided))

    def meant(self, by: Declared) -> object:
        """What decides where a source leads, and at which revision, beside what takes it."""
        artifact, chart = self.artifact(by), self.chart(by)
        taken = [_content(values.mapping(each.manifest.value, "spec")) for each in self.taken(by)]
        return self.urls, taken, None if artifact is None else artifact[0].manifest.value, chart.spec


def of(objects: tuple[Declared, ...], snapshot: Snapshot) -> Origins:
    """What the objects of Flux say about sources."""
    urls: dict[tuple[str, str], tuple[str, ...]] = {}
    artifacts: dict[tuple[str, str], tuple[Artifact, ...]] = {}
    declared: dict[tuple[str, str], tuple[Declared, ...]] = {}
    charts: dict[str, tuple[Declared, ...]] = {}
    elsewhere: set[tuple[str, str]] = set()
    for each in objects:
        spec = values.mapping(each.manifest.value, "spec")
        if each.kind == "GitRepository" and (url := values.text(spec, "url")):
            key = (each.namespace, each.name)
            urls[key] = (*urls.get(key, ()), url)
            declared[key] = (*declared.get(key, ()), each)
            if not _is_current(spec):
                elsewhere.add(key)
        elif each.kind == "HelmChart":
            charts[each.name] = (*charts.get(each.name, ()), each)
        elif each.group == manifests.ARTIFACTS:
            for artifact in values.mappings(spec, "artifacts"):
                made = each.namespace, values.text(artifact, "name")
                artifacts[made] = (*artifacts.get(made, ()), (each, artifact))
    found = Origins(urls, artifacts, declared, charts, frozenset(elsewhere))
    counts: dict[tuple[str, str], list[bool]] = {}
    for key, is_here in asked(objects, snapshot):
        counts.setdefault(key, [key[1] == BOOTSTRAPPED]).append(is_here)
    trusted = (key for key, told in counts.items() if key not in urls and any(told) and 2 * sum(told) >= len(told) - 1)
    return structs.replace(found, trusted=frozenset(trusted), misspelt=frozenset(_misspelt(objects)))


def _misspelt(objects: tuple[Declared, ...]) -> Iterator[str]:
    """Names of GitRepositories that one object takes and nothing declares, but for a letter that lacks or is too much.

    One with another number or another letter is another one.
    """
    used = Counter(
        values.text(reference, "name")
        for each in objects
        for reference in _references(values.mapping(each.manifest.value, "spec"))
        if values.text(reference, "kind") == "GitRepository"
    )
    known = {each.name for each in objects if each.kind == "GitRepository"} | (used.keys() & {BOOTSTRAPPED})
    for name, count in used.items():
        plain = _NUMBER.sub("", name)
        if count == 1 and name not in known and "$" not in name and "{{" not in name:
            near = get_close_matches(name, known, n=1, cutoff=0.85)
            if near and len(_NUMBER.sub("", near[0])) != len(plain):
                yield name


def _references(spec: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    return (
        values.mapping(spec, "sourceRef"),
        values.mapping(spec, "chart", "spec", "sourceRef"),
        values.mapping(spec, "chartRef"),
        *values.mappings(spec, "sources"),
    )


def asked(objects: tuple[Declared, ...], snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], bool]]:
    """GitRepositories of which a path is asked, and whether it is here; paths that say nothing are left out."""
    for each in objects:
        spec = values.mapping(each.manifest.value, "spec")
        reference, path = values.mapping(spec, "sourceRef"), values.text(spec, "path").strip("./")
        is_of_git = values.text(reference, "kind") in ("GitRepository", "")
        if each.kind == "Kustomization" and is_of_git and path and "$" not in path and "{{" not in path:
            yield _key(reference, each.namespace), snapshot.is_directory(path)
        elif each.group == manifests.ARTIFACTS:
            sources = {values.text(one, "alias"): one for one in values.mappings(spec, "sources")}
            for artifact in values.mappings(spec, "artifacts"):
                for rule in values.mappings(artifact, "copy"):
                    alias, _, rest = values.text(rule, "from").removeprefix("@").partition("/")
                    origin = rest.partition("*")[0].strip("/")
                    if origin and values.text(sources.get(alias), "kind") == "GitRepository":
                        is_here = snapshot.is_directory(origin) or origin in snapshot
                        yield _key(sources[alias], each.namespace), is_here


def _is_current(spec: dict[str, Any]) -> bool:
    """Whether a GitRepository has what is in front of us, and nothing else."""
    reference = values.mapping(spec, "ref")
    is_pinned = any(reference.get(key) for key in ("tag", "semver", "commit", "name"))
    return not is_pinned and not spec.get("include") and values.text(reference, "branch") in _MOVING


def _whole(each: Declared) -> tuple[bool, int]:
    """How much of what is in front of us a GitRepository has: the more, the larger."""
    spec = values.mapping(each.manifest.value, "spec")
    lacks = len(values.text(spec, "ignore")) + len(values.texts(spec, "sparseCheckout"))
    return _is_current(spec), -lacks


def _content(spec: dict[str, Any]) -> dict[str, Any]:
    """What of a GitRepository says which files it has."""
    return {key: spec[key] for key in _CONTENT if key in spec}


def _is_of_git(reference: dict[str, Any]) -> bool:
    return bool(reference) and values.text(reference, "kind") in ("GitRepository", "")


def is_artifact(reference: dict[str, Any]) -> bool:
    """Whether a reference means an artifact that is copied together."""
    return values.text(reference, "kind") == "ExternalArtifact"


def _shared(one: str, other: str) -> int:
    """How many folders two files share from the root on."""
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def _key(reference: dict[str, Any], namespace: str) -> tuple[str, str]:
    return values.text(reference, "namespace") or namespace, values.text(reference, "name")
