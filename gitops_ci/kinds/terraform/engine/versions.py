"""Versions and constraints as Terraform compares them.

The syntax is that of https://developer.hashicorp.com/terraform/language/expressions/version-constraints, the rules are
those of the library that Terraform and OpenTofu use (https://github.com/hashicorp/go-version).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_MAX_LENGTH = 200  # characters of a version or a list of constraints; nobody needs more
_CORE = r"(?P<core>[0-9]{1,9}(?:\.[0-9]{1,9})*)"
_PRERELEASE = r"(?P<pre>(?:-[0-9A-Za-z~-]|[A-Za-z~])[0-9A-Za-z~-]*(?:\.[0-9A-Za-z~-]+)*)"
_VERSION = rf"v?{_CORE}{_PRERELEASE}?(?:\+[0-9A-Za-z~.-]+)?"
_WHOLE = re.compile(_VERSION)
_CONSTRAINT = re.compile(rf"\s*(?P<operator><=|>=|!=|~>|<|>|=|)\s*{_VERSION}\s*")


class Version(Struct, frozen=True):
    """`1.5.7` is (1, 5, 7), as many numbers as were written; `prerelease` is what follows a `-`."""

    numbers: tuple[int, ...]
    prerelease: str = ""

    @property
    def core(self) -> Version:
        """The version without its prerelease: Terraform judges `required_version` by that."""
        return Version(self.numbers)

    @property
    def order(self) -> tuple[tuple[int, ...], tuple[tuple[int, int, str], ...]]:
        """What versions are sorted by: `1.2` is `1.2.0`, a prerelease comes before its release."""
        return _significant(self.numbers), _precedence(self.prerelease)


class Constraint(Struct, frozen=True):
    """One condition, such as `~> 1.5`."""

    operator: str
    version: Version

    def allows(self, version: Version) -> bool:
        """Whether a release fits."""
        ours, theirs = _significant(version.numbers), _significant(self.version.numbers)
        match self.operator:
            case "!=":
                return ours != theirs
            case ">":
                return ours > theirs
            case ">=":
                return ours >= theirs
            case "<":
                return ours < theirs
            case "<=":
                return ours <= theirs
            case "~>":
                fixed = len(self.version.numbers) - 1
                return ours >= theirs and _padded(version.numbers, fixed) == self.version.numbers[:fixed]
            case _:
                return ours == theirs


def version(text: str) -> Version | None:
    """The version that `text` is; None for anything else."""
    found = _WHOLE.fullmatch(text.strip()) if len(text) <= _MAX_LENGTH else None
    return _of(found) if found is not None else None


def constraints(text: str) -> tuple[Constraint, ...] | None:
    """The conditions of a list such as `>= 1.3, < 2.0`.

    None where Terraform would refuse it, which includes a prerelease: "prerelease version constraints are not
    supported" for its own version.
    """
    found: list[Constraint] = []
    for part in text.split(",") if len(text) <= _MAX_LENGTH else [""]:
        match = _CONSTRAINT.fullmatch(part)
        if match is None or match["pre"]:
            return None
        found.append(Constraint(match["operator"], _of(match)))
    return tuple(found)


def allowed(version: Version, conditions: Iterable[Constraint]) -> bool:
    """Whether a version, without its prerelease, fits all conditions."""
    return all(each.allows(version.core) for each in conditions)


def _of(match: re.Match[str]) -> Version:
    return Version(tuple(int(part) for part in match["core"].split(".")), (match["pre"] or "").removeprefix("-"))


def _significant(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers without zeros at the end, which mean nothing: so tuples compare as versions do."""
    end = len(numbers)
    while end and numbers[end - 1] == 0:
        end -= 1
    return numbers[:end]


def _padded(numbers: tuple[int, ...], length: int) -> tuple[int, ...]:
    return (*numbers, *(0 for _ in range(length - len(numbers))))[:length]


def _precedence(prerelease: str) -> tuple[tuple[int, int, str], ...]:
    """Semantic Versioning, rule 11: numbers before words, fewer parts before more, and a release behind them all."""
    if not prerelease:
        return ((2, 0, ""),)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in prerelease.split("."))
