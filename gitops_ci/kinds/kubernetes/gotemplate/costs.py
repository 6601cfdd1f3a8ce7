"""How many steps of a template its functions take: by what they are given, and by what they make."""

from __future__ import annotations

from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate import sprig_patterns
from gitops_ci.kinds.kubernetes.gotemplate.values import MAX_WEIGHT, effort

_COPIED, _WRITTEN, _TURNED, _READ = 1000, 200, 20, 5
"""Characters per step: moved as they are, written as YAML or JSON, looked at each, taken apart."""
_COPYING = frozenset(
    {
        *("trim", "trimSuffix", "trimPrefix", "trunc", "abbrev", "substr", "repeat", "indent", "nindent", "replace"),
        *("contains", "hasPrefix", "hasSuffix", "quote", "squote", "cat", "join", "print", "println", "toString"),
        *("eq", "ne", "lt", "le", "gt", "ge", "has", "without", "uniq", "sortAlpha", "upper", "lower", "swapcase"),
        *("b64enc", "b64dec", "sha1sum", "sha256sum", "html", "plural", "set", "deepCopy", "merge"),
        "mergeOverwrite",
    }
)
_WRITING = frozenset({"toYaml", "toJson", "toRawJson", "toPrettyJson"})
_READING = frozenset({"fromYaml", "fromYamlArray", "fromJson"})
_GLANCING = frozenset(
    {
        *("get", "hasKey", "index", "len", "first", "last", "dig", "pluck", "unset", "dict", "list", "tuple", "slice"),
        *("rest", "initial", "append", "push", "prepend", "concat", "reverse", "default", "empty", "coalesce", "all"),
        *("any", "not", "ternary", "required", "lookup", "fail", "kindOf", "kindIs", "typeOf"),
    }
)
"""What takes lists and maps as they are, without looking at what they hold: those that they make are paid for."""
_SHALLOW = frozenset({"keys", "values", "pick", "omit", "compact"})
"""What goes through a list or a map, and not into what it holds."""


def given(name: str, args: list[Any]) -> int:
    """Steps that a function takes for its arguments."""
    plain = name if not name.startswith("must") else name[4:5].lower() + name[5:]
    if plain in _GLANCING:
        return sum(len(each) for each in args if isinstance(each, str)) // _COPIED
    if plain in _SHALLOW:
        return sum(len(each) for each in args if isinstance(each, list | dict))
    rates = ((_COPYING, _COPIED), (_WRITING, _WRITTEN), (_READING, _READ))
    each_step = next((rate for names, rate in rates if plain in names), _TURNED)
    looked_at = args[-1:] if plain == "set" else args  # which copies what it puts into the map
    found = sum(effort(each, each_step) for each in looked_at)
    if plain in ("uniq", "without"):  # each is compared with the others
        others = len(args[0]) if plain == "uniq" and args and isinstance(args[0], list) else len(args)
        found += found * others // 16
    if name in sprig_patterns.FUNCTIONS and len(args) > 1:
        found += sprig_patterns.steps(*args[:2])
    return found


def made(value: Any) -> int:
    """Steps for what a function makes: all that a template has, where that holds too many values."""
    if not isinstance(value, list | dict):
        return effort(value, _COPIED)
    found = effort(value, 0)  # of whose texts none is copied
    return found if found > MAX_WEIGHT else found // 16


def looked_at(value: Any) -> int:
    """Steps for a value that is written."""
    return effort(value, _COPIED)


def parsing(text: str) -> int:
    """Steps for the reading of a template."""
    return len(text) // _TURNED
