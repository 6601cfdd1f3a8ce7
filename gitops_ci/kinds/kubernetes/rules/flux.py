"""The rules about Flux's Kustomizations and HelmReleases: a path and a source that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_ci.discover.snapshot import join
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.flux import leading, origins
from gitops_ci.kinds.kubernetes.flux.origins import Origins
from gitops_ci.kinds.kubernetes.reading import whole
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.rules import reporting, substituted
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.model.finding import Finding
from gitops_ci.policy.documents.yaml_documents import Place

PATH_MISSING = "flux/path-missing"
SOURCE_MISSING = "flux/source-missing"
_ASKS: dict[str, tuple[Place, str]] = {
    "Kustomization": (("spec",), "path"),
    "HelmRelease": (("spec", "chart", "spec"), "chart"),
    "HelmChart": (("spec",), "chart"),
}
"""Where each kind names its source and what it takes of it."""


def of(repository: Repository, repositories: Repositories, objects: tuple[Declared, ...]) -> Iterator[Finding]:
    """The findings about Flux's objects that are deployed as they are written in the repository.

    `objects` are all of Argo CD and Flux, those that are rendered as well: they may make what others take.
    """
    asking = [each for each in repository.declared if each.kind in _ASKS]
    if asking:
        known = origins.of(objects, repository.snapshot)
        alone = whole.written(tuple(asking), repository.snapshot)
        yield from reporting.findings(each for by in alone for each in _told(by, repository, repositories, known))
        yield from reporting.findings(
            each for by in alone for each in substituted.unset(by, repository, repositories, known)
        )


def _told(by: Declared, repository: Repository, repositories: Repositories, known: Origins) -> Iterator[Told]:
    place, key = _ASKS[by.kind]
    spec: Any = values.at(by.manifest.value, *place)
    reference, written = values.mapping(spec, "sourceRef"), values.text(spec, key)
    label = f"{by.kind} {by.name or '(no name)'}"
    if known.lacks(reference):
        what = f"{values.text(reference, 'kind')} {values.text(reference, 'name')}"
        said = f"{label}: nothing in this repository makes the {what}"
        line = by.line_of(*place, "sourceRef", "name")
        yield Told(rule=SOURCE_MISSING, message=said, path=by.path, line=line)
        return
    is_plain = bool(written.strip("./")) and "$" not in written and "{{" not in written
    if not is_plain or leading.is_ours(by, reference, known, repositories) is not True:
        return
    if known.is_elsewhere(reference, by) or _is_in_submodule(written, repository):
        return
    if leading.directory(by, written, reference, repository, known) is None:
        inside = (
            "the artifact that it takes" if values.text(reference, "kind") == "ExternalArtifact" else "this repository"
        )
        said = f"{label}: {key} {written} is not in {inside}"
        yield Told(rule=PATH_MISSING, message=said, path=by.path, line=by.line_of(*place, key))


def _is_in_submodule(written: str, repository: Repository) -> bool:
    path = join("", written.strip("/"))
    return path is not None and repository.snapshot.in_submodule(path)
