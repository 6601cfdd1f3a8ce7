"""Rewrites statements that the embedded engine understands otherwise than OPA: the meaning is OPA's afterwards.

OPA takes every reference and nested call out of a negated call, so that `not startswith(input.missing, "a")` is
undefined; the embedded engine calls it true. OPA lets `walk` give many values on the right of an assignment; the engine
gives none.
"""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.policy.rego import rewriting_builtins as builtins
from gitops_ci.policy.rego import rewriting_calls
from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_calls import NAME, Edits, Manner
from gitops_ci.policy.rego.rewriting_rules import locals_of
from gitops_ci.policy.rego.rewriting_tree import Json


def rewritten(module: Json, text: str, manner: Manner) -> str:
    """The text of a module with its statements rewritten, line by line where they were."""
    edits = Edits(text)
    for head, number in twins(module):
        edits.put(*tree.extent(head["refr"], edits.text), twin(head["refr"]["Var"]["value"], number).encode())
    rewriting_calls.calls(edits, module, manner)
    values = {id(body["query"]): value for body, value in open_values(module)}
    queries = reversed(list(tree.queries(module)))  # inner bodies first: what is moved is moved as it is then
    for query in sorted(queries, key=lambda each: id(each) in values):
        more = False
        for statement in query["stmts"]:
            literal = statement["literal"]
            if "NotExpr" in literal:
                more |= _negation(edits, statement, literal["NotExpr"])
            elif "Expr" in literal:
                more |= _walk(edits, literal["Expr"]["expr"])
        added = _added(edits, values[id(query)]) if id(query) in values and query["stmts"] else b""
        if more or added:
            start, end = query["stmts"][0]["span"]["start"], _end(edits, query["stmts"][-1])
            body = edits.cut(start, end) + added
            edits.put(start, end, b"{ %s }" % body if query["span"]["start"] == start else body)
    return edits.done()


def open_values(module: Json) -> Iterator[tuple[Json, Json]]:
    """The bodies before an `else` whose value may be undefined, with it: OPA then goes on, the engine would not."""
    for _, head, spec in tree.heads(module):
        for body in spec["bodies"][:-1] if any(each["is_else"] for each in spec["bodies"]) else ():
            assigned = body["assign"] if body["is_else"] else head.get("assign")
            local = locals_of(spec) if assigned else set()
            if assigned and not all(_is_defined(each, local) for each in tree.nodes(assigned["value"])):
                yield body, assigned["value"]


def _is_defined(node: Json, local: set[str]) -> bool:
    return tree.kind(node) in _DEFINED or (tree.kind(node) == "Var" and tree.inner(node)["value"] in local)


_DEFINED = ("String", "RawString", "Number", "Bool", "Null", "Array", "Set", "Object")


def _added(edits: Edits, value: Json) -> bytes:
    """The statement that a body gets for its value, which is a variable then."""
    name, place = edits.name().encode(), tree.extent(value, edits.text)
    added = b"; %s := %s" % (name, edits.cut(*place))
    edits.put(*place, name)
    return added


def apart(module: Json, text: str) -> str:
    """The text with a semicolon where the engine takes a parenthesis on a new line for the arguments of a call."""
    edits = Edits(text)
    for node in tree.nodes(module["rules"]):
        if tree.kind(node) == "Call":
            _, end = tree.extent(tree.inner(node)["fcn"], edits.text)
            if b"\n" in edits.text[end : edits.text.find(b"(", end)]:
                edits.put(end, end, b";")
    return edits.done()


def twins(module: Json) -> Iterator[tuple[Json, int]]:
    """Tests that have the name of an earlier one: OPA runs each on its own, so each gets a name of its own."""
    seen: dict[str, int] = {}
    for _, head, _ in tree.heads(module):
        name = head["refr"].get("Var", {}).get("value", "")
        if name.startswith("test_"):
            if name in seen:
                yield head, seen[name]
            seen[name] = seen.get(name, 0) + 1


def twin(name: str, number: int) -> str:
    """The name of a test that has the name of an earlier one."""
    return f"{name}_{NAME}{number}"


def _end(edits: Edits, statement: Json) -> int:
    """Where a statement ends, with the quote of a string that it ends with."""
    parts = [each for value in statement["literal"].values() for each in tree.children(value)]
    parts += [{"With": each} for each in statement.get("with_mods", ())]
    last: int = max(statement["span"]["end"], *(tree.extent(each, edits.text)[1] for each in parts))
    return last


