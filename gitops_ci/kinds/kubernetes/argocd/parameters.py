"""Sets of parameters of an ApplicationSet: flattened, selected, combined, merged, as Argo CD does it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.argocd.templates import Parameters
from gitops_ci.kinds.kubernetes.gotemplate import TemplateProblem
from gitops_ci.kinds.kubernetes.gotemplate.formatting import plain
from gitops_ci.kinds.kubernetes.gotemplate.sprig_data import merged

_OPERATORS = frozenset({"In", "NotIn", "Exists", "DoesNotExist"})


def flat(value: dict[str, Any]) -> dict[str, Any]:
    """A mapping without depth, its keys joined by dots (github.com/jeremywohl/flatten); empty ones are values."""

    def within(inner: Any, at: str) -> Iterator[tuple[str, Any]]:
        pairs = inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
        if not pairs or not inner:
            yield at, inner
            return
        for key, each in pairs:
            yield from within(each, f"{at}.{key}" if at else str(key))

    return {key: each for name, inner in value.items() for key, each in within(inner, name)}


def strings(parameters: Parameters) -> dict[str, str]:
    """Each value as a text."""
    return {key: plain(value) for key, value in parameters.items()}


def selects(selector: Any, parameters: Parameters) -> bool:
    """Whether a generator's selector takes a set of parameters. Raises TemplateProblem at a wrong operator."""
    if not isinstance(selector, dict):
        return True
    labels = strings(flat(parameters))
    if any(labels.get(key) != value for key, value in values.mapping(selector, "matchLabels").items()):
        return False
    return all(_fits(each, labels) for each in values.mappings(selector, "matchExpressions"))


def _fits(expression: dict[str, Any], labels: dict[str, str]) -> bool:
    key, operator = values.text(expression, "key"), values.text(expression, "operator")
    wanted = values.listed(expression, "values")
    match operator:
        case "In":
            return labels.get(key) in wanted
        case "NotIn":
            return labels.get(key) not in wanted
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            raise TemplateProblem(
                f"{operator!r} is no operator of a selector: expected {', '.join(sorted(_OPERATORS))}"
            )


def combined(first: Parameters, second: Parameters, *, goes: bool) -> Parameters:
    """The product of two sets of a matrix: the first one wins in depth; without goTemplate they must not differ.

    Raises TemplateProblem.
    """
    if goes:
        return merged(copy.deepcopy(second), first, override=True)
    one, other = strings(first), strings(second)
    for key in sorted(one.keys() & other.keys()):
        if one[key] != other[key]:
            raise TemplateProblem(f"found duplicate key {key} with different value, a: {one[key]}, b: {other[key]}")
    return {**one, **other}


def by_key(keys: list[str], sets: list[Parameters]) -> dict[str, Parameters]:
    """Sets of a merge by the values of its keys. Raises TemplateProblem where two are alike."""
    found: dict[str, Parameters] = {}
    for each in sets:
        key = json.dumps({name: each.get(name) for name in keys}, sort_keys=True)
        if key in found:
            raise TemplateProblem(f"the parameters from a generator were not unique by the given mergeKeys: {key}")
        found[key] = each
    return found


def overridden(base: Parameters, other: Parameters, *, goes: bool) -> Parameters:
    """A set of a merge with what a later generator says."""
    return merged(copy.deepcopy(base), other, override=True) if goes else {**base, **other}


def path_parameters(path: str, prefix: str, *, goes: bool, file: str | None = None) -> Parameters:
    """What the git generators say about a directory, or about the directory of a file."""
    from gitops_ci.kinds.kubernetes.gotemplate.sprig import sanitized

    basename = path.rpartition("/")[2] or "."
    about: dict[str, Any] = {"path": path, "basename": basename, "basenameNormalized": sanitized(basename)}
    if file is not None:
        about |= {"filename": file, "filenameNormalized": sanitized(file)}
    if goes:
        inside = {"path": {**about, "segments": path.split("/")}}
        return {prefix: inside} if prefix else inside
    name = f"{prefix}.path" if prefix else "path"
    found: Parameters = {f"{name}.{key}": value for key, value in about.items() if key != "path"}
    found |= {f"{name}[{index}]": part for index, part in enumerate(path.split("/")) if part}
    return {name: path, **found}
