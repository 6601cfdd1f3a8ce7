"""Writes what an import stands for in the place of its name, so that no rule depends on how the engine finds imports.

The engine looks a name such as `s` (of `import data.s`) up as `data.<package>.s` first. Once the whole package was
evaluated, it takes that for undefined: a silent difference that a full reference does not have.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gitops_ci.policy.rego import rewriting_rules
from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_calls import Edits
from gitops_ci.policy.rego.rewriting_rules import variables
from gitops_ci.policy.rego.rewriting_tree import Json

_KEYWORDS = " as contains data default else every false if import in input not null package set some true with "
_SYNTAX = (("rego", "v1"), ("future", "keywords"))
Hidden = frozenset[str]
"""The names that variables have taken where one is."""


def expanded(module: Json, text: str, version: int) -> str:
    """The text with full references in the place of imported names; the lines are where they were."""
    targets = {
        name: _reference(parts)
        for name, parts in rewriting_rules.names("", module).imports.items()
        if name not in ("data", "input")
    }
    edits = Edits(text)
    for each in module["imports"]:  # the engine would look variables of these names (`v1`, too) up there
        parts = tree.dotted(each["refr"])
        if (parts[:2] in _SYNTAX and version == 1) or (parts[:1] in (("data",), ("input",)) and len(parts) > 1):
            start = edits.text.rindex(b"import", 0, tree.inner(each["refr"])["span"]["start"])
            end = each["as"]["end"] if each.get("as") else tree.extent(each["refr"], edits.text)[1]
            edits.put(start, end, b"")
    for node in _imported(module, frozenset(targets)):
        span = tree.inner(node)["span"]
        edits.put(span["start"], span["end"], targets[tree.inner(node)["value"]].encode())
    return edits.done()


def _reference(parts: tuple[str, ...]) -> str:
    plain = (part.isidentifier() and part.isascii() and f" {part} " not in _KEYWORDS for part in parts[1:])
    return parts[0] + "".join(
        f".{part}" if is_plain else f"[{json.dumps(part)}]" for part, is_plain in zip(parts[1:], plain, strict=True)
    )


def _imported(module: Json, names: frozenset[str]) -> Iterator[Json]:
    """The variables that are imports, by the scopes of OPA's compiler (its stage ResolveRefs)."""
    todo: list[tuple[Any, Hidden]] = [(module["rules"], frozenset())] if names else []
    while todo:
        value, hidden = todo.pop()
        match value:
            case {"Var": {"value": str(name)}} if name in names - hidden:
                yield value
            case {"Spec": spec}:
                todo += _rule(spec)
            case {"Default": default}:
                todo.append((default["value"], hidden))
            case {"Every": every}:
                todo += [(every["domain"], hidden), (every["query"], hidden | frozenset(every["names"]))]
            case {"query": query}:  # of a comprehension or a body: what stands before it has its variables, too
                inside = hidden | _declared(query)
                todo += [(each, inside) for key, each in value.items() if key != "query"]
                todo.append((query["stmts"], inside))
            case {"stmts": statements}:
                todo.append((statements, hidden | _declared(value)))
            case _:
                below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
                todo += [(each, hidden) for each in below]


def _rule(spec: Json) -> Iterator[tuple[Any, Hidden]]:
    """What of a rule can have imported names, and the names that its arguments and variables have taken there."""
    head = tree.inner(spec["head"])
    taken = frozenset(name for each in head.get("args") or () for name in variables(each))
    yield spec["bodies"], taken
    for body in spec["bodies"]:
        if not body["is_else"]:
            taken |= _declared(body["query"])
    reference = head["refr"]
    while tree.kind(reference) in tree.REFERENCES:
        yield tree.inner(reference).get("index"), taken
        reference = tree.inner(reference)["refr"]
    yield [head.get("key"), head.get("assign")], taken


def _declared(query: Json) -> Hidden:
    """The variables that a body declares; those of `every` in it count, those of comprehensions do not."""
    found: set[str] = set()
    todo = list(query["stmts"])
    while todo:
        match todo.pop()["literal"]:
            case {"SomeVars": {"names": declared}}:
                found |= set(declared)
            case {"SomeIn": {"key": key, "value": value}}:
                found |= variables(value) | (variables(key) if key else set())
            case {"Expr": {"expr": {"AssignExpr": {"op": "ColEq", "lhs": left}}}}:
                found |= variables(left)
            case {"Every": every}:
                todo += every["query"]["stmts"]
            case _:
                pass
    return frozenset(found)
