"""What a function of a template costs: the steps that it takes to go through what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitops_ci.kinds.kubernetes.gotemplate.values import weight

_CHARACTERS, _HELD = 1000, 4
"""Characters of a text, and values of a list or a map at any depth, that are gone through in a step."""
_SLOWER = {
    **dict.fromkeys(("fromYaml", "fromYamlArray", "fromJson", "fromJsonArray"), 5),  # taken apart
    **dict.fromkeys(("camelcase", "kebabcase", "normalize", "slugify", "snakecase", "title"), 25),
    **dict.fromkeys(("html", "indent", "initials", "nindent", "nospace", "regexQuoteMeta", "split"), 100),
    **dict.fromkeys(("untitle", "urlquery"), 100),
}
"""Characters that are a step where each is looked at here, and not by Python itself."""
_LOOKING = frozenset(
    {
        *("coalesce", "default", "dict", "dig", "empty", "fail", "get", "hasKey", "index", "kindIs", "kindOf", "len"),
        *("list", "lookup", "not", "required", "set", "ternary", "tuple", "typeIs", "typeIsLike", "typeOf", "unset"),
        *(
            "append",
            "compact",
            "concat",
            "first",
            "initial",
            "keys",
            "last",
            "omit",
            "pick",
            "pluck",
            "prepend",
            "push",
        ),
        *("push", "rest", "reverse", "slice", "values"),
    }
)
"""Functions that do not go through all that a list or a map holds: what they make is paid for by itself."""
_WRITING = frozenset({"toYaml", "toJson", "toRawJson", "toPrettyJson", "deepCopy", "merge", "mergeOverwrite"})
"""Each value that is written or copied is a step."""


def of(name: str, given: Sequence[Any]) -> int:
    """The steps of a call. Raises TemplateProblem for a value that holds too much."""
    plain = name if not name.startswith("must") else name[4:5].lower() + name[5:]
    steps = sum(len(each) for each in given if isinstance(each, str)) // _SLOWER.get(plain, _CHARACTERS)
    if plain in _LOOKING:
        return steps
    held = sum(map(weight, given))
    return steps + (held if plain in _WRITING else held // _HELD)
