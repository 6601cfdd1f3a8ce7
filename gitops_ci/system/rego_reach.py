"""Which modules of a bundle a query can touch: read from the text, so that it holds where a module cannot be parsed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gitops_ci.policy.rego.engine import Module

_PART = r"""\s*(?:\.\s*[A-Za-z_]\w*|\[\s*"[^"\\\n]*"\s*\])"""
_PACKAGE = re.compile(rf"^[ \t]*package\s+([A-Za-z_]\w*(?:{_PART})*)", re.MULTILINE)
_DATA = re.compile(rf"\bdata((?:{_PART})*)")
_COMMENT = re.compile(r"""("(?:[^"\\\n]|\\.)*"|`[^`]*`)|#[^\n]*""")
_PARTS = re.compile(r'[A-Za-z_]\w*|"([^"]*)"')

Path = tuple[str, ...]


def path(text: str) -> Path:
    """The parts of a reference: `a.b["c.d"]` has three."""
    return tuple(found.group(1) if found.group(1) is not None else found.group() for found in _PARTS.finditer(text))


def uncommented(text: str) -> str:
    """A module's text without its comments (a `#` in a string begins none)."""
    return _COMMENT.sub(lambda found: found[1] or "", text)


def package(text: str) -> Path:
    """The package of a module; empty where its text does not say."""
    found = _PACKAGE.search(text)
    return path(found.group(1)) if found else ()


class Reach:
    """The modules of a bundle by what they name. Comments and strings count too: a module too many is harmless."""

    def __init__(self, modules: Sequence[Module]) -> None:
        texts = [uncommented(module.text) for module in modules]
        self._packages = [package(text) for text in texts]
        self._named = [{path(found) for found in _DATA.findall(text)} for text in texts]
        self._known: dict[Path, frozenset[int]] = {}

    def of(self, query: str) -> frozenset[int]:
        """Indexes of the modules that can have a say in the value of `query` (`data.a.b.rule`)."""
        start = path(query)[1:]
        if start not in self._known:
            self._known[start] = self._closure(start)
        return self._known[start]

    def of_module(self, index: int) -> frozenset[int]:
        """Indexes of the modules that a module can touch, itself among them."""
        found = {index}
        for start in self._named[index] | {self._packages[index]}:
            found |= self.of(_quoted(start))
        return frozenset(found)

    def _closure(self, start: Path) -> frozenset[int]:
        found: set[int] = set()
        seen = {start}
        todo = [start]
        while todo:
            wanted = todo.pop()
            for index, own in enumerate(self._packages):
                if index not in found and _overlap(own, wanted):
                    found.add(index)
                    news = (self._named[index] | ({own} if own else set())) - seen
                    seen |= news
                    todo += news
        return frozenset(found)


def _quoted(parts: Path) -> str:
    return "data" + "".join(f'["{part}"]' for part in parts)


def _overlap(one: Path, other: Path) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]
