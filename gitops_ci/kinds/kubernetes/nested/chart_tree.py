"""A chart with the charts in it that are not switched off, each with its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.gotemplate import Budget, TemplateProblem
from gitops_ci.kinds.kubernetes.gotemplate.values import weight
from gitops_ci.kinds.kubernetes.nested import chart_values
from gitops_ci.kinds.kubernetes.nested.templates import Templates

_DEEPEST, _MOST = 20, 50
_VALUES_PER_STEP = 4


class Level(Struct, frozen=True):
    """One chart: its directory, the name that Helm gives to what is in it, what it says of itself, its values."""

    directory: str
    name: str
    about: Mapping[str, Any]
    values: dict[str, Any]


def levels(chart: str, given: dict[str, Any], templates: Templates, budget: Budget) -> Iterator[Level]:
    """A chart with what it is given, and the charts in it. Raises TemplateProblem where something cannot be read."""
    for count, each in enumerate(_levels(chart, "", given, templates, 0)):
        if count == _MOST:
            raise TemplateProblem(f"more than {_MOST} charts in one")
        budget.spend(weight(each.values) // _VALUES_PER_STEP, 0)
        yield each


def _levels(chart: str, prefix: str, given: dict[str, Any], templates: Templates, depth: int) -> Iterator[Level]:
    snapshot = templates.snapshot
    about = chart_values.in_file(templates.charts.directories[chart], snapshot)
    name = f"{prefix}{values.text(about, 'name')}"
    own = f"{chart}/values.yaml".lstrip("/")
    listed = _dependencies(chart, about, snapshot)
    said = chart_values.written(own, snapshot) if own in snapshot else {}
    all_of_it = chart_values.coalesced(given, chart_values.without_null(said) if listed else said)
    yield Level(chart, name, about, all_of_it)
    if depth > _DEEPEST:
        raise TemplateProblem("charts that lead back to themselves")
    for inner in dict.fromkeys((*templates.inside(chart), *templates.charts.local.get(chart, ()))):
        if inner not in templates.charts.directories:
            continue
        called = values.text(chart_values.written(templates.charts.directories[inner], snapshot), "name")
        named = [each for each in listed if values.text(each, "name") == called or _leads(chart, each, inner)]
        for each in named or [{}]:
            if _is_on(each, all_of_it):
                alias = values.text(each, "alias") or called
                passed = _passed(all_of_it, alias)
                yield from _levels(inner, f"{name}/charts/", passed, templates, depth + 1)


def _passed(outer: dict[str, Any], alias: str) -> dict[str, Any]:
    """What a chart gives to one in it: what is below its name, and `global`."""
    inner = outer.setdefault(alias, {})
    if not isinstance(inner, dict):
        raise TemplateProblem(f"the values of {alias} are no mapping")
    shared = values.mapping(outer, "global")
    if shared:
        inner["global"] = chart_values.coalesced(dict(shared), values.mapping(inner, "global"))
    return inner


def _dependencies(chart: str, about: Mapping[str, Any], snapshot: Snapshot) -> list[dict[str, Any]]:
    old = f"{chart}/requirements.yaml".lstrip("/")
    older = chart_values.written(old, snapshot) if old in snapshot else {}
    return [*values.mappings(about, "dependencies"), *values.mappings(older, "dependencies")]


def _leads(chart: str, dependency: Mapping[str, Any], inner: str) -> bool:
    repository = values.text(dependency, "repository")
    return repository.startswith("file://") and join(chart, repository.removeprefix("file://")) == inner


def _is_on(dependency: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """The first of its conditions that is a boolean decides, else its tags: one that is true is enough."""
    for condition in values.text(dependency, "condition").split(","):
        found = values.at(given, *condition.strip().split("."))
        if isinstance(found, bool):
            return found
    told = [values.at(given, "tags", tag) for tag in values.texts(dependency, "tags")]
    known = [each for each in told if isinstance(each, bool)]
    return not known or any(known)
