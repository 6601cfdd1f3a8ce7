"""Which revision of this repository a source asks for: what is in front of us, or one with files of its own."""

from __future__ import annotations

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.flux.origins import Origins
from gitops_ci.kinds.kubernetes.manifests import Declared

_MOVING = frozenset({"", "HEAD", "main", "master"})
"""What is, or follows, what is in front of us, whatever the branch is called that a change goes to."""


def is_current(revision: str, snapshot: Snapshot) -> bool:
    """Whether a revision is the one in front of us; a tag, a commit and another branch have files of their own."""
    return revision.removeprefix("refs/heads/") in {*_MOVING, snapshot.branch or ""}


def why(revision: str) -> str:
    """Why a source at another revision is not rendered."""
    return f"at {revision}, and only the branch that a change goes to is rendered"


def of_flux(by: Declared, objects: tuple[Declared, ...], known: Origins, snapshot: Snapshot) -> str:
    """The revision that a Kustomization or HelmRelease of Flux is pinned to; empty where it is the one in front."""
    spec = values.mapping(by.manifest.value, "spec")
    references = [values.mapping(spec, "sourceRef"), values.mapping(spec, "chart", "spec", "sourceRef")]
    artifact = known.artifact(by)
    if artifact is not None:
        references += values.mappings(artifact[0].manifest.value, "spec", "sources")
    names = {
        (values.text(each, "namespace") or by.namespace, values.text(each, "name"))
        for each in references
        if values.text(each, "kind") in ("GitRepository", "")
    }
    for each in objects:
        if each.kind == "GitRepository" and (each.namespace, each.name) in names:
            revision = _of_repository(values.mapping(each.manifest.value, "spec", "ref"))
            if not is_current(revision, snapshot):
                return revision
    return ""


def _of_repository(reference: dict[str, object]) -> str:
    """What a GitRepository checks out: the first of these wins (source-controller: gitrepository_controller)."""
    found = (values.text(reference, key) for key in ("commit", "name", "semver", "tag", "branch"))
    return next(filter(None, found), "")
