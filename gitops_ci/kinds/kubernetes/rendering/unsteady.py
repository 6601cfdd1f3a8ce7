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
    """The parts of a rendering, with a mark for each value that another rendering of the same gives otherwise."""
    for one, other in zip_longest(once, again):
        if isinstance(one, Object) and isinstance(other, Object) and one.identity == other.identity:
            value = _steady(one.value, other.value)
            yield one if value is one.value else structs.replace(one, value=value)
        elif isinstance(one, Object) and isinstance(other, Object) and _is_renamed(one, other):
            yield _named_anew(one, other)
        elif one is not None:
            yield one


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
        return {key: _steady(value, other.get(key)) for key, value in one.items()}
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
    steady = [word if word == again else MADE_ANEW for word, again in words]
    return "".join(part for pair in zip(mine[::2], [*steady, ""], strict=True) for part in pair)
