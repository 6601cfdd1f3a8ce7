"""What is left of values without their mistakes, so that what no schema can say is told in the same go."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from gitops_ci.config_file import expectations
from gitops_ci.config_file.document import Path

T = TypeVar("T")

_FILLER = "x" * 10
"""Stands for what is missing; nothing that is said of it is told."""
_MOST = 100
_MISSING = re.compile(r"object missing required field (\w+)")


def typed(data: object, wrong: Iterable[Path], type: type[T]) -> T | None:
    """The values as `type`, those at the `wrong` paths left out or filled; None where that cannot be."""
    left = copy.deepcopy(data)
    for path in wrong:
        _take_out(left, path)
    for _ in range(_MOST):
        try:
            return msgspec.convert(left, type)
        except msgspec.ValidationError as error:
            where, said = expectations.decoded(str(error))
            missing = _MISSING.search(said)
            holder = _at(left, where)
            if missing is None or not isinstance(holder, dict):
                return None
            holder[missing[1]] = _FILLER
    return None


def _take_out(data: Any, path: Path) -> None:
    holder = _at(data, path[:-1])
    match holder, path[-1:]:
        case dict(), (key,):
            holder.pop(key, None)
        case list(), (int(index),) if index < len(holder):
            holder[index] = _FILLER


def _at(data: Any, path: Path) -> Any:
    for part in path:
        match data:
            case dict() if part in data:
                data = data[part]
            case list() if isinstance(part, int) and part < len(data):
                data = data[part]
            case _:
                return None
    return data
