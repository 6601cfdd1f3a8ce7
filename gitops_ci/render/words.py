"""Numbers, durations and counts as people say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Noun = TypeVar("Noun", bound=str)


def several(count: int, noun: str) -> str:
    """`1 stack`, `1,204 stacks`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def counts(by_noun: Mapping[Noun, int]) -> str:
    """`1 update, 2 replaces`; empty for nothing."""
    return ", ".join(several(count, noun) for noun, count in by_noun.items() if count)


def both(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def some(parts: list[str], shown: int, *, of: int = 0) -> str:
    """The first few and how many more: `a, b and 12 more`; `parts` may be the first few only, of `of` in all."""
    rest = max(len(parts), of) - shown
    return both([*parts[:shown], f"{rest:,} more"]) if rest > 0 else both(parts)


def duration(seconds: float) -> str:
    """`0.2 s`, `42 s`, `2 min 5 s`, `1 h 4 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
