"""The labels that objects select others by, in whatever field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from gitops_ci.kinds.kubernetes.objects import Object

_HOLDING = frozenset({"ConfigMap", "Secret", "CustomResourceDefinition"})
"""What selects nothing, and is large."""
_GIVING = frozenset({"labels", "commonLabels", "annotations"})


class Selecting:
    """Which of some labels the objects of both ends of a change select by: looked for when somebody asks."""

    def __init__(self, objects: Iterable[Object], labels: Collection[str]) -> None:
        self._objects, self._labels = tuple(objects), labels

    @cached_property
    def keys(self) -> frozenset[str]:
        """Those labels: keys of a mapping that gives none (`matchLabels`, `selector`), or an expression's `key`."""
        found = set[str]()
        pending: list[Any] = [each.value for each in self._objects if each.identity.kind not in _HOLDING]
        while pending and len(found) < len(self._labels):
            each = pending.pop()
            if isinstance(each, Mapping):
                found.update(key for key in self._labels if key in each)
                if (key := each.get("key")) and isinstance(key, str) and key in self._labels:
                    found.add(key)
                pending += [
                    inner for key, inner in each.items() if key not in _GIVING and isinstance(inner, dict | list)
                ]
            elif isinstance(each, list):
                pending += [inner for inner in each if isinstance(inner, dict | list)]
        return frozenset(found)
