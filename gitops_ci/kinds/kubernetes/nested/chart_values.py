"""The values that a chart is rendered with: its own, those of files, those that are written, parameters."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.gotemplate import TemplateProblem
from gitops_ci.kinds.kubernetes.gotemplate.sprig_data import numbers_as_go
from gitops_ci.kinds.kubernetes.sources import Chart
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.files import MAX_BYTES
from gitops_ci.policy.documents.yaml_documents import Document, YamlProblem

_ODD = re.compile(r"[\[\]{},\\]")
"""What means more than a character in a value of `--set`."""
_KEY = re.compile(r"(?:[^.\\\[\]{},=]|\\\.)+")
_WHOLE = re.compile(r"-?(?:0|[1-9]\d*)")
_MOST_KEYS = 50
_WORDS = {"true": True, "false": False, "null": None}


def given(source: Chart, snapshot: Snapshot) -> dict[str, Any]:
    """What a source gives over the chart's own values (pkg/cli/values: MergeValues). Raises TemplateProblem."""
    found: dict[str, Any] = {}
    for path in source.value_files:
        found = _over(found, in_file(path, snapshot))
    if source.values:
        found = _over(found, _read(source.values.encode("utf-8", "replace"), "the values that are written"))
    _set(found, source.parameters, typed=True)
    _set(found, source.forced, typed=False)
    return found


def in_file(path: str, snapshot: Snapshot) -> dict[str, Any]:
    """A copy of the values of a file: nothing where it is empty.

    Raises TemplateProblem where it is not there or no mapping.
    """
    return copy.deepcopy(dict(written(path, snapshot)))


def written(path: str, snapshot: Snapshot) -> Mapping[str, Any]:
    """The values of a file, which nobody may change. Raises as `in_file`."""
    real = snapshot.resolve(path) or path
    found = snapshot.facts((real,), _fact).get(real)
    if found is None:
        raise TemplateProblem(f"the value file {path} is not there")
    if isinstance(found, str):
        raise TemplateProblem(f"the value file {path} cannot be read: {found}")
    return found


def _fact(content: bytes) -> dict[str, Any] | str:
    if len(content) > MAX_BYTES:
        return "it is too large"
    try:
        found: dict[str, Any] = _read(content, "it")
    except TemplateProblem as problem:
        return str(problem)
    return found


def _read(content: bytes, what: str) -> Any:
    try:
        document: Document | None = next(yaml_documents.documents(content), None)
    except YamlProblem as problem:
        raise TemplateProblem(f"{what} is not valid YAML: {problem.message}") from None
    value = document.value if document is not None else {}
    if not isinstance(value, dict):
        raise TemplateProblem(f"{what} is no mapping")
    return numbers_as_go(value)


def _over(old: dict[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Later values over earlier ones, mappings in depth."""
    for key, value in new.items():
        mine = old.get(key)
        old[key] = _over(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return old


def coalesced(over: dict[str, Any], own: Mapping[str, Any], *, is_top: bool = True) -> dict[str, Any]:
    """What is given, and the chart's own where nothing is; `null` takes a value away (pkg/chart: coalesceValues).

    A chart's own `null` is no value. Below the top one that is given stays where the chart has no value either.
    """
    for key, value in own.items():
        if key not in over:
            over.update(without_null({key: value}))
        elif over[key] is None:
            if is_top or value is not None:
                del over[key]
        elif isinstance(over[key], dict) and isinstance(value, dict):
            coalesced(over[key], value, is_top=False)
    return over


def without_null(own: Mapping[str, Any]) -> dict[str, Any]:
    """Values without `null` at any depth, as those of a chart with dependencies are (trimNilValues)."""
    return {
        key: without_null(value) if isinstance(value, dict) else copy.deepcopy(value)
        for key, value in own.items()
        if value is not None
    }


def _set(found: dict[str, Any], parameters: Iterable[tuple[str, str]], *, typed: bool) -> None:
    """`--set`, and `--set-string` where nothing is `typed` (pkg/strvals), in the plain forms that it has."""
    for name, value in parameters:
        keys = [each.replace("\\.", ".") for each in _KEY.findall(name)]
        if (
            not 0 < len(keys) <= _MOST_KEYS
            or ".".join(each.replace(".", "\\.") for each in keys) != name
            or _ODD.search(value)
        ):
            raise TemplateProblem(f"the parameter {name} is in a form that is not read here")
        at = found
        for key in keys[:-1]:
            inner = at.get(key)
            if not isinstance(inner, dict):
                inner = at[key] = {}
            at = inner
        at[keys[-1]] = _typed(value) if typed else value


def _typed(value: str) -> Any:
    if value in _WORDS:
        return _WORDS[value]
    return int(value) if _WHOLE.fullmatch(value) else value
