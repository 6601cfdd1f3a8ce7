"""Makes a module mean to the embedded engine what it means to OPA, or says why it cannot be trusted with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from gitops_ci.policy.rego import (
    rewriting_bodies,
    rewriting_edits,
    rewriting_imports,
    rewriting_numbers,
    rewriting_refusals,
    rewriting_replaced,
    rewriting_rules,
)
from gitops_ci.policy.rego import rewriting_builtins as builtins
from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_calls import Manner
from gitops_ci.policy.rego.rewriting_tree import Json

SETS = "a builtin is given a set of arrays, sets or objects"
_PLACE = re.compile(r"^--> (?P<path>.*):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE)
_NEWER = re.compile(r"\$[\"`]")
_CONFLICT = re.compile(r"conflict|must not produce multiple|complete rules should not|multiple outputs|value for key")
_OURS = re.compile(r"extension 'gitops_ci_guard\.(?P<name>[\w.]+)' raises Python error: \w+: ?(?P<reason>.*)")
_UNSAFE = re.compile(r"var(?:iable)? `?(\w+)`? is unsafe")
_ERROR = re.compile(r"^error: (?P<message>.*)$", re.MULTILINE)


class Rewritten(Struct, frozen=True, kw_only=True):
    """One module as the embedded engine is given it; `version` is its syntax, 0 or 1; `tree` that of its own text."""

    path: str
    version: int
    text: str
    tree: Json = {}
    tests: tuple[Json, ...] = ()
    problems: tuple[Json, ...] = ()
    mocked: frozenset[str] = frozenset()
    fractions: bool = False
    names: tuple[str, ...] = ()
    rules: frozenset[rewriting_rules.Pattern] = frozenset()
    source: str = ""
    manner: Manner = Manner()


def module(new: Callable[[], Any], path: str, text: str) -> Rewritten:
    """Reads a module: as v1 where it is v1, else as v0; a module that is neither has its problem as v1."""
    first: Exception | None = None
    for version, given in ((1, text), (0, text), (0, rewriting_bodies.repeated(text))):
        try:
            read, apart = _read(new, version, path, given)
        except (RuntimeError, ValueError) as error:
            first = first or error
            continue
        return Rewritten(
            path=path,
            version=version,
            text=rewriting_edits.rewritten(read, apart, Manner()),
            tree=read,
            source=apart,
            names=tuple(names(read)),
            tests=tests(path, read),
            problems=tuple(rewriting_refusals.refused(path, read)),
            mocked=frozenset(mocked(read)),
            fractions=rewriting_numbers.has_fractions(read),
            rules=frozenset(each.pattern for each in rewriting_rules.rules(path, read) if each.arity is None),
        )
    found = problem(str(first), "syntax", path)
    if more := _NEWER.search(text):
        line = text.count("\n", 0, more.start()) + 1
        why = "the embedded engine cannot read this: a template string"
        found = {"code": "needs-opa", "message": why, "path": path, "line": line}
    return Rewritten(path=path, version=1, text=text, problems=(found,))


def again(module: Rewritten, manner: Manner) -> Rewritten:
    """The module as this manner has it; without what was guarded since."""
    text = rewriting_edits.rewritten(module.tree, module.source, manner)
    return msgspec.structs.replace(module, text=text, manner=manner)


def _read(new: Callable[[], Any], version: int, path: str, text: str) -> tuple[Json, str]:
    """The tree of a module and its text: a parenthesis on a new line begins a statement, imports are told in full."""
    while True:
        engine = new()
        engine.set_rego_v0(version == 0)
        engine.add_policy(path, text)
        read: Json = msgspec.json.decode(engine.get_ast_as_json())[0]["ast"]
        prepared(read, text.encode())
        mended = rewriting_edits.apart(read, text)
        if mended == text:
            mended = rewriting_imports.expanded(read, text, version)
        if mended == text:
            return read, text
        text = mended


def prepared(read: Json, text: bytes) -> None:
    """Adds to a tree what it only has places of: its text, and the names that `some` and `every` declare."""
    read["text"] = text
    for query in tree.queries(read["rules"]):
        for statement in query["stmts"]:
            match statement["literal"]:
                case {"SomeVars": {"vars": spans} as some}:
                    some["names"] = [text[span["start"] : span["end"]].decode() for span in spans]
                case {"Every": {"key": key, "value": value} as every}:
                    spans = [span for span in (key, value) if span]
                    every["names"] = [text[span["start"] : span["end"]].decode() for span in spans]
                case _:
                    pass


def mocked(read: Json) -> Iterator[str]:
    """What `with` replaces in a module."""
    for query in tree.queries(read["rules"]):
        for statement in query["stmts"]:
            for modifier in statement.get("with_mods", ()):
                yield ".".join(tree.dotted(modifier["refr"]))


def judged(found: Json) -> Json:
    """A problem of an evaluation: OPA has the same where values conflict, else it would have none."""
    return {**found, "code": "evaluation"} if _CONFLICT.search(found["message"]) else found


def bundle(modules: Sequence[Rewritten]) -> tuple[list[Json], list[Json]]:
    """What is wrong with modules as a whole, and what only a strict compiler minds."""
    read = [(each.path, each.tree) for each in modules if each.tree]
    found = rewriting_rules.Book(read).problems()
    for each in modules:
        for name in sorted(each.mocked & rewriting_replaced.OURS):
            why = f"`with {name}` replaces a builtin that the embedded engine calls otherwise"
            found.append({"code": "needs-opa", "message": why, "path": each.path})
    return found, []


def problem(words: str, code: str, path: str | None = None) -> Json:
    """An error of the engine as a RegoProblem."""
    place, error = _PLACE.search(words), _ERROR.search(words)
    plain = words.partition("\n\nStack backtrace")[0].strip()[:500]
    found: Json = {"code": code, "message": error["message"] if error else plain}
    if ours := _OURS.search(found["message"]):
        reason = ours["reason"] or "the embedded engine fails where OPA may not"
        found |= {"code": "needs-opa", "message": f"{ours['name']}: {reason}"}
    elif "unhashable type" in found["message"]:
        found |= {"code": "needs-opa", "message": SETS}
    unsafe = _UNSAFE.search(found["message"])
    if unsafe and unsafe[1] not in builtins.ROOTS:  # a builtin there is one that `with` puts in another's place
        found["code"] = "compile"
    if place:
        found |= {"path": place["path"], "line": int(place["line"]), "column": int(place["column"])}
    elif path:
        found["path"] = path
    return found


def names(read: Json) -> Iterator[str]:
    """The rules of a module that are no functions, by their full names, where those are plain."""
    package = tree.dotted(read["package"]["refr"])
    for kind, head, _ in tree.heads(read):
        parts = (*package, *tree.dotted(head["refr"]))
        if kind != "Func" and tree.kind(head["refr"]) == "Var" and all(part.isidentifier() for part in parts):
            yield ".".join(("data", *parts))


def tests(path: str, read: Json) -> tuple[Json, ...]:
    """The test rules of a module, by the names that OPA gives them, and what is asked for each."""
    package = ".".join(("data", *tree.dotted(read["package"]["refr"])))
    twins = {id(head): number for head, number in rewriting_edits.twins(read)}
    found = []
    for _, head, _ in tree.heads(read):
        name = ".".join(tree.dotted(head["refr"]))
        if name.startswith(("test_", "todo_test_")):
            number = twins.get(id(head), 0)
            query = rewriting_edits.twin(name, number) if number else name
            shown = f"{name}#{number:02}" if number else name
            each = {"name": f"{package}.{shown}", "query": f"{package}.{query}", "path": path}
            found.append({**each, "line": head["span"]["line"], "skip": name.startswith("todo_")})
    return tuple(found)
