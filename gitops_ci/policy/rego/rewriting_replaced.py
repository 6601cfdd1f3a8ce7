"""Builtins that the embedded engine is wrong about at times: what OPA answers, or that it is not known.

Each takes the arguments and what answers natively, and gives a list: of the value, or of nothing where it is undefined.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Sequence
from typing import Any

from gitops_ci.policy.rego import rewriting_patterns
from gitops_ci.policy.rego.rewriting_arithmetic import BY_NUMBERS, is_json
from gitops_ci.policy.rego.rewriting_sprintf import Untrusted

Native = Callable[..., list[Any]]
Replaced = Callable[[Sequence[Any], Native], list[Any]]

LAYOUTS = frozenset(
    ("2006-01-02", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05", "15:04:05", "2006/01/02")
)


def _valid(arguments: Sequence[Any], native: Native) -> list[Any]:
    """What is no string is not valid, and no error either."""
    if not isinstance(arguments[0], str):
        return [False]
    return native(*arguments)


def _document_valid(arguments: Sequence[Any], native: Native) -> list[Any]:
    found = _valid(arguments, native)
    if found == [False] and isinstance(arguments[0], str) and is_json(arguments[0]):
        raise Untrusted("JSON that only some read")
    return found


def _yaml_valid(arguments: Sequence[Any], native: Native) -> list[Any]:
    if isinstance(arguments[0], str) and not is_json(arguments[0]):
        raise Untrusted("YAML that is no JSON")
    return _valid(arguments, native)


def _semver(arguments: Sequence[Any], native: Native) -> list[Any]:
    if any(isinstance(each, str) and each[:1] in ("v", "V") for each in arguments):
        raise Untrusted("a version that begins with v, which only some releases of OPA read")
    return native(*arguments)


def _semver_valid(arguments: Sequence[Any], native: Native) -> list[Any]:
    return _semver(arguments, lambda *each: _valid(each, native))


def _pattern(arguments: Sequence[Any], _: Native) -> list[Any]:
    """A pattern, translated; anything else as it is, for the builtin to fail."""
    (pattern,) = arguments
    return [rewriting_patterns.translated(pattern) if isinstance(pattern, str) else pattern]


def _searched(arguments: Sequence[Any], native: Native) -> list[Any]:
    return [] if arguments[1] == "" else native(*arguments)


def _whole(arguments: Sequence[Any], native: Native) -> list[Any]:
    """Offsets that are no integers are errors."""
    if any(isinstance(each, float) for each in arguments):
        return []
    return native(*arguments)


def _rounded(arguments: Sequence[Any], native: Native) -> list[Any]:
    if isinstance(arguments[0], float) and arguments[0] < 0:
        raise Untrusted("a negative fraction")
    return native(*arguments)


def _shifted(arguments: Sequence[Any], native: Native) -> list[Any]:
    if isinstance(arguments[1], int) and arguments[1] > 62:
        raise Untrusted("a shift by more than 62")
    return native(*arguments)


def _unquoted(arguments: Sequence[Any], _: Native) -> list[Any]:
    (text,) = arguments
    if not isinstance(text, str):
        return []
    for part in text.split("%")[1:]:
        if len(part) < 2 or not all(sign in "0123456789abcdefABCDEF" for sign in part[:2]):
            return []
    try:
        return [urllib.parse.unquote_plus(text, errors="strict")]
    except UnicodeDecodeError:
        raise Untrusted("an encoding that is no UTF-8") from None


def _quoted(arguments: Sequence[Any], _: Native) -> list[Any]:
    (text,) = arguments
    return [urllib.parse.quote_plus(text, safe="")] if isinstance(text, str) else []


def _counted(arguments: Sequence[Any], _: Native) -> list[Any]:
    search, substring = arguments
    return [search.count(substring)] if isinstance(search, str) and isinstance(substring, str) else []


def _time(arguments: Sequence[Any], native: Native) -> list[Any]:
    (when,) = arguments
    if isinstance(when, list) and len(when) > 2 and when[2] not in LAYOUTS:
        raise Untrusted("a layout of time that is not known to mean the same")
    return native(*arguments)


def _parsed_time(arguments: Sequence[Any], native: Native) -> list[Any]:
    if isinstance(arguments[0], str) and arguments[0] not in LAYOUTS:
        raise Untrusted("a layout of time that is not known to mean the same")
    return native(*arguments)


def _pointed(arguments: Sequence[Any], native: Native) -> list[Any]:
    """Paths that lead through what is no object or array."""
    document, paths = arguments
    for path in paths if isinstance(paths, list | set | frozenset) else ():
        here, steps = document, path.strip("/").split("/") if isinstance(path, str) else path
        if not isinstance(steps, list):
            continue
        for step in steps:
            if not isinstance(here, dict | list):
                raise Untrusted("a path through a value that has no parts")
            here = here.get(step) if isinstance(here, dict) else None
            if here is None:
                break
    return native(*arguments)


BY_NAME: dict[str, Replaced] = {
    "json.is_valid": _document_valid,
    "base64.is_valid": _valid,
    "net.cidr_is_valid": _valid,
    "yaml.is_valid": _yaml_valid,
    "semver.is_valid": _semver_valid,
    "semver.compare": _semver,
    "indexof": _searched,
    "indexof_n": _searched,
    "substring": _whole,
    "ceil": _rounded,
    "floor": _rounded,
    "format_int": _rounded,
    "bits.lsh": _shifted,
    "bits.rsh": _shifted,
    "urlquery.decode": _unquoted,
    "urlquery.encode": _quoted,
    "strings.count": _counted,
    "time.format": _time,
    "time.parse_ns": _parsed_time,
    "json.filter": _pointed,
    "json.remove": _pointed,
}
"""By the builtin's name."""

PATTERN = "gitops_ci_guard.pattern"
"""The function that translates a pattern which is only known when it is asked."""
PATTERNS = {
    "regex.match": 0,
    "regex.split": 0,
    "regex.find_n": 0,
    "regex.find_all_string_submatch_n": 0,
    "regex.replace": 1,
}
"""Builtins that take a pattern, and which of their arguments it is."""
translate = _pattern
OURS = frozenset((*BY_NAME, *BY_NUMBERS, *PATTERNS, "json.marshal", "replace", "is_set"))
"""Builtins that are called otherwise than they are written: neither a rule nor `with` may take their place."""
