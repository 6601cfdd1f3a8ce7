"""What a policy finds in its input beside the document: `input.gitops_ci`, which stack it is about."""

from __future__ import annotations

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.model.stack import Stack


def of_stack(stack: Stack) -> dict[str, str]:
    """What is told of a plan."""
    return {"stack": stack.id, "environment": stack.environment, "kind": stack.kind, "path": stack.path}


def of_file(
    path: str, config: Config, stack: Stack | None = None, *, kustomized: bool = False
) -> dict[str, str | bool]:
    """What is told of a document in a file; one of no single stack has at least its environment.

    `kustomized`: a kustomization takes the file (documents/kustomizations.py), so that more may come to it.
    """
    told: dict[str, str | bool] = {"environment": naming.environment_of_path(path, config)}
    if stack is not None:
        told |= of_stack(stack)
    return told | {"path": path, "kustomized": kustomized}
