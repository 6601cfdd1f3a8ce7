"""Rewrites statements that the embedded engine understands otherwise than OPA: the meaning is OPA's afterwards.

OPA takes every reference and nested call out of a negated call, so that `not startswith(input.missing, "a")` is
undefined; the embedded engine calls it true. OPA lets `walk` give many values on the right of an assignment; the engine
gives none.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from gitops_ci.policy.rego import rewriting_builtins as builtins
from gitops_ci.policy.rego import rewriting_replaced as replaced
from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_patterns import translated
from gitops_ci.policy.rego.rewriting_rules import locals_of
from gitops_ci.policy.rego.rewriting_sprintf import Untrusted
from gitops_ci.policy.rego.rewriting_tree import Json

NAME = "gitops_ci_"
OURS = "gitops_ci_guard"


class Edits:
    """Replacements in one text, by place in bytes; a later one takes in those inside it."""

    def __init__(self, text: str) -> None:
        self.text = text.encode()
        self._made: list[tuple[int, int, bytes]] = []
        self._names = 0

    def name(self) -> str:
        """A variable that no module has."""
        self._names += 1
        return f"{NAME}{self._names}"

    def cut(self, start: int, end: int) -> bytes:
        """What stands between two places now."""
        parts, here = [], start
        for begin, stop, new in sorted(self._made):
            if start <= begin and stop <= end:
                parts += [self.text[here:begin], new]
                here = stop
        return b"".join([*parts, self.text[here:end]])

    def put(self, start: int, end: int, new: bytes) -> None:
        """Replaces what stands between two places."""
        self._made = [each for each in self._made if not (start <= each[0] and each[1] <= end)]
        self._made.append((start, end, new))

    def done(self) -> str:
        """The whole text as it is now."""
        return self.cut(0, len(self.text)).decode()


def rewritten(module: Json, text: str, *, members: bool = False) -> str:
    """The text of a module with its statements rewritten, line by line where they were.

    `members` hands variables that are sets over to `sprintf` as their members: slower, and needed for sets of objects.
    """
    edits = Edits(text)
    for head, number in twins(module):
        edits.put(*tree.extent(head["refr"], edits.text), twin(head["refr"]["Var"]["value"], number).encode())
    traced = {
        id(each)
        for node in tree.nodes(module["rules"])
        if tree.kind(node) == "Call" and tree.dotted(tree.inner(node)["fcn"]) == ("trace",)
        for each in tree.inner(node)["params"]  # what a trace says is told to nobody
    }
    local = {
        id(node): frozenset(locals_of(rule["Spec"]))
        for rule in module["rules"]
        if "Spec" in rule and members
        for node in tree.nodes(rule)
        if tree.kind(node) == "Call"
    }
    for call in reversed([node for node in tree.nodes(module["rules"]) if tree.kind(node) == "Call"]):
        if id(call) not in traced:
            _call(edits, call, local.get(id(call), frozenset()))
    for query in reversed(list(tree.queries(module))):  # inner bodies first: what is moved is moved as it is then
        more = False
        for statement in query["stmts"]:
            literal = statement["literal"]
            if "NotExpr" in literal:
                more |= _negation(edits, statement, literal["NotExpr"])
            elif "Expr" in literal:
                more |= _walk(edits, literal["Expr"]["expr"])
        if more and query["span"]["start"] == query["stmts"][0]["span"]["start"]:  # a body without braces
            start, end = query["span"]["start"], _end(edits, query["stmts"][-1])
            edits.put(start, end, b"{ %s }" % edits.cut(start, end))
    return edits.done()


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
            for operand in held["params"]:
                yield from _operand(operand)
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


def _call(edits: Edits, call: Json, local: frozenset[str]) -> None:
    """Builtins that are replaced are called by our own name; patterns are translated; marshalling escapes as Go's."""
    held = tree.inner(call)
    name = ".".join(tree.dotted(held["fcn"]))
    if name in replaced.PATTERNS and len(held["params"]) > replaced.PATTERNS[name]:
        _pattern(edits, held["params"][replaced.PATTERNS[name]])
    if name == "sprintf" and len(held["params"]) == 2 and tree.kind(held["params"][1]) == "Array" and local:
        _told(edits, call, local)
    elif name in replaced.BY_NAME:
        guard(edits, call, name)
    elif name == "json.marshal" and len(held["params"]) == builtins.ARITY[name]:
        start, end = tree.extent(call, edits.text)
        escaped = edits.cut(start, end)
        for sign in b"&<>":
            escaped = b'replace(%s, "%c", "\\\\u%04x")' % (escaped, sign, sign)
        edits.put(start, end, escaped)


def guard(edits: Edits, call: Json, builtin: str) -> None:
    """Calls our own function instead of a builtin: the first of what it gives, so that nothing is undefined."""
    held, arity = tree.inner(call), builtins.ARITY[builtin]
    function = tree.extent(held["fcn"], edits.text)
    start, end = tree.extent(call, edits.text)
    name = f"{OURS}.{builtin}".encode()
    if len(held["params"]) > arity:  # the last one takes the result
        _, last = tree.extent(held["params"][arity - 1], edits.text)
        result = tree.extent(held["params"][arity], edits.text)
        made = b"%s = %s%s)[0]" % (edits.cut(result[0], end).rstrip()[:-1], name, edits.cut(function[1], last))
    else:
        made = name + edits.cut(function[1], end) + b"[0]"
    edits.put(start, end, made)


def _told(edits: Edits, call: Json, local: frozenset[str]) -> None:
    """Hands a local variable over as its members where it is a set: a set of objects cannot be handed over as one."""
    held = tree.inner(call)
    for item in tree.inner(held["params"][1])["items"]:
        start, end = tree.extent(item, edits.text)
        shown = edits.cut(start, end)
        if tree.kind(item) == "Var" and tree.inner(item)["value"] in local:
            member = edits.name().encode()
            members = b"[%s | is_set(%s); %s := %s[_]]" % (member, shown, member, shown)
            edits.put(start, end, b"[%s, [%s | not is_set(%s)], is_set(%s)]" % (members, shown, shown, shown))
        else:
            edits.put(start, end, b"[%s]" % shown)
    start, end = tree.extent(call, edits.text)
    rest = edits.cut(tree.extent(held["fcn"], edits.text)[1], end)
    edits.put(start, end, b"%s%s[0]" % (replaced.TOLD.encode(), rest))


def _pattern(edits: Edits, pattern: Json) -> None:
    start, end = tree.extent(pattern, edits.text)
    if tree.kind(pattern) in tree.QUOTED:
        with contextlib.suppress(Untrusted):  # else it is refused when it is asked
            mended = translated(tree.inner(pattern)["value"])
            if mended != tree.inner(pattern)["value"]:
                edits.put(start, end, json.dumps(mended).encode())
            return
    edits.put(start, end, b"%s(%s)[0]" % (replaced.PATTERN.encode(), edits.cut(start, end)))


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
