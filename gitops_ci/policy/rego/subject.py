"""What a policy finds in its input beside the document: `input.gitops_ci`, which stack it is about."""

from __future__ import annotations

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.model.stack import Stack
from gitops_ci.policy.documents.kustomizations import Use


def of_stack(stack: Stack) -> dict[str, str]:
    """What is told of a plan."""
    return {"stack": stack.id, "environment": stack.environment, "kind": stack.kind, "path": stack.path}


def of_file(path: str, config: Config, stack: Stack | None = None, *, kustomized: Use | None = None) -> dict[str, str]:
    """What is told of a document in a file; one of no single stack has at least its environment.

    `kustomized` is there where a kustomization takes the file, so that more may come to it.
    """
    told = {"environment": naming.environment_of_path(path, config)} if stack is None else of_stack(stack)
    return told | {"path": path} | ({"kustomized": kustomized} if kustomized is not None else {})
