"""What a policy finds in its input beside the document: `input.gitops_ci`, which stack it is about."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from gitops_ci.discover import naming
from gitops_ci.model.stack import Stack
from gitops_ci.policy.documents import kustomizations
from gitops_ci.policy.scope import Scope


def of(scope: Scope) -> Callable[[str | None, str | None], dict[str, str]]:
    """What is told of a document, by its file (None: a plan) and its stack, if there is a single one.

    `{"stack", "environment", "kind", "path"}`; a file of no single stack has its folder's environment alone. One that a
    kustomization takes has `kustomized` (documents/kustomizations.py), since more may come to it.
    """
    taken = cache(lambda: kustomizations.taken(scope.head))

    def told(path: str | None, id: str | None) -> dict[str, str]:
        stack = scope.stacks.get(id) if id is not None else None
        found = _of_stack(stack) if stack is not None else {}
        if path is None:
            return found
        environment = {} if found else {"environment": naming.environment_of_path(path, scope.config)}
        use = taken().get(path)
        return {**found, **environment, "path": path, **({"kustomized": use} if use is not None else {})}

    return told


def _of_stack(stack: Stack) -> dict[str, str]:
    return {"stack": stack.id, "environment": stack.environment, "kind": stack.kind, "path": stack.path}
