"""What Terraform's functions make of texts, for those that only pass on, choose or join; others are unknown."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence

from gitops_ci.kinds.terraform.safety import possible
from gitops_ci.kinds.terraform.safety.possible import ANCHOR, DEFAULTED, GIVEN, HERE, JUDGED, SOME, Items, Possible

Arguments = Sequence[Possible]


def result(name: str, arguments: Arguments, *, is_expanded: bool = False) -> Possible:
    """What a call may give; None where that is not known."""
    function = _KNOWN.get(name.removeprefix("core::"))
    if is_expanded:
        if function not in (_any, _merge, _list_of_elements):
            return None
        arguments = (*arguments[:-1], possible.elements(arguments[-1]))
    return function(arguments) if function is not None and arguments else None


def _first(arguments: Arguments) -> Possible:
    return arguments[0]


def _any(arguments: Arguments) -> Possible:
    return possible.union(arguments)


def _unordered(arguments: Arguments) -> Possible:
    return possible.listed(possible.elements(arguments[0]))


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
    by_key = {key: possible.union(part.by_key.get(key, part.rest) for part in parts) for key in names}
    return (Items(by_key, possible.union(part.rest for part in parts)),)


def _keys(arguments: Arguments) -> Possible:
    return possible.listed(possible.keys(arguments[0]))


def _lookup(arguments: Arguments) -> Possible:
    if len(arguments) < 2:
        return None
    value, otherwise = arguments[0], arguments[2] if len(arguments) > 2 else ()
    wanted = possible.plain(arguments[1])
    if wanted is None or len(arguments) == 2:
        return possible.union((possible.elements(value), otherwise))
    items = [each for each in value or () if isinstance(each, Items)]
    found = [possible.under(each, key, each.rest) for each in items for key in sorted(wanted)]
    return None if value is None else possible.union([*found, otherwise])


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
    """Formats of nothing but `%s`; null is a word there."""
    formats = possible.texts(arguments[0])
    if formats is None or len(formats) != 1:
        return None
    parts = next(iter(formats)).split("%s")
    if any("%" in part for part in parts) or len(parts) != len(arguments):
        return None
    pieces: list[Possible] = [(parts[0],)]
    for value, text in zip(arguments[1:], parts[1:], strict=True):
        pieces += [possible.union((value, ("null",))), (text,)]
    return possible.joined(pieces)


def _replace(arguments: Arguments) -> Possible:
    if len(arguments) != 3:
        return None
    old, new = possible.plain(arguments[1]), possible.plain(arguments[2])
    if old is None or new is None or len(old) != 1 or len(new) != 1:
        return None
    (before,), (after,) = old, new
    if before.startswith("/") and before.endswith("/") and len(before) > 1:
        return None  # a regular expression
    return _changed(arguments[0], lambda text: text.replace(before, after))


def _texts(change: Callable[[str], str]) -> Callable[[Arguments], Possible]:
    return lambda arguments: _changed(arguments[0], change)


def _changed(value: Possible, change: Callable[[str], str]) -> Possible:
    """Texts changed one by one; not those with a part in them that is another text when it is evaluated."""
    return None if possible.plain(value) is None else possible.mapped(value, change)


def _cased(change: Callable[[str], str]) -> Callable[[Arguments], Possible]:
    """Letters changed one by one: what is neither a place nor the repository's stays what it is."""

    def changed(arguments: Arguments) -> Possible:
        found = possible.texts(arguments[0])
        is_path = found is None or any(mark in each for mark in (ANCHOR, JUDGED) for each in found)
        return None if is_path else possible.mapped(arguments[0], change)

    return changed


def _abspath(arguments: Arguments) -> Possible:
    """Of a relative path another text, which the repository does not say; what follows it is no part of a name."""
    return possible.mapped(arguments[0], _absolute)


def _absolute(text: str) -> str:
    if text.startswith(("/", "~", GIVEN, JUDGED, DEFAULTED)):
        return text
    at, tail = HERE, text
    if text.startswith(ANCHOR):
        directory, _, tail = text[1:].partition(ANCHOR)
        if tail and not tail.startswith("/"):
            return text  # beside the directory
        at = f"{ANCHOR}{directory}{ANCHOR}"
    cleaned = posixpath.normpath(f"./{tail}")
    return f"{at}/{cleaned}" if cleaned != "." else at


def _dirname(arguments: Arguments) -> Possible:
    """Without its last part as it is written, or, after an `abspath`, the directory above."""
    found = possible.texts(arguments[0])
    if found is None:
        return None
    cut = [(f"{text}/..", "." if text.endswith(ANCHOR) else posixpath.dirname(text) or ".") for text in sorted(found)]
    return possible.union(cut)


def _fileset(arguments: Arguments) -> Possible:
    """Names below a directory, whichever they are: a pattern without `..` finds no others."""
    patterns = possible.texts(arguments[1]) if len(arguments) == 2 else None
    if patterns is None or any(".." in pattern or pattern.startswith("/") for pattern in patterns):
        return None
    return possible.listed((SOME,))


_KNOWN: Mapping[str, Callable[[Arguments], Possible]] = {
    **dict.fromkeys(("tolist", "tomap", "tostring", "nonsensitive", "sensitive"), _first),
    **dict.fromkeys(("toset", "sort", "reverse", "distinct", "compact"), _unordered),
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
    "lower": _cased(str.lower),
    "upper": _cased(str.upper),
    "abspath": _abspath,
    "trimspace": _texts(str.strip),
    "basename": _texts(posixpath.basename),
    "dirname": _dirname,
}
