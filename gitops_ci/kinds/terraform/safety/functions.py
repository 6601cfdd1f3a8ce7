"""What Terraform's functions make of texts, for those that only pass on, choose or join; others are unknown."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence

from gitops_ci.kinds.terraform.safety import possible
from gitops_ci.kinds.terraform.safety.possible import ANCHOR, GIVEN, Items, Possible

Arguments = Sequence[Possible]


def result(name: str, arguments: Arguments) -> Possible:
    """What a call may give; None where that is not known."""
    function = _KNOWN.get(name.removeprefix("core::"))
    return function(arguments) if function is not None and arguments else None


def _first(arguments: Arguments) -> Possible:
    return arguments[0]


def _any(arguments: Arguments) -> Possible:
    return possible.union(arguments)


def _elements(arguments: Arguments) -> Possible:
    return possible.elements(arguments[0])


def _list_of_elements(arguments: Arguments) -> Possible:
    return possible.listed(possible.union(possible.elements(each) for each in arguments))


def _merge(arguments: Arguments) -> Possible:
    """Mappings laid over each other: under each key may be what any of them has there."""
    if any(each is None for each in arguments):
        return None
    parts = [each for argument in arguments for each in argument or () if isinstance(each, Items)]
    names = {key for part in parts for key in part.by_key}
    by_key = {key: possible.union(part.by_key.get(key, ()) for part in parts) for key in names}
    return (Items(by_key, possible.union(part.rest for part in parts)),)


def _keys(arguments: Arguments) -> Possible:
    return possible.listed(possible.keys(arguments[0]))


def _lookup(arguments: Arguments) -> Possible:
    if len(arguments) < 2:
        return None
    wanted = possible.texts(arguments[1])
    if wanted is None or len(arguments) == 2:
        return possible.elements(arguments[0])
    value = arguments[0]
    found = [
        each.by_key.get(key, each.rest) for each in value or () if isinstance(each, Items) for key in sorted(wanted)
    ]
    return None if value is None else possible.union([*found, arguments[2]])


def _join(arguments: Arguments) -> Possible:
    separators = possible.texts(arguments[0])
    lists = arguments[1] if len(arguments) == 2 else None
    if separators is None or lists is None or len(separators) != 1:
        return None
    found: list[Possible] = []
    for each in lists:
        if not isinstance(each, Items) or each.rest != ():
            return None
        found.append(possible.joined(each.by_key.values(), *separators))
    return possible.union(found)


def _format(arguments: Arguments) -> Possible:
    """Formats of nothing but `%s`."""
    formats = possible.texts(arguments[0])
    if formats is None or len(formats) != 1:
        return None
    parts = next(iter(formats)).split("%s")
    if any("%" in part for part in parts) or len(parts) != len(arguments):
        return None
    pieces: list[Possible] = [(parts[0],)]
    for value, text in zip(arguments[1:], parts[1:], strict=True):
        pieces += [value, (text,)]
    return possible.joined(pieces)


def _replace(arguments: Arguments) -> Possible:
    if len(arguments) != 3:
        return None
    old, new = possible.texts(arguments[1]), possible.texts(arguments[2])
    if old is None or new is None or len(old) != 1 or len(new) != 1:
        return None
    (before,), (after,) = old, new
    if before.startswith("/") and before.endswith("/") and len(before) > 1:
        return None  # a regular expression
    return _changed(arguments[0], lambda text: text.replace(before, after))


def _texts(change: Callable[[str], str]) -> Callable[[Arguments], Possible]:
    return lambda arguments: _changed(arguments[0], change)


def _changed(value: Possible, change: Callable[[str], str]) -> Possible:
    """Texts changed one by one; not those with a place or a value in them that is another text when it is evaluated."""
    found = possible.texts(value)
    return (
        None
        if found is None or any(ANCHOR in each or GIVEN in each for each in found)
        else possible.mapped(value, change)
    )


def _dirname(arguments: Arguments) -> Possible:
    return possible.mapped(
        arguments[0], lambda text: f"{text}/.." if text.endswith(ANCHOR) else posixpath.dirname(text)
    )


def _fileset(arguments: Arguments) -> Possible:
    """Names below a directory, whichever they are: a pattern without `..` finds no others."""
    patterns = possible.texts(arguments[1]) if len(arguments) == 2 else None
    if patterns is None or any(".." in pattern or pattern.startswith("/") for pattern in patterns):
        return None
    return possible.listed(("name",))


_KNOWN: Mapping[str, Callable[[Arguments], Possible]] = {
    **dict.fromkeys(("toset", "tolist", "tomap", "sort", "reverse", "distinct", "compact"), _first),
    **dict.fromkeys(("tostring", "nonsensitive", "sensitive", "abspath"), _first),
    **dict.fromkeys(("try", "coalesce", "coalescelist"), _any),
    **dict.fromkeys(("one", "element"), _elements),
    **dict.fromkeys(("concat", "setunion", "values"), _list_of_elements),
    "merge": _merge,
    "keys": _keys,
    "lookup": _lookup,
    "join": _join,
    "format": _format,
    "replace": _replace,
    "fileset": _fileset,
    "lower": _texts(str.lower),
    "upper": _texts(str.upper),
    "trimspace": _texts(str.strip),
    "basename": _texts(posixpath.basename),
    "dirname": _dirname,
}
