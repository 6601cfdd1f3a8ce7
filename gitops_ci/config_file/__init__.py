"""Reads `gitops-ci.yml` and files like it: typed values, or one error with every line, key and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from gitops_ci.config import DEFAULT, FILE, Config
from gitops_ci.config_file import consistency, document
from gitops_ci.config_file.document import Document, Path, Problem, Refused
from gitops_ci.errors import ConfigError

MAX_PROBLEMS = 20
_NAMING = frozenset({("environments",)})
"""Keys that others refer to: where they are wrong, nothing can be said of what does."""

T = TypeVar("T")

__all__ = ["Form", "lines", "load", "read"]


class Form(Struct, Generic[T], frozen=True):
    """What a file is to hold: a type and its shipped schema, what no schema can say, what an empty file is."""

    type: type[T]
    schema: str
    broken: Callable[[T], Iterator[tuple[Path, str]]]
    empty: T
    manual: str


_CONFIG = Form(Config, "config-1.json", consistency.broken, DEFAULT, "docs/configuration.md")


def load(content: bytes, path: str = FILE) -> Config:
    """The configuration in `content`; an empty file is the defaults.

    Raises ConfigError with all problems, one a line: `gitops-ci.yml:7: layout.presett: unknown key; …`.
    `path` is what to call the file.
    """
    return read(content, path, _CONFIG)


def read(content: bytes, path: str, form: Form[T]) -> T:
    """The same for any file of a form."""
    try:
        found = Document(document.decoded(content))
    except Refused as refused:
        raise _error(path, (refused.problem,), form.manual) from None
    if found.empty:
        return form.empty
    problems = [*found.problems, *_without_version(found)]
    value: T | None
    try:
        value = msgspec.convert(found.data, form.type)
    except msgspec.ValidationError as error:
        from gitops_ci.config_file import expectations, salvage  # only a bad file pays for it

        problems += [found.at(where, text) for where, text in expectations.unmet(found.data, error, form.schema)]
        wrong = [problem.path for problem in problems]
        value = (
            salvage.typed(found.data, wrong, form.type) if _NAMING.isdisjoint(where[:1] for where in wrong) else None
        )
    told = {problem.path[:length] for problem in problems for length in range(1, len(problem.path) + 1)}
    if value is not None:
        problems += [found.at(where, text) for where, text in form.broken(value) if where not in told]
    if problems or value is None:
        raise _error(path, problems, form.manual)
    return value


def lines(content: bytes, key: str) -> tuple[int, ...]:
    """The line in which each member of a list begins; `content` was read before."""
    found = Document(document.decoded(content))
    members = found.data[key] if not found.empty else ()
    return tuple(found.at((key, index), "").line for index in range(len(members)))


def _without_version(read: Document) -> Iterable[Problem]:
    """A file that says anything says which version of the format it is written in."""
    if isinstance(read.data, dict) and "version" not in read.data:
        yield read.at(("version",), "missing; expected `version: 1`")


def _error(path: str, problems: Iterable[Problem], manual: str) -> ConfigError:
    found = sorted(dict.fromkeys(problems), key=lambda problem: problem.line)
    told: list[tuple[int | None, str]] = [
        (line, f"{_dotted(where)}{text}") for line, where, text in found[:MAX_PROBLEMS]
    ]
    if len(found) > MAX_PROBLEMS:
        told.append((None, f"and {len(found) - MAX_PROBLEMS} more"))
    lines = [f"{path}:{line}: {text}" if line is not None else f"{path}: {text}" for line, text in told]
    return ConfigError("\n".join(lines), hint=f"{manual} describes every key", mistakes=tuple(told))


def _dotted(path: Path) -> str:
    words = [f"[{part}]" if isinstance(part, int) else f".{repr(part[:60])[1:-1]}" for part in path]
    return "".join(words).removeprefix(".") + (": " if path else "")
