"""The Helm options of an Application's source: its value files, values and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import globs, values


class ValueFile(Struct, frozen=True):
    """A value file: as it is written, its path in the repository (empty: none), and why it cannot be used.

    `left_out`: it is not there, and is not missed; `is_missing`: it is missed.
    """

    written: str
    path: str = ""
    problem: str = ""
    left_out: bool = False
    is_missing: bool = False


def value_files(
    options: dict[str, Any], directory: str, snapshot: Snapshot, referred: frozenset[str]
) -> list[ValueFile]:
    """The value files in order (reposerver: getResolvedValueFiles).

    A path is relative to the source, `/` is the repository's root, and `$name/` that of a source with that `ref`, of
    which `referred` are this repository. A glob gives all that it matches, but what is written by itself.
    """
    written = values.texts(options, "valueFiles")
    skips = options.get("ignoreMissingValueFiles") is True
    named = [_named(each, directory, referred) for each in written]
    single = {each.path for each in named}
    found: dict[str, ValueFile] = {}
    for each in named:
        if each.problem:
            found.setdefault(each.written, each)
        elif any(sign in each.path for sign in "*?["):
            matched = _matching(each.path, snapshot)
            if matched is None:
                found.setdefault(each.written, ValueFile(each.written, problem="a pattern that is not read here"))
            matching = [path for path in matched or () if path not in single]
            found = found | {path: ValueFile(each.written, path) for path in matching if path not in found}
        elif (snapshot.resolve(each.path) or each.path) in snapshot:
            found.setdefault(each.path, each)
        else:
            problem = "" if skips else "there is no such value file"
            wrong = ValueFile(each.written, each.path, problem, left_out=skips, is_missing=not skips)
            found.setdefault(each.path, wrong)
    return list(found.values())


def _named(written: str, directory: str, referred: frozenset[str]) -> ValueFile:
    if "://" in written:
        return ValueFile(written, problem="a value file of another place")
    if "$" in written.partition("/")[0][1:] or "$" in written.partition("/")[2]:
        return ValueFile(written, problem="it has variables that only Argo CD knows")
    if written.startswith("$"):
        name, _, rest = written.partition("/")
        if name not in referred:
            return ValueFile(written, problem=f"{name} is no source of this repository as it is here")
        directory, written = "", rest
    path = join("", written.lstrip("/") or ".") if written.startswith("/") else join(directory, written)
    return ValueFile(written, problem="it lies outside of the repository") if path is None else ValueFile(written, path)


def _matching(pattern: str, snapshot: Snapshot) -> list[str] | None:
    compiled = globs.doublestar(pattern)
    return None if compiled is None else sorted(path for path in snapshot.entries if compiled.fullmatch(path))


def written(options: dict[str, Any]) -> str:
    """The values that are written in the Application; `valuesObject` beats `values`."""
    given = options.get("valuesObject")
    if isinstance(given, dict) and given:
        return yaml.safe_dump(given, sort_keys=False, allow_unicode=True)
    return values.text(options, "values")


def parameters(options: dict[str, Any], *, forced: bool) -> Iterator[tuple[str, str]]:
    """Names and values of the parameters that are texts by force, or that are not."""
    for each in values.mappings(options, "parameters"):
        name, value = each.get("name"), each.get("value")
        is_text = any(each.get(key) is True for key in ("forceString", "forcestring"))  # as the image updater has it
        if isinstance(name, str) and is_text is forced:
            yield (
                name,
                value if isinstance(value, str) else "" if value is None else yaml.safe_dump(value).split("\n")[0],
            )
