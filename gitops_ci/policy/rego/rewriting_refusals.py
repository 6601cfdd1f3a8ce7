"""Constructs that the embedded engine answers otherwise than OPA, and that no rewriting mends: they need `opa`."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.policy.rego import rewriting_edits
from gitops_ci.policy.rego import rewriting_replaced as replaced
from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_numbers import Numbers, written
from gitops_ci.policy.rego.rewriting_rules import problem
from gitops_ci.policy.rego.rewriting_sprintf import Untrusted
from gitops_ci.policy.rego.rewriting_tree import Json


def refused(path: str, module: Json) -> Iterator[Json]:
    """What of one module needs `opa`, each with its place and why."""
    for node, why in _reasons(module):
        span = tree.inner(node)["span"]
        yield problem("needs-opa", why, path, span["line"], span["col"])


def _reasons(module: Json) -> Iterator[tuple[Json, str]]:
    rewritten = {
        id(tree.inner(held["expr"])["rhs"])
        for query in tree.queries(module["rules"])
        for statement in query["stmts"]
        for held in statement["literal"].values()
        if "Expr" in statement["literal"] and tree.kind(held["expr"]) == "AssignExpr"
    }
    syntax = {"keywords" for each in module["imports"] if tree.dotted(each["refr"]) == ("future", "keywords")}
    for node in tree.nodes(module["rules"]):
        held = tree.inner(node)
        match tree.kind(node):
            case "Call" if rewriting_edits.is_walk(node) and id(node) not in rewritten:
                yield node, "walk inside another expression gives no value in the embedded engine"
            case "RefBrack" if _is_digits(held["index"]) and tree.prefix(held["refr"])[:1] == ("data",):
                yield node, "OPA takes digits in quotes for a place in an array of data"
            case "Number" | "Object" | "BoolExpr" if why := _unlike(module, node):
                yield node, why
            case "Var" if held["value"] in syntax:
                yield node, f"a variable with the name of an import, {held['value']}"
            case "ArrayCompr":
                yield from ((each, "an array of what walk gives has another order") for each in _pathless(held))
            case _:
                pass

    for kind, head, _ in tree.heads(module):
        name = ".".join(tree.dotted(head["refr"]))
        if name in replaced.OURS and kind == "Func":
            yield {"Head": head}, f"a rule with the name of the builtin {name}"


def _unlike(module: Json, node: Json) -> str:
    """Why a value or a comparison is another for the engine; empty where it is none."""
    if tree.kind(node) == "Number":
        return "a number of more digits than the embedded engine keeps" if _is_rounded(written(module, node)) else ""
    return _is_twice(tree.inner(node)) or _is_unordered(tree.inner(node))


_ORDERED = ("Lt", "Le", "Gt", "Ge")
_KINDS = {"Set": "set", "SetCompr": "set", "Object": "object", "ObjectCompr": "object"}
_CONSTANT = ("String", "RawString", "Number", "Bool", "Null", "Array", "Object")
_OTHERS = ("String", "RawString", "Number", "Bool", "Null", "Array", "ArrayCompr")


def _is_twice(held: Json) -> str:
    fields = [(tree.inner(key), value) for _, key, value in held.get("fields", ())]
    keys = [repr(key["value"]) for key, _ in fields if "value" in key]
    is_constant = all(tree.kind(each) in _CONSTANT for _, value in fields for each in tree.nodes(value))
    return "an object that has a key twice" if len(set(keys)) < len(keys) and not is_constant else ""


def _is_unordered(held: Json) -> str:
    """A set is less than an object for the engine, and greater for OPA: what may compare the one with the other."""
    kinds = [tree.kind(held[side]) for side in ("lhs", "rhs") if held.get("op") in _ORDERED]
    known = {_KINDS.get(each, each) for each in kinds}
    is_mixed = len(known) > 1 and known & {"set", "object"} and not known & set(_OTHERS)
    return "the embedded engine orders sets and objects otherwise than OPA" if is_mixed else ""


def _is_digits(index: Json) -> bool:
    return tree.kind(index) in tree.QUOTED and tree.inner(index)["value"].isdigit()


def _is_rounded(text: str) -> bool:
    """Whether the engine keeps another number than is written."""
    if text.isdigit():
        return int(text) >= 1 << 63 and int(float(text)) != int(text)
    try:
        Numbers().note(text)
    except Untrusted:
        return True
    return False


def _pathless(comprehension: Json) -> Iterator[Json]:
    """The walks of a comprehension that do not take the path: OPA then tells the leaves first."""
    for each in tree.nodes(comprehension["query"]):
        if tree.kind(each) == "Call" and tree.dotted(tree.inner(each)["fcn"]) == ("walk",):
            pattern = tree.inner(each)["params"][-1]
            path = tree.children(tree.inner(pattern)) if tree.kind(pattern) == "Array" else iter(())
            first = next(path, None)
            if first is None or first == {} or (tree.kind(first) == "Var" and tree.inner(first)["value"] == "_"):
                yield each
