"""Which revision of this repository a source asks for: what is in front of us, or one with files of its own."""

from __future__ import annotations

import re

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import addresses, values
from gitops_ci.kinds.kubernetes.flux.origins import Origins
from gitops_ci.kinds.kubernetes.reading.manifests import Declared

_BRANCH = "refs/remotes/origin/"
_PREFIXES = {"refs/tags/": "refs/tags/", "refs/heads/": _BRANCH}
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOVING = frozenset({"", "HEAD", "main", "master"})
"""What is, or follows, what is in front of us, whatever the branch is called that a change goes to."""


def is_current(revision: str, snapshot: Snapshot) -> bool:
    """Whether a revision is the one in front of us; a tag, a commit and another branch have files of their own."""
    return revision.removeprefix("refs/heads/") in {*_MOVING, snapshot.branch or ""}


class Wanted(Struct, frozen=True):
    """A revision by its name, and by what git may call it: a whole commit, a tag, a branch as `origin` has it."""

    name: str
    refs: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Why a source at it is not rendered."""
        return f"at {self.name}, which is not in this clone"


def of_argo(revision: str) -> Wanted:
    """A `targetRevision`: a commit, a tag or a branch; a range of versions is none of these."""
    if _COMMIT.fullmatch(revision):
        return Wanted(revision, (revision,))
    for prefix, ours in _PREFIXES.items():
        if revision.startswith(prefix):
            return Wanted(revision, (ours + revision.removeprefix(prefix),))
    return Wanted(revision, tuple(f"{ours}{revision}" for ours in _PREFIXES.values()))


def seen(wanted: Wanted, snapshot: Snapshot) -> Snapshot | None:
    """The files of a revision; None where this clone does not have it, or two of that name.

    Where it is not known which branch a change goes to, another one may be just that, and so is not looked at.
    """
    if snapshot.revisions is None:
        return None
    refs = [each for each in wanted.refs if snapshot.branch is not None or not each.startswith(_BRANCH)]
    found = [each for ref in refs if (each := snapshot.revisions(ref, snapshot)) is not None]
    return found[0] if len(found) == 1 else None


def is_surely_another(wanted: Wanted, snapshot: Snapshot) -> bool:
    """Whether a revision is not the branch that a change goes to: that is known, or it is a commit or a release."""
    if snapshot.branch is not None:
        return True
    branches = (each for each in wanted.refs if each.startswith(_BRANCH))
    looked = snapshot.revisions
    return addresses.is_fixed(wanted.name) and not (looked and any(looked(each, snapshot) for each in branches))


def of_flux(by: Declared, objects: tuple[Declared, ...], known: Origins, snapshot: Snapshot) -> Wanted | None:
    """The revision that a Kustomization or HelmRelease of Flux is pinned to; None where it is the one in front."""
    spec = values.mapping(by.manifest.value, "spec")
    chart, artifact = known.chart(by), known.artifact(by)
    references = [
        (by.namespace, values.mapping(spec, "sourceRef")),
        (chart.by.namespace, values.mapping(chart.spec, "sourceRef")),
    ]
    if artifact is not None:
        references += [(by.namespace, each) for each in values.mappings(artifact[0].manifest.value, "spec", "sources")]
    names = {
        (values.text(each, "namespace") or space, values.text(each, "name"))
        for space, each in references
        if values.text(each, "kind") in ("GitRepository", "")
    }
    for each in objects:
        if each.kind == "GitRepository" and (each.namespace, each.name) in names:
            revision = _of_repository(values.mapping(each.manifest.value, "spec", "ref"))
            if not is_current(revision.name, snapshot):
                return revision
    return None


def _of_repository(reference: dict[str, object]) -> Wanted:
    """What a GitRepository checks out: the first of these wins (source-controller: gitrepository_controller)."""
    for key in ("commit", "name", "semver", "tag", "branch"):
        if name := values.text(reference, key):
            match key:
                case "tag":
                    return Wanted(name, (f"refs/tags/{name}",))
                case "branch":
                    return Wanted(name, (f"{_BRANCH}{name}",))
                case "semver":
                    return Wanted(name)
                case _:
                    return of_argo(name)
    return Wanted("")