def _negation(edits: Edits, statement: Json, literal: Json) -> bool:
    """Takes the operands of a negated expression out of it; whether there were any."""
    expression = literal["expr"]
    modifiers = [tree.extent({"With": each}, edits.text) for each in statement.get("with_mods", ())]
    suffix = b"".join(b" " + edits.cut(*each) for each in modifiers)
    before = []
    for operand in _moved(expression):
        start, end = tree.extent(operand, edits.text)
        name = edits.name().encode()
        before.append(b"%s := %s%s; " % (name, edits.cut(start, end), suffix))
        edits.put(start, end, name)
    if before:
        start, end = literal["span"]["start"], tree.extent(expression, edits.text)[1]
        # A parenthesis that closes after the expression is not in its own extent, and stays where it is.
        edits.put(start, end, b"".join(before) + edits.cut(start, end))
    return bool(before)


def _moved(expression: Json) -> Iterator[Json]:  # noqa: C901, PLR0912  # one case a kind of expression
    """The operands that OPA takes out of a negated expression, left to right."""
    held = tree.inner(expression)
    match tree.kind(expression):
        case "Call":
            arity = builtins.ARITY.get(".".join(tree.dotted(held["fcn"])), len(held["params"]))
            for operand in held["params"][:arity]:
                yield from _operand(operand)
            for operand in held["params"][arity:]:
                yield from _side(operand)
        case "BoolExpr" if held["op"] == "Eq":
            for operand in (held["lhs"], held["rhs"]):
                yield from _side(operand)
        case "AssignExpr":
            for operand in (held["lhs"], held["rhs"]):
                yield from _side(operand)
        case "BoolExpr" | "ArithExpr" | "BinExpr":
            for operand in (held["lhs"], held["rhs"]):
                yield from _operand(operand)
        case "Membership":
            for operand in (held["key"], held["value"], held["collection"]):
                if operand is not None:
                    yield from _operand(operand)
        case "RefDot" | "RefBrack":
            yield from _indexes(expression)
        case "UnaryExpr" | "Array" | "Set" | "Object":
            for operand in tree.children(held):
                yield from _operand(operand)
        case _:
            return


def _operand(operand: Json) -> Iterator[Json]:
    match tree.kind(operand):
        case "Var" if tree.inner(operand)["value"] == "_":
            return
        case "String" | "RawString" | "Number" | "Bool" | "Null" | "ArrayCompr" | "SetCompr" | "ObjectCompr":
            return
        case "Array" | "Set" | "Object":
            for each in tree.children(tree.inner(operand)):
                yield from _operand(each)
        case _:
            yield operand


def _side(operand: Json) -> Iterator[Json]:
    """Of a side of an equality, OPA leaves a reference where it is."""
    match tree.kind(operand):
        case "RefDot" | "RefBrack":
            yield from _indexes(operand)
        case "Var":
            return
        case _:
            yield from _operand(operand)


def _indexes(reference: Json) -> Iterator[Json]:
    while tree.kind(reference) in tree.REFERENCES:
        held = tree.inner(reference)
        if tree.kind(reference) == "RefBrack" and tree.kind(held["index"]) != "Var":
            yield from _operand(held["index"])
        reference = held["refr"]
    if tree.kind(reference) in ("Call", "Array", "Set", "Object"):
        yield from _operand(reference)


def is_walk(node: Json) -> bool:
    """Whether a node is `walk(x)`, which gives many values."""
    return tree.kind(node) == "Call" and (
        tree.dotted(tree.inner(node)["fcn"]) == ("walk",) and len(tree.inner(node)["params"]) == 1
    )


def _walk(edits: Edits, expression: Json) -> bool:
    if tree.kind(expression) != "AssignExpr" or not is_walk(tree.inner(expression)["rhs"]):
        return False
    held = tree.inner(expression)
    left = tree.extent(held["lhs"], edits.text)
    right = tree.extent(held["rhs"], edits.text)
    argument = edits.cut(*tree.extent(tree.inner(held["rhs"])["params"][0], edits.text))
    name = edits.name().encode()
    between = edits.text[left[1] : right[0]]
    edits.put(left[0], right[1], b"walk(%s, %s); %s%s%s" % (argument, name, edits.cut(*left), between, name))
    return True
