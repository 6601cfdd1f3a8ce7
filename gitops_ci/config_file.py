"""Reads `gitops-ci.yml`: a Config, or one error that names every line, key and what was expected there."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, NamedTuple

import msgspec
import yaml

from gitops_ci.config import DEFAULT, FILE, SHARED, Config, StackPattern
from gitops_ci.discover import naming
from gitops_ci.errors import ConfigError

MAX_BYTES = 1 << 20
MAX_EVENTS = 50_000
MAX_DEPTH = 40
MAX_PROBLEMS = 20

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_PLAIN = frozenset(_TAG + name for name in ("str", "int", "float", "bool", "null", "seq", "map", "merge"))
_HINT = "docs/configuration.md describes every key"

Path = tuple[str | int, ...]
JsonSchema = Mapping[str, Any]


class Problem(NamedTuple):
    """What is wrong at a key: the line counts from one; an empty path is the file itself."""

    line: int
    path: Path
    text: str


def load(content: bytes, path: str = FILE) -> Config:
    """The configuration in `content`; an empty file is the defaults.

    Raises ConfigError with all problems, one a line: `gitops-ci.yml:7: layout.presett: unknown key; …`.
    `path` is what to call the file.
    """
    text = _text(content, path)
    try:
        _bound(text, path)
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None or (root.tag == _TAG + "null" and isinstance(root, yaml.ScalarNode)):
            return DEFAULT
        problems = list(_of_nodes(root, ()))
        lines = Lines(root)
        data = loader.construct_document(root)
    except (yaml.YAMLError, ValueError) as error:
        raise _error(path, [_of_yaml(error)]) from None
    config = None
    try:
        config = msgspec.convert(data, Config)
    except msgspec.ValidationError as error:
        problems += _of_schema(data, lines) or [Problem(1, (), str(error))]
    if isinstance(data, dict) and "version" not in data:
        problems.append(Problem(lines.of(()), ("version",), "missing; expected `version: 1`"))
    if config is not None:
        problems += [Problem(lines.of(where), where, message) for where, message in _of_meaning(config)]
    if config is None or problems:
        raise _error(path, problems)
    return config


def _error(path: str, problems: Iterable[Problem]) -> ConfigError:
    found = sorted(dict.fromkeys(problems), key=lambda problem: problem.line)
    lines = [f"{path}:{line}: {_dotted(where)}{': ' if where else ''}{text}" for line, where, text in found[:MAX_PROBLEMS]]
    if len(found) > MAX_PROBLEMS:
        lines.append(f"{path}: and {len(found) - MAX_PROBLEMS} more problems")
    return ConfigError("\n".join(lines), hint=_HINT)


def _dotted(path: Path) -> str:
    words = [f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" for part in path]
    return "".join(words).removeprefix(".")


def _shown(key: str) -> str:
    return repr(key[:60])[1:-1]


# Bytes and YAML


def _text(content: bytes, path: str) -> str:
    if len(content) > MAX_BYTES:
        raise _error(path, [Problem(1, (), "expected at most 1 MB")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        text = f"expected UTF-8, found the byte 0x{content[error.start]:02x}: save the file as UTF-8"
        raise _error(path, [Problem(line, (), text)]) from None


def _bound(text: str, path: str) -> None:
    """Refuses what would take the parser's stack or memory: libyaml's own composer recurses without a limit."""
    depth = aliases = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > MAX_DEPTH or count > MAX_EVENTS or aliases > 100:
            line = event.start_mark.line + 1
            text = f"expected at most {MAX_DEPTH} levels, {MAX_EVENTS} values and 100 aliases"
            raise _error(path, [Problem(line, (), text)])
