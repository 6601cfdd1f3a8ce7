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
        elif one is not None:
            yield one


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
