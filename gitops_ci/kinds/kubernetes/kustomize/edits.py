"""What Argo CD and Flux write into a kustomization before they build it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

_BY_NAME = ("images", "replicas")
_APPENDED = ("patches", "components", "labels", "resources")


def applied(content: bytes | None, edits: str) -> bytes:
    """A kustomization with the keys of `edits` (YAML), as `kustomize edit` and Flux's generator write them.

    Entries of images and replicas take the place of those with their name, other lists are appended, labels and
    annotations are added, all else is set. `content` is None where the directory has none. Raises YamlProblem.
    """
    found = [] if content is None else list(yaml_documents.documents(content))
    value: Any = found[0].value if found else {}
    if not isinstance(value, dict):
        raise YamlProblem(1, "a kustomization that is no mapping")
    return yaml.safe_dump(merged(value, edits), sort_keys=False, allow_unicode=True).encode()


def merged(value: Mapping[str, Any], edits: str) -> dict[str, Any]:
    """The same of values. Raises YamlProblem."""
    document = next(yaml_documents.documents(edits.encode()), None)
    given: Mapping[str, Any] = document.value if document is not None and isinstance(document.value, dict) else {}
    return {**value, **{key: _edited(key, value.get(key), inner) for key, inner in given.items()}}


def _edited(key: str, old: Any, new: Any) -> Any:
    if key in _BY_NAME and isinstance(old, list):
        names = {each.get("name") for each in new}
        return [*(each for each in old if not (isinstance(each, dict) and each.get("name") in names)), *new]
    if key in _APPENDED and isinstance(old, list):
        return [*old, *new]
    return {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new
