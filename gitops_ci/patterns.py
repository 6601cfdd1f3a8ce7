"""Regular expressions that are compiled where they are first used: most runs need few of the many that there are."""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    """Stands for a pattern; its methods become attributes as they are asked for, so that they cost nothing more."""

    def __init__(self, text: str, flags: int) -> None:
        self._given = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(re.compile(*self._given), name)  # which `re` remembers
        setattr(self, name, value)
        return value


def later(text: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, but for functions of `re` itself, which do not take it."""
    return cast("re.Pattern[str]", _Pattern(text, flags))
