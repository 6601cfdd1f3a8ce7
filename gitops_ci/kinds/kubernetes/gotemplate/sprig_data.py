"""Sprig's functions of lists, mappings and encodings, and Argo CD's of YAML."""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate.values import TemplateProblem, brief, is_true, shown


def numbers_as_go(value: Any) -> Any:
    """A value as Go has it that was decoded from JSON: every number is a float."""
    match value:
        case dict():
            return {key: numbers_as_go(inner) for key, inner in value.items()}
        case list():
            return [numbers_as_go(inner) for inner in value]
        case int() if not isinstance(value, bool):
            return float(value)
        case _:
            return value


def as_json(value: Any, *, indent: int | None = None) -> str:
    """A value as Go writes JSON: sorted, whole floats without a point, `<`, `>` and `&` escaped."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(_whole(value), indent=indent, separators=separators, sort_keys=True, ensure_ascii=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _whole(value: Any) -> Any:
    match value:
        case dict():
            return {key: _whole(inner) for key, inner in value.items()}
        case list():
            return [_whole(inner) for inner in value]
        case float() if value.is_integer() and abs(value) < 1e21:
            return int(value)
        case _:
            return value


def as_yaml(value: Any) -> str:
    """A value as YAML in blocks, keys in order, as `sigs.k8s.io/yaml` writes it."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # of C where that is there
    return (
        yaml.dump(
            _whole(value), None, dumper, default_flow_style=False, sort_keys=True, allow_unicode=True, width=1 << 20
        )
        .removesuffix("...\n")
        .removesuffix("\n")
    )


def _from_yaml(text: Any, kind: type) -> Any:
    from gitops_ci.policy.documents import yaml_documents

    if not isinstance(text, str):
        raise TemplateProblem("expected a text of YAML")
    try:
        found = [numbers_as_go(each.value) for each in yaml_documents.documents(text.encode("utf-8", "replace"))]
    except yaml_documents.YamlProblem as problem:
        raise TemplateProblem(f"not valid YAML: {problem.message}") from None
    value = found[0] if found else kind()
    if not isinstance(value, kind):
        raise TemplateProblem("YAML of another type")
    return value


def _from_json(text: Any) -> Any:
    try:
        return numbers_as_go(json.loads(text))
    except (ValueError, RecursionError):
        raise TemplateProblem("not valid JSON") from None


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TemplateProblem(f"expected a list; found {brief(value)}")
    return value


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TemplateProblem(f"expected a map; found {brief(value)}")
    return value


def _made(*pairs: Any) -> dict[str, Any]:
    if any(isinstance(each, list | dict) for each in pairs[::2]):
        raise TemplateProblem("a list or a map as a key")
    keys = [each if isinstance(each, str) else shown(each) for each in pairs[::2]]
    values = (*pairs[1::2], "") if len(pairs) % 2 else pairs[1::2]
    return dict(zip(keys, values, strict=True))


def _set(value: Any, key: str, inner: Any) -> dict[str, Any]:
    """As in Sprig, the map itself is changed: it may hold texts, lists and maps, but never itself."""
    _dict(value)[key] = copy.deepcopy(inner)
    return _dict(value)


def _unset(value: Any, key: str) -> dict[str, Any]:
    _dict(value).pop(key, None)
    return _dict(value)


def merged(into: dict[str, Any], other: dict[str, Any], *, override: bool) -> dict[str, Any]:
    """As mergo does it: maps in depth; another value only where there is none yet, or where it overrides with one."""
    for key, value in other.items():
        mine = into.get(key)
        if isinstance(mine, dict) and isinstance(value, dict):
            merged(mine, value, override=override)
        elif key not in into or (override and is_true(value)) or (not override and not is_true(mine)):
            into[key] = copy.deepcopy(value)
    return into


def _merge(override: bool) -> Callable[..., dict[str, Any]]:
    def merge(into: Any, *others: Any) -> dict[str, Any]:
        for each in others:
            merged(_dict(into), _dict(each), override=override)
        return _dict(into)

    return merge


def _dig(*given: Any) -> Any:
    if len(given) < 3:
        raise TemplateProblem("dig needs a key, a default and a map")
    *keys, default, value = given
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return default
        value = value[key]
    return value


def _unique(values: Any) -> list[Any]:
    found: list[Any] = []
    for each in _list(values):
        if each not in found:
            found.append(each)
        if len(found) > 1000:
            raise TemplateProblem("uniq of more than 1,000 values")
    return found


def _b64dec(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return "illegal base64 data"


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "list": lambda *values: list(values),
    "tuple": lambda *values: list(values),
    "first": lambda values: _list(values)[0] if values else None,
    "last": lambda values: _list(values)[-1] if values else None,
    "rest": lambda values: _list(values)[1:],
    "initial": lambda values: _list(values)[:-1],
    "append": lambda values, value: [*_list(values), value],
    "push": lambda values, value: [*_list(values), value],
    "prepend": lambda values, value: [value, *_list(values)],
    "concat": lambda *lists: [each for values in lists for each in _list(values)],
    "reverse": lambda values: _list(values)[::-1],
    "uniq": _unique,
    "without": lambda values, *others: [each for each in _list(values) if each not in others],
    "has": lambda value, values: values is not None and value in _list(values),
    "compact": lambda values: [each for each in _list(values) if is_true(each)],
    "dict": _made,
    "get": lambda value, key: _dict(value).get(key, ""),
    "set": _set,
    "unset": _unset,
    "hasKey": lambda value, key: key in _dict(value),
    "keys": lambda *maps: [key for each in maps for key in sorted(_dict(each))],
    "values": lambda value: [_dict(value)[key] for key in sorted(_dict(value))],
    "pluck": lambda key, *maps: [each[key] for each in map(_dict, maps) if key in each],
    "pick": lambda value, *keys: {key: _dict(value)[key] for key in keys if key in _dict(value)},
    "omit": lambda value, *keys: {key: inner for key, inner in _dict(value).items() if key not in keys},
    "merge": _merge(override=False),
    "mergeOverwrite": _merge(override=True),
    "deepCopy": copy.deepcopy,
    "dig": _dig,
    "b64enc": lambda text: base64.b64encode(text.encode()).decode(),
    "b64dec": _b64dec,
    "sha1sum": lambda text: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
    "sha256sum": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "toJson": as_json,
    "toRawJson": lambda value: json.dumps(_whole(value), separators=(",", ":"), sort_keys=True, ensure_ascii=False),
    "toPrettyJson": lambda value: as_json(value, indent=2),
    "fromJson": _from_json,
    "toYaml": as_yaml,
    "fromYaml": lambda text: _from_yaml(text, dict),
    "fromYamlArray": lambda text: _from_yaml(text, list),
}
