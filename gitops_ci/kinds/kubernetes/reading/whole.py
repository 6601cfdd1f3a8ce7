"""Which of Argo CD's and Flux's objects are deployed as they are written: no patches, and patched by none."""

from __future__ import annotations

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.policy.documents import files, kustomizations


def written(objects: tuple[Declared, ...], snapshot: Snapshot) -> tuple[Declared, ...]:
    """Those that are no patches and that nothing patches: the others are judged as they are rendered."""
    if not objects:
        return ()
    found = kustomizations.of(snapshot).values()
    patches = {path for each in found for path, use in each.taken.items() if use == "patch"}
    patched = {(each.kind, each.name) for each in objects if each.path in patches}
    for each in found:
        patched |= {(one.value["kind"], values.text(one.value, "metadata", "name")) for one in each.patches}
        patched |= _targets(each.path, snapshot)
    return tuple(
        each
        for each in objects
        if each.path not in patches and patched.isdisjoint(((each.kind, each.name), (each.kind, ""), ("", "")))
    )


def _targets(path: str, snapshot: Snapshot) -> set[tuple[str, str]]:
    """Kinds and names that patches of a kustomization are for by their `target`; a pattern may be any name."""
    found: set[tuple[str, str]] = set()
    for parsed in snapshot.facts((path,), files.fact("YAML")).values():
        for document in parsed.documents:
            for key in ("patches", "patchesJson6902"):
                for each in values.mappings(document.value, key):
                    if isinstance(each.get("target"), dict):
                        name = values.text(each, "target", "name")
                        found.add((values.text(each, "target", "kind"), name if name.isidentifier() else ""))
    return found
