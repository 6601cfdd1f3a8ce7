"""How many steps a function of a template takes, by what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate import sprig_patterns
from gitops_ci.kinds.kubernetes.gotemplate.values import weight

_CHARACTERS_PER_STEP = 1000
_READ_PER_STEP = 5
"""Characters that are taken apart; each value that is written or copied is a step."""
_TURNED_PER_STEP = 50
"""Characters of which each is looked at here, and not by Python itself."""
_HELD_PER_STEP = 4
"""Values of a list or a map that a function goes through."""
_TURNING = frozenset(
    {
        *("camelcase", "html", "indent", "initials", "kebabcase", "nindent", "normalize", "nospace", "regexQuoteMeta"),
        *("slugify", "snakecase", "split", "title", "untitle", "urlquery"),
    }
)
_READING = frozenset({"fromYaml", "fromYamlArray", "fromJson", "fromJsonArray"})
_LOOKING = frozenset(
    {
        *("coalesce", "default", "dict", "dig", "empty", "fail", "first", "get", "hasKey", "index", "kindIs", "kindOf"),
        *("len", "list", "lookup", "not", "required", "set", "ternary", "tuple", "typeIs", "typeIsLike", "typeOf"),
        "unset",
    }
)
"""Functions that look at a list or a map without going through it."""
_WRITING = frozenset({"toYaml", "toJson", "toRawJson", "toPrettyJson", "deepCopy", "merge", "mergeOverwrite"})


def of(name: str, given: Sequence[Any]) -> int:
    """Steps of one call, before what it gives is looked at."""
    plain = name if not name.startswith("must") else name[4:5].lower() + name[5:]
    characters = sum(len(each) for each in given if isinstance(each, str))
    steps = characters // _characters_per_step(plain)
    if plain in _WRITING:
        steps += sum(map(weight, given))
    elif plain not in _LOOKING:
        steps += sum(map(weight, given)) // _HELD_PER_STEP
    if name in sprig_patterns.FUNCTIONS and len(given) > 1:
        steps += sprig_patterns.steps(*given[:2])
    return steps


def _characters_per_step(plain: str) -> int:
    if plain in _READING:
        return _READ_PER_STEP
    return _TURNED_PER_STEP if plain in _TURNING else _CHARACTERS_PER_STEP
