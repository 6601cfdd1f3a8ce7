"""The functions of Sprig that an ApplicationSet may use, and Argo CD's own: those that give the same on every run.

https://masterminds.github.io/sprig: what depends on the time, on chance, on the machine or on keys is not here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate import sprig_data, sprig_numbers, sprig_patterns
from gitops_ci.kinds.kubernetes.gotemplate.values import MAX_TEXT, TemplateProblem, brief, is_true, shown

_LONGEST_NAME = 253
_MOST_SIGNS = 100


def text_of(value: Any) -> str:
    """An argument that has to be a text. Raises TemplateProblem, as Go would."""
    if not isinstance(value, str):
        raise TemplateProblem(f"expected a text; found {brief(value)}")
    return value


def strings(value: Any) -> list[str]:
    """A list's items as texts, as Sprig's `toStrings`; nil ones are left out."""
    if isinstance(value, list):
        return [_string(each) for each in value if each is not None]
    return [] if value is None else [_string(value)]


def _string(value: Any) -> str:
    return "<nil>" if value is None else shown(value)


def sanitized(name: str) -> str:
    """Argo CD's `normalize`: a name that Kubernetes takes (applicationset/utils: SanitizeName)."""
    return re.sub(r"[^-a-z0-9.]", "-", name.lower())[:_LONGEST_NAME].strip("-.")


def slugified(*given: Any) -> str:
    """Argo CD's `slugify`: `[longest [, cuts at a dash]] name`; a normalized name with single dashes and no dot.

    Sources: applicationset/utils, SlugifyName; github.com/gosimple/slug.
    """
    name = text_of(given[-1] if given else None)
    longest = int(given[0]) if len(given) > 1 else 50
    slug = re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9_-]", "-", sanitized(name))).strip("-_")
    if longest <= 0 or len(slug) <= longest:
        return slug
    at = slug.rfind("-", 0, longest + 1)
    return slug[:at] if at >= 0 and (len(given) < 3 or given[1]) else slug[:longest]


def _repeat(count: Any, text: Any) -> str:
    times = max(0, sprig_numbers.whole(count))
    if times * len(text_of(text)) > MAX_TEXT:
        raise TemplateProblem("repeat makes more than a megabyte")
    return str(text) * times


def _substr(start: Any, end: Any, text: str) -> str:
    begin, stop = int(start), int(end)
    if begin < 0:
        return text[:stop]
    return text[begin:] if stop < 0 or stop > len(text) else text[begin:stop]


def _trunc(count: Any, text: str) -> str:
    size = int(count)
    if size < 0 and len(text) + size > 0:
        return text[len(text) + size :]
    return text[:size] if 0 <= size < len(text) else text


def _indent(spaces: Any, text: str) -> str:
    count = int(spaces)
    if count < 0 or count * (text.count("\n") + 1) > MAX_TEXT:
        raise TemplateProblem("indent makes more than a megabyte")
    return " " * count + text.replace("\n", "\n" + " " * count)


def _trim_all(cut: str, text: str) -> str:
    signs = "".join(set(cut))
    if len(signs) > _MOST_SIGNS:  # each may be compared with each of the text
        raise TemplateProblem(f"trimAll of more than {_MOST_SIGNS} signs")
    return text.strip(signs) if signs else text


def _replace(old: str, new: str, text: str) -> str:
    if text.count(old) * len(new) > MAX_TEXT:
        raise TemplateProblem("replace makes more than a megabyte")
    return text.replace(old, new)


def _join(separator: str, texts: list[str]) -> str:
    if len(separator) * len(texts) > MAX_TEXT:
        raise TemplateProblem("join makes more than a megabyte")
    return separator.join(texts)


def _capitals(text: str) -> str:
    return re.sub(r"(?<![^\W_])[a-z]", lambda found: found[0].upper(), text)


def _snake(text: str) -> str:
    spaced = re.sub(
        r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", lambda each: f"{each[1] or each[3]}_{each[2] or each[4]}", text
    )
    return re.sub(r"[-\s]+", "_", spaced).lower()


def _camel(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_\-\s]+", text))


def _split(separator: str, text: str) -> dict[str, str]:
    return {f"_{index}": part for index, part in enumerate(text.split(text_of(separator)))}


