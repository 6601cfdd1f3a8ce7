"""Charts that write something else each time that they are rendered: passwords, certificates, the time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from msgspec import structs

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rendering.call import Part

MADE_ANEW = "(made anew at each rendering)"

_FUNCTIONS = re.compile(
    rb"\b(?:rand(?:Alpha|AlphaNum|Ascii|Numeric|Bytes|Int)|gen(?:CA|CAWithKey|SelfSignedCert|SignedCert|PrivateKey)\w*"
    rb"|uuidv4|now|shuffle|htpasswd|bcrypt|derivePassword|encryptAES)\b"
)
"""Functions of Sprig (https://masterminds.github.io/sprig) of which nobody can tell the result."""


_WORD = re.compile(r"([^\s\"',;=@]+)")
"""What is random as a whole: a password, a time, a line of a certificate."""
_SIGN = re.compile(r"([^0-9A-Za-z]+)")
_SIGN_AT_END = re.compile(r"[0-9A-Za-z]*\Z")
_NUMBER = re.compile(r"[0-9TZ]*")
_RUN = re.compile(rf"{re.escape(MADE_ANEW)}(?:[^0-9A-Za-z]+?{re.escape(MADE_ANEW)})+")
_PART = re.compile(r"([-.])")
"""What separates the parts of a name."""


def may_be(chart: str, snapshot: Snapshot) -> bool:
    """Whether a template of a chart, or of one in it, asks for something random; a packed one may."""
    pending, paths = [f"{chart}/templates", f"{chart}/charts"], list[str]()
    while pending:
        named = pending.pop()
        at = snapshot.resolve(named) or named
        paths += (f"{at}/{name}" for name in snapshot.children.get(at, ()))
        pending += (f"{at}/{name}" for name in snapshot.directories.get(at, ()))
    return any(path.endswith(".tgz") for path in paths) or any(snapshot.facts(paths, _asks).values())


def _asks(content: bytes) -> bool:
    return _FUNCTIONS.search(content) is not None


def steadied(once: Iterable[Part], again: Iterable[Part]) -> Iterator[Part]:
    """The parts of a rendering, with a mark for each value that another rendering of the same gives otherwise.

    What only one of the two has is there, too: it may be the next time.
    """
    first = list(once)
    others: dict[object, list[Object]] = {}
    for part in again:
        if isinstance(part, Object):
            others.setdefault(part.identity, []).append(part)
    single: list[Object] = []
    for one in first:
        if not isinstance(one, Object):
            yield one
        elif several := others.get(one.identity):
            yield _alike(one, several.pop(0))
        else:
            single.append(one)
    for mine, theirs in zip_longest(single, [each for several in others.values() for each in several]):
        if mine is not None and theirs is not None and _is_renamed(mine, theirs):
            yield _named_anew(mine, theirs)
        else:
            yield from (each for each in (mine, theirs) if each is not None)


def _alike(one: Object, other: Object) -> Object:
    value = _steady(one.value, other.value)
    return one if value is one.value else structs.replace(one, value=value)


def _is_renamed(one: Object, other: Object) -> bool:
    """Whether two objects of one template are the same but for a name that is another one each time."""
    alike = structs.replace(other.identity, name=one.identity.name)
    return alike == one.identity and one.path is not None and one.path == other.path


def _named_anew(one: Object, other: Object) -> Object:
    """The object with `*` for the parts of its name that are made anew, as behind a `generateName`."""
    mine, theirs = (_PART.split(each.identity.name) for each in (one, other))
    name = "*"
    if len(mine) == len(theirs):
        name = "".join(part if part == again else "*" for part, again in zip(mine, theirs, strict=True))
    value = _steady(one.value, other.value)
    value = {**value, "metadata": {**value["metadata"], "name": name}}
    return structs.replace(one, identity=structs.replace(one.identity, name=name), value=value)


def _steady(one: Any, other: Any) -> Any:
    """The same object where nothing in it is another one."""
    if one == other:
        return one
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        new = {key: MADE_ANEW for key in other if key not in one}
        return {**{key: _steady(value, other.get(key)) for key, value in one.items()}, **new}
    if isinstance(one, list) and isinstance(other, list):
        same = [_steady(mine, theirs) for mine, theirs in zip(one, other, strict=False)]
        return same if len(one) == len(other) else [*same, MADE_ANEW]
    return _steady_text(one, other) if isinstance(one, str) and isinstance(other, str) else MADE_ANEW


def _steady_text(one: str, other: str) -> str:
    """The words that both have at the same place; all is made anew where not even what separates them is the same."""
    mine, theirs = _WORD.split(one), _WORD.split(other)
    if mine[::2] != theirs[::2]:
        return MADE_ANEW
    words = zip(mine[1::2], theirs[1::2], strict=True)
    steady = [word if word == again else _steady_word(word, again) for word, again in words]
    return "".join(part for pair in zip(mine[::2], [*steady, ""], strict=True) for part in pair)


def _steady_word(one: str, other: str) -> str:
    """The parts of a word that both have and that say something: `postgres://user:…`, `registry/image:…`.

    Random parts may have signs of their own, also the same ones by chance: what lies between two that say something is
    one mark.
    """
    mine, theirs = _SIGN.split(one), _SIGN.split(other)
    if mine[1::2] == theirs[1::2]:
        kept = [part if part == again else MADE_ANEW for part, again in zip(mine, theirs, strict=True)]
    else:
        before = _SIGN_AT_END.sub("", _common(one, other))
        after = _SIGN_AT_END.sub("", _common(one[len(before) :][::-1], other[len(before) :][::-1]))[::-1]
        kept = [*_SIGN.split(before)[:-1], MADE_ANEW, *_SIGN.split(after)[1:]]
    kept[::2] = [part if _says(part) else MADE_ANEW for part in kept[::2]]
    return _RUN.sub(MADE_ANEW, "".join(kept)) if any(map(_says, kept[::2])) else MADE_ANEW


def _says(part: str) -> bool:
    """Whether a part is no number, no time and no mark."""
    return part != MADE_ANEW and not _NUMBER.fullmatch(part)


def _common(one: str, other: str) -> str:
    """What two texts begin with alike."""
    shorter = min(len(one), len(other))
    return one[: next((at for at in range(shorter) if one[at] != other[at]), shorter)]
