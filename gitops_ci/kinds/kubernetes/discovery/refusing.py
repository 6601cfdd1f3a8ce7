"""Objects of Argo CD and Flux that no API server takes as they are: they change nothing, and what they made stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.reading import whole
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.schemas import fields
from gitops_ci.kinds.kubernetes.sources import Unrendered, placed
from gitops_ci.policy.secrets import sops

_KINDS = frozenset({"Application", "ApplicationSet", "Kustomization", "HelmRelease"})

_DECIDING = frozenset({"spec", "destination", "generators", "template", "sourceRef"})
"""Without these nothing can be told of what is deployed; another field that is missing is a finding, and no more."""


def of(objects: tuple[Declared, ...], snapshot: Snapshot) -> Mapping[tuple[str, str], Unrendered]:
    """Those that are refused, by kind and name and their file, each with the first reason.

    One that a patch completes, or that is a patch, is not whole as it is written: it is looked at as it is rendered.
    """
    found = [each for each in objects if each.kind in _KINDS and next(_faults(each), None) is not None]
    rendered = (each for each in found if each.within)
    written = whole.written(tuple(each for each in found if not each.within), snapshot)
    return {named(each): next(_faults(each)) for each in (*written, *rendered)}


def named(by: Declared) -> tuple[str, str]:
    """What is told of an object, and its file."""
    return f"{by.kind} {by.name}", placed(by.path, by.within)


def _faults(by: Declared) -> Iterator[Unrendered]:
    value = by.manifest.value
    for misfit in fields.misfits(sops.without(value), value["apiVersion"], by.kind):
        if not misfit.doubtful and (not misfit.is_missing or misfit.place[-1] in _DECIDING):
            why = f"no API server takes it, so what it deployed stays as it is: {misfit.said}"
            line = by.line_of(*misfit.place)
            yield Unrendered(what=f"{by.kind} {by.name}", why=why, path=by.path, line=line, code="invalid")
