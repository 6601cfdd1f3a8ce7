"""Constructs that the embedded engine answers otherwise than OPA, and that no rewriting mends: they need `opa`."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.policy.rego import rewriting_edits
from gitops_ci.policy.rego import rewriting_replaced as replaced
from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_rules import problem
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
    for node in tree.nodes(module["rules"]):
        held = tree.inner(node)
        match tree.kind(node):
            case "Call" if rewriting_edits.is_walk(node) and id(node) not in rewritten:
                yield node, "walk inside another expression gives no value in the embedded engine"
            case "RefBrack" if _is_digits(held["index"]) and tree.prefix(held["refr"])[:1] == ("data",):
                yield node, "OPA takes digits in quotes for a place in an array of data"
            case "Number" if _is_rounded(module, held):
                yield node, "a number of more digits than the embedded engine keeps"
            case "ArithExpr" if any(_is_inexact(held[side]) for side in ("lhs", "rhs")):
                yield node, "OPA calculates with more digits than the embedded engine"
            case "Call" if tree.dotted(held["fcn"]) in _SUMS and any(map(_is_inexact, tree.nodes(held["params"]))):
                yield node, "OPA calculates with more digits than the embedded engine"
            case "ArrayCompr":
                yield from ((each, "an array of what walk gives has another order") for each in _pathless(held))
            case _:
                pass

    for _, head, _ in tree.heads(module):
        name = ".".join(tree.dotted(head["refr"]))
        if name in replaced.OURS:
            yield {"Head": head}, f"a rule with the name of the builtin {name}"


_SUMS = (("sum",), ("product",))


def _is_inexact(node: Json) -> bool:
    """A number that a double does not hold exactly, such as 0.1."""
    value = tree.inner(node)["value"] if tree.kind(node) == "Number" else 0
    return isinstance(value, float) and not (value * 1024).is_integer()


def _is_digits(index: Json) -> bool:
    return tree.kind(index) in tree.QUOTED and tree.inner(index)["value"].isdigit()


def _is_rounded(module: Json, number: Json) -> bool:
    """A large number is kept as a double."""
    span = number["span"]
    text = module["text"][span["start"] : span["end"]].decode()
    return text.isdigit() and int(text) >= 1 << 63 and int(float(text)) != int(text)


def _pathless(comprehension: Json) -> Iterator[Json]:
    """The walks of a comprehension that do not take the path: OPA then tells the leaves first."""
    for each in tree.nodes(comprehension["query"]):
        if tree.kind(each) == "Call" and tree.dotted(tree.inner(each)["fcn"]) == ("walk",):
            pattern = tree.inner(each)["params"][-1]
            path = tree.children(tree.inner(pattern)) if tree.kind(pattern) == "Array" else iter(())
            first = next(path, None)
            if first is None or first == {} or (tree.kind(first) == "Var" and tree.inner(first)["value"] == "_"):
                yield each
