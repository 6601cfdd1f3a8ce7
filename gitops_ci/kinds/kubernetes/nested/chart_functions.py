"""What the templates of a chart have beside Sprig's functions: `required`, `lookup`, `.Files`."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import globs
from gitops_ci.kinds.kubernetes.gotemplate import TemplateProblem
from gitops_ci.kinds.kubernetes.gotemplate.sprig import FUNCTIONS as SPRIG
from gitops_ci.kinds.kubernetes.gotemplate.sprig_data import as_yaml
from gitops_ci.kinds.kubernetes.gotemplate.values import MAX_TEXT

_MOST_FILES, _MOST_PATTERNS = 1_000, 50


def _required(message: Any, value: Any) -> Any:
    if value is None or value == "":
        raise TemplateProblem(f"{message}")
    return value


def _to_yaml(value: Any) -> str:
    import yaml

    try:
        return as_yaml(value)
    except yaml.YAMLError as error:
        raise TemplateProblem(f"toYaml: {error}") from None


def _array(text: Any) -> list[Any]:
    value = SPRIG["fromJson"](text)
    if not isinstance(value, list):
        raise TemplateProblem("fromJsonArray: no list")
    return value


def _base(path: str) -> str:
    """The last part of a path, as Go's `path.Base`."""
    return path.rstrip("/").rpartition("/")[2] or ("/" if path else ".")


def _folder(path: str) -> str:
    """All but the last part, as Go's `path.Dir`."""
    return posixpath.normpath(path.rpartition("/")[0] or ("/" if path.startswith("/") else "."))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"must{name[0].upper()}{name[1:]}": function for name, function in SPRIG.items()},
    "required": _required,
    "lookup": lambda *_: {},
    "toYaml": _to_yaml,
    "mustToYaml": _to_yaml,
    "fromJsonArray": _array,
    "base": _base,
    "dir": _folder,
    "ext": lambda path: posixpath.splitext(f"x{path}")[1],
    "clean": posixpath.normpath,
}
"""Helm's own; nobody can look anything up without a cluster, and Helm gives an empty map then, too."""


def files(chart: str, snapshot: Snapshot, read: set[str]) -> dict[str, Any]:
    """`.Files` with `Get`, `Lines` and `Glob`; what is read is added to `read`."""
    contents: dict[str, str] = {}
    listings: dict[str, dict[str, Any]] = {}

    def get(name: Any) -> str:
        path = join(chart, name) if isinstance(name, str) else None
        if path is None or (chart and not path.startswith(f"{chart}/")):
            return ""
        read.add(path)
        if path not in contents:
            if len(contents) == _MOST_FILES:
                raise TemplateProblem(f"more than {_MOST_FILES:,} files in one template")
            content = snapshot.read(snapshot.resolve(path) or path, limit=MAX_TEXT)
            contents[path] = (content or b"").decode("utf-8", "replace")
        return contents[path]

    def glob(pattern: Any) -> dict[str, Any]:
        compiled = globs.doublestar(pattern) if isinstance(pattern, str) else None
        if pattern in listings:
            return listings[pattern]
        if compiled is None or len(listings) == _MOST_PATTERNS:
            raise TemplateProblem("a pattern that is not read here")
        inside = f"{chart}/" if chart else ""
        names = [path.removeprefix(inside) for path in snapshot.entries if path.startswith(inside)]
        listings[pattern] = {name: get(name) for name in names if compiled.fullmatch(name)}
        return listings[pattern]

    return {"Get": get, "Lines": lambda name: get(name).splitlines(), "Glob": glob}