def _splitn(separator: str, count: Any, text: str) -> dict[str, str]:
    parts = text.split(text_of(separator), max(int(count) - 1, 0) if int(count) > 0 else -1)
    return {f"_{index}": part for index, part in enumerate(parts)}


def _default(other: Any, *value: Any) -> Any:
    return value[0] if value and is_true(value[0]) else other


def _fail(message: Any) -> Any:
    raise TemplateProblem(f"fail: {brief(message, 200)}")


def _quoted(*values: Any) -> str:
    import json

    return " ".join(json.dumps(_string(each), ensure_ascii=False) for each in values if each is not None)


def _abbrev(width: Any, text: str) -> str:
    size = int(width)
    return text if size < 4 or len(text) <= size else f"{text[: size - 3]}..."


def _kind(value: Any) -> str:
    match value:
        case None:
            return "invalid"
        case bool():
            return "bool"
        case str():
            return "string"
        case int():
            return "int"
        case float():
            return "float64"
        case list():
            return "slice"
        case _:
            return "map"


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "normalize": lambda name: sanitized(text_of(name)),
    "slugify": slugified,
    "trim": lambda text: text_of(text).strip(),
    "trimAll": lambda cut, text: _trim_all(text_of(cut), text_of(text)),
    "trimSuffix": lambda suffix, text: text_of(text).removesuffix(suffix),
    "trimPrefix": lambda prefix, text: text_of(text).removeprefix(prefix),
    "upper": lambda text: text_of(text).upper(),
    "lower": lambda text: text_of(text).lower(),
    "title": lambda text: _capitals(text_of(text)),
    "untitle": lambda text: re.sub(r"(?<![^\W_])[A-Z]", lambda found: found[0].lower(), text_of(text)),
    "repeat": _repeat,
    "substr": lambda start, end, text: _substr(start, end, text_of(text)),
    "nospace": lambda text: re.sub(r"\s", "", text_of(text)),
    "trunc": lambda count, text: _trunc(count, text_of(text)),
    "abbrev": lambda width, text: _abbrev(width, text_of(text)),
    "contains": lambda part, text: text_of(part) in text_of(text),
    "hasPrefix": lambda prefix, text: text_of(text).startswith(text_of(prefix)),
    "hasSuffix": lambda suffix, text: text_of(text).endswith(text_of(suffix)),
    "quote": _quoted,
    "squote": lambda *values: " ".join(f"'{_string(each)}'" for each in values if each is not None),
    "cat": lambda *values: " ".join(_string(each) for each in values if each is not None),
    "indent": lambda spaces, text: _indent(spaces, text_of(text)),
    "nindent": lambda spaces, text: "\n" + _indent(spaces, text_of(text)),
    "replace": lambda old, new, text: _replace(text_of(old), text_of(new), text_of(text)),
    "plural": lambda one, many, count: text_of(one) if int(count) == 1 else text_of(many),
    "snakecase": lambda text: _snake(text_of(text)),
    "kebabcase": lambda text: _snake(text_of(text)).replace("_", "-"),
    "camelcase": lambda text: _camel(text_of(text)),
    "swapcase": lambda text: text_of(text).swapcase(),
    "initials": lambda text: "".join(word[0] for word in text_of(text).split()),
    "join": lambda separator, values: _join(text_of(separator), strings(values)),
    "split": lambda separator, text: _split(separator, text_of(text)),
    "splitList": lambda separator, text: text_of(text).split(separator) if separator else list(text_of(text)),
    "splitn": lambda separator, count, text: _splitn(separator, count, text_of(text)),
    "sortAlpha": lambda values: sorted(strings(values)),
    "toString": _string,
    "toStrings": strings,
    "default": _default,
    "empty": lambda value: not is_true(value),
    "coalesce": lambda *values: next(filter(is_true, values), None),
    "all": lambda *values: all(map(is_true, values)),
    "any": lambda *values: any(map(is_true, values)),
    "ternary": lambda yes, no, choice: yes if choice is True else no,
    "fail": _fail,
    "kindOf": _kind,
    "kindIs": lambda kind, value: _kind(value) == kind,
    "typeOf": lambda value: {"slice": "[]interface {}", "map": "map[string]interface {}"}.get(
        _kind(value), _kind(value)
    ),
    "hello": lambda: "Hello!",
    **sprig_numbers.FUNCTIONS,
    **sprig_data.FUNCTIONS,
    **sprig_patterns.FUNCTIONS,
}
