"""Reads `gitops-ci.yml`: a Config, or one error that names every line, key and what was expected there."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gitops_ci.config import DEFAULT, FILE, Config
from gitops_ci.config_file import consistency, document
from gitops_ci.config_file.document import Document, Path, Problem, Refused
from gitops_ci.errors import ConfigError

MAX_PROBLEMS = 20

__all__ = ["load"]


def load(content: bytes, path: str = FILE) -> Config:
    """The configuration in `content`; an empty file is the defaults.

    Raises ConfigError with all problems, one a line: `gitops-ci.yml:7: layout.presett: unknown key; …`.
    `path` is what to call the file.
    """
    try:
        read = Document(document.decoded(content))
    except Refused as refused:
        raise _error(path, (refused.problem,)) from None
    if read.empty:
        return DEFAULT
    problems = [*read.problems, *_without_version(read)]
    try:
        config = msgspec.convert(read.data, Config)
    except msgspec.ValidationError as error:
        from gitops_ci.config_file import expectations  # only a bad file pays for it

        told = [read.at(where, text) for where, text in expectations.unmet(read.data, error)]
        raise _error(path, problems + told) from None
    problems += [read.at(where, text) for where, text in consistency.broken(config)]
    if problems:
        raise _error(path, problems)
    return config


def _without_version(read: Document) -> Iterable[Problem]:
    """A file that says anything says which version of the format it is written in."""
    if isinstance(read.data, dict) and "version" not in read.data:
        yield read.at(("version",), "missing; expected `version: 1`")


def _error(path: str, problems: Iterable[Problem]) -> ConfigError:
    found = sorted(dict.fromkeys(problems), key=lambda problem: problem.line)
    lines = [f"{path}:{line}: {_dotted(where)}{text}" for line, where, text in found[:MAX_PROBLEMS]]
    if len(found) > MAX_PROBLEMS:
        lines.append(f"{path}: and {len(found) - MAX_PROBLEMS} more")
    return ConfigError("\n".join(lines), hint="docs/configuration.md describes every key")


def _dotted(path: Path) -> str:
    words = [f"[{part}]" if isinstance(part, int) else f".{repr(part[:60])[1:-1]}" for part in path]
    return "".join(words).removeprefix(".") + (": " if path else "")
