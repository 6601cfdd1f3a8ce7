"""Patches of a kustomization on objects of Argo CD and Flux, of which Kubernetes knows no lists that are merged."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.argocd.templates import patched
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

_LONGEST, _MOST_STARS, _MOST_WAYS = 200, 2, 100_000
_PART = re.compile(r"[^,(]+(?:\([^()]*\))?[^,(]*")
_HAS = re.compile(r"(!?)\s*([\w./-]+)")
_COMPARES = re.compile(r"([\w./-]+)\s*(!?)==?\s*([\w.-]*)")
_AMONG = re.compile(r"([\w./-]+)\s+(not)?in\s*\(([\w.,\s-]*)\)")
_LONGEST_NAME = 253
"""What a pattern is tried on: Kubernetes has no longer names, and trying takes the square of it."""


class Unknown(Exception):
    """What a kustomization does that is not understood here; the message says what."""


def parsed(text: bytes) -> list[Any]:
    """The documents of a patch. Raises Unknown."""
    try:
        return [each.value for each in yaml_documents.documents(text)]
    except YamlProblem as problem:
        raise Unknown(f"a patch is not valid YAML: {problem.message}") from None


def meant(target: Mapping[str, Any], value: Mapping[str, Any], names: frozenset[str]) -> bool:
    """Whether a `target` chooses an object, by any name that it had (kustomize: Selector). Raises Unknown."""
    api, kind = f"{value.get('apiVersion')}", f"{value.get('kind')}"
    metadata = values.mapping(dict(value), "metadata")
    own = {"group": api.rpartition("/")[0], "version": api.rpartition("/")[2], "kind": kind}
    own["namespace"] = values.text(metadata, "namespace")
    for key, written in own.items():
        wanted = target.get(key)
        if wanted and not _fits(f"{wanted}", written):
            return False
    name = target.get("name")
    if name and not any(_fits(f"{name}", each) for each in names):
        return False
    return all(
        _selects(f"{target[key]}", values.mapping(metadata, where)) for key, where in _SELECTORS if target.get(key)
    )


_UNREAD = "a patch whose target has a selector that is not read here: {}"
_SELECTORS = (("labelSelector", "labels"), ("annotationSelector", "annotations"))


def _fits(pattern: str, text: str) -> bool:
    if re.fullmatch(r"[\w./-]*", pattern):
        return pattern == text or (
            "." in pattern and len(text) <= _LONGEST_NAME and re.fullmatch(pattern, text) is not None
        )
    simple = re.sub(r"\.\*|\.\+|\[[\w-]+\]|[\^$]", "", pattern)
    if (
        len(pattern) > _LONGEST
        or len(text) > _LONGEST_NAME
        or len(re.findall("[*+]", pattern)) > _MOST_STARS
        or not re.fullmatch(r"[\w./|()-]*", simple)
        or _ways(pattern, text) > _MOST_WAYS
    ):
        raise Unknown("a target whose pattern is not read here")
    try:
        return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text) is not None
    except re.error:
        raise Unknown("a target whose pattern is not read here") from None


def _ways(pattern: str, text: str) -> int:
    """In how many ways a pattern may be tried on a text: every choice of each group, every length of each star."""
    choices, found = [1], max(1, len(text)) ** len(re.findall("[*+]", pattern))
    for sign in re.findall("[|()]", pattern):
        if sign == "(":
            choices.append(1)
        elif sign == "|":
            choices[-1] += 1
        elif len(choices) > 1:
            found *= choices.pop()
    return int(found * math.prod(choices))


def _selects(selector: str, labels: Mapping[str, Any]) -> bool:
    """Whether labels fit a selector, as Kubernetes reads it (labels.Parse): `a=b`, `a!=b`, `a in (b, c)`, `a`, `!a`."""
    if re.sub(_PART, "", selector).strip(","):
        raise Unknown(_UNREAD.format(selector))
    return all(_requires(part.strip(), selector, labels) for part in _PART.findall(selector))


def _requires(part: str, selector: str, labels: Mapping[str, Any]) -> bool:
    if match := _HAS.fullmatch(part):
        return (match[2] in labels) is not bool(match[1])
    if match := _COMPARES.fullmatch(part):
        return (labels.get(match[1]) == match[3]) is not bool(match[2])
    if match := _AMONG.fullmatch(part):
        return (labels.get(match[1]) in [each.strip() for each in match[3].split(",")]) is not bool(match[2])
    raise Unknown(_UNREAD.format(selector))


def merged(value: dict[str, Any], patch: Mapping[str, Any], *, is_targeted: bool) -> dict[str, Any] | None:
    """An object with a patch merged into it; None where it takes the object away. Raises Unknown."""
    if patch.get("$patch") == "delete":
        return None
    if any(key.startswith("$") for key in _keys(patch)):
        raise Unknown("a patch with instructions to kustomize ($patch and others)")
    given = {key: inner for key, inner in patch.items() if not (is_targeted and key in ("apiVersion", "kind"))}
    metadata = values.mapping(given, "metadata")
    if is_targeted and metadata:
        given["metadata"] = {key: inner for key, inner in metadata.items() if key not in ("name", "namespace")}
    found: dict[str, Any] = patched(copy.deepcopy(value), given)
    return found


def _keys(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            yield from (key for key in each if isinstance(key, str))
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)


def operated(value: dict[str, Any], operations: list[Any]) -> dict[str, Any]:
    """An object with the operations of a JSON patch done to it (RFC 6902). Raises Unknown at what cannot be done."""
    found = copy.deepcopy(value)
    for each in operations:
        pointer = values.text(each, "path") if isinstance(each, dict) else ""
        if not pointer.startswith("/") or values.text(each, "op") not in ("add", "replace", "remove"):
            raise Unknown("a JSON patch with an operation that is not read here")
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        _operate(found, steps, each)
    return found


def _operate(value: Any, steps: list[str], operation: Mapping[str, Any]) -> None:
    *before, last = steps
    for step in before:
        value = value[_index(value, step)] if isinstance(value, list) else values.at(value, step)
    adds, removes = operation.get("op") == "add", operation.get("op") == "remove"
    if isinstance(value, list):
        index = len(value) if adds and last == "-" else _index(value, last, more=adds)
        if adds:
            value.insert(index, copy.deepcopy(operation.get("value")))
        elif removes:
            del value[index]
        else:
            value[index] = copy.deepcopy(operation.get("value"))
    elif isinstance(value, dict) and (adds or last in value):
        if removes:
            del value[last]
        else:
            value[last] = copy.deepcopy(operation.get("value"))
    else:
        raise Unknown("a JSON patch for what is not there")


def _index(listed: list[Any], step: str, *, more: bool = False) -> int:
    if not step.isdecimal() or not int(step) < len(listed) + more:
        raise Unknown("a JSON patch for what is not there")
    return int(step)
