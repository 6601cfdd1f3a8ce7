"""Makes a module mean to the embedded engine what it means to OPA, or says why it cannot be trusted with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

Json = dict[str, Any]
_PLACE = re.compile(r"^--> (?P<path>.*):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE)
_ERROR = re.compile(r"^error: (?P<message>.*)$", re.MULTILINE)


class Rewritten(Struct, frozen=True, kw_only=True):
    """One module as the embedded engine is given it; `version` is its syntax: 0 or 1."""

    path: str
    version: int
    text: str
    tree: Json = {}
    tests: tuple[Json, ...] = ()
    problems: tuple[Json, ...] = ()


def module(new: Callable[[], Any], path: str, text: str) -> Rewritten:
    """Reads a module: as v1 where it is v1, else as v0; a module that is neither has its problem as v1."""
    first: RuntimeError | None = None
    for version in (1, 0):
        engine = new()
        engine.set_rego_v0(version == 0)
        try:
            engine.add_policy(path, text)
        except RuntimeError as error:
            first = first or error
            continue
        tree = msgspec.json.decode(engine.get_ast_as_json())[0]["ast"]
        return Rewritten(path=path, version=version, text=text, tree=tree, tests=tests(path, tree))
    return Rewritten(path=path, version=1, text=text, problems=(problem(str(first), "syntax", path),))


def bundle(modules: tuple[Rewritten, ...]) -> tuple[list[Json], list[Json]]:
    """What is wrong with modules as a whole, and what only a strict compiler minds."""
    return [], []


def problem(words: str, code: str, path: str | None = None) -> Json:
    """An error of the engine as a RegoProblem."""
    place, error = _PLACE.search(words), _ERROR.search(words)
    found: Json = {
        "code": code,
        "message": error["message"] if error else words.partition("\n\nStack backtrace")[0][:500],
    }
    if place:
        found |= {"path": place["path"], "line": int(place["line"]), "column": int(place["column"])}
    elif path:
        found["path"] = path
    return found


def tests(path: str, tree: Json) -> tuple[Json, ...]:
    """The test rules of a module."""
    package = "".join(f".{part}" for part in dotted(tree["package"]["refr"]))
    found: dict[str, Json] = {}
    for rule in tree["rules"]:
        head = rule.get("Spec", {}).get("head")
        if head is None:
            continue
        ((_, inner),) = head.items()
        name = inner["refr"].get("Var", {}).get("value", "")
        if name.startswith(("test_", "todo_test_")):
            each = {
                "name": f"data{package}.{name}",
                "path": path,
                "line": inner["span"]["line"],
                "skip": name.startswith("todo_"),
            }
            found.setdefault(name, each)
    return tuple(found.values())


def dotted(ref: Json) -> tuple[str, ...]:
    """The parts of a reference that is constant."""
    match ref:
        case {"Var": {"value": name}}:
            return (name,)
        case {"RefDot": {"refr": inner, "field": [_, name]}}:
            return (*dotted(inner), name)
        case {"RefBrack": {"refr": inner, "index": {"String": {"value": name}} | {"RawString": {"value": name}}}}:
            return (*dotted(inner), name)
        case _:
            return ()
