"""Selectors of labels: what fits one, and which of many labels do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.policy.documents.yaml_documents import Place

Labels = frozenset[tuple[str, str]]


class Labelled:
    """The labels of pods by their namespaces, so that a selector is not held against all of them."""

    def __init__(self, given: Iterable[tuple[str, Labels]]) -> None:
        self._all: dict[str, set[Labels]] = {}
        self._by: dict[tuple[str, str, str], set[Labels]] = {}
        for namespace, labels in given:
            self._all.setdefault(namespace, set()).add(labels)
            for key, value in labels:
                self._by.setdefault((namespace, key, value), set()).add(labels)

    def of(self, namespace: str, selector: Mapping[str, Any]) -> Iterator[Labels]:
        """The labels in a namespace that a selector takes."""
        wanted = values.mapping(selector, "matchLabels").items()
        near = [self._by.get((namespace, key, value), set()) for key, value in wanted if isinstance(value, str)]
        candidates = min(near, key=len) if near else self._all.get(namespace, set())
        yield from (each for each in candidates if next(unfit(selector, dict(each)), None) is None)

    def has(self, namespace: str, selector: Mapping[str, Any]) -> bool:
        """Whether a selector takes any in a namespace."""
        return next(self.of(namespace, selector), None) is not None


def labels(given: Mapping[str, Any]) -> Labels:
    """Labels as they are compared; what is no text is for the schema to say."""
    return frozenset((key, value) for key, value in given.items() if isinstance(value, str))


def unfit(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """The parts of a selector that labels do not fit, each with its place and as people write it."""
    for key, value in values.mapping(selector, "matchLabels").items():
        if labels.get(key) != value:
            yield ("matchLabels", key), f"`{key}: {value}`"
    for place, each in values.placed(selector, "matchExpressions"):
        key, operator = values.text(each, "key"), values.text(each, "operator")
        if not _fits(operator, labels.get(key), values.listed(each, "values")):
            yield place, f"`{key} {operator}`"


def _fits(operator: str, label: Any, wanted: list[Any]) -> bool:
    """What another operator means is for the schema to say."""
    match operator:
        case "In":
            return label in wanted
        case "NotIn":
            return label not in wanted
        case "Exists":
            return label is not None
        case "DoesNotExist":
            return label is None
        case _:
            return True
