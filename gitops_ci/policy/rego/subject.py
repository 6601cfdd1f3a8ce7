"""What a policy finds in its input beside the document: `input.gitops_ci`, which stack it is about."""

from __future__ import annotations

from functools import cache

from gitops_ci.discover import naming
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.stack import Stack
from gitops_ci.policy.documents import kustomizations
from gitops_ci.policy.rego.inputs import Subject
from gitops_ci.policy.scope import Scope


def of(scope: Scope) -> Subject:
    """What is told of a document, by its file (None: a plan), its stack, if there is a single one, and its end.

    `{"stack", "environment", "kind", "path"}`; a file of no single stack has its folder's environment alone. One that a
    kustomization takes has `kustomized`, since more may come to it: `resource`, `patch`, or `new-patch`, where only
    this change makes it one, so that a policy need not believe it.
    """
    takes = cache(lambda: (_taken(scope, scope.base or scope.head), _taken(scope, scope.head)))

    def told(path: str | None, id: str | None, end: str) -> dict[str, str]:
        stack = scope.stacks.get(id) if id is not None else None
        found = _of_stack(stack) if stack is not None else {}
        if path is None:
            return found
        environment = {} if found else {"environment": naming.environment_of_path(path, scope.config)}
        before, after = (each.get(path) for each in takes())
        new = "new-patch" if after == "patch" and before != "patch" else after
        use = new if end == "head" else before
        return {**found, **environment, "path": path, **({"kustomized": use} if use is not None else {})}

    return told


def _taken(scope: Scope, snapshot: Snapshot) -> dict[str, str]:
    """The files that a kustomization of their own stack takes; one that is both is a resource.

    Kustomize takes files in and below a kustomization's folder only: another one that names a file, takes nothing.
    """
    found: dict[str, str] = {}
    for path, each in kustomizations.of(snapshot).items():
        folder = path.rpartition("/")[0]
        own = set(scope.owners.get(path, ()))
        for file, use in each.taken.items():
            owners = scope.owners.get(file, ())
            together = not own.isdisjoint(owners) if owners else file in snapshot.entries
            if together and file.startswith(f"{folder}/" if folder else "") and found.get(file) != "resource":
                found[file] = use
    return found


def _of_stack(stack: Stack) -> dict[str, str]:
    return {"stack": stack.id, "environment": stack.environment, "kind": stack.kind, "path": stack.path}
