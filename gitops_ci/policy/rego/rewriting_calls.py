"""Writes calls of ours for builtins and operators that the embedded engine is wrong about, or fails at."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.policy.rego import rewriting_arithmetic as arithmetic
from gitops_ci.policy.rego import rewriting_builtins as builtins
from gitops_ci.policy.rego import rewriting_numbers as numbers
from gitops_ci.policy.rego import rewriting_replaced as replaced
from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_patterns import translated
from gitops_ci.policy.rego.rewriting_rules import Pattern, locals_of
from gitops_ci.policy.rego.rewriting_sprintf import Untrusted
from gitops_ci.policy.rego.rewriting_tree import Json

NAME = "gitops_ci_"
OURS = "gitops_ci_guard"
_SIGNS = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%", "Union": "|", "Intersection": "&"}


class Manner(Struct, frozen=True, kw_only=True):
    """How modules are rewritten, by what is in their bundle and its documents.

    `members` hands variables that are sets over to `sprintf` as their members: slower, and needed for sets of objects.
    `calculated`: there may be fractions, so arithmetic is ours; `large`: of integers of more than 64 bits, too.
    `rules` are the full names of rules, below `data`.
    """

    members: bool = False
    calculated: bool = False
    large: bool = False
    rules: frozenset[Pattern] = frozenset()


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


def calls(edits: Edits, module: Json, manner: Manner) -> None:
    """Rewrites what is called and calculated in a module, inner calls first."""
    traced = {
        id(each)
        for node in tree.nodes(module["rules"])
        if tree.kind(node) == "Call" and tree.dotted(tree.inner(node)["fcn"]) == ("trace",)
        for each in tree.inner(node)["params"]  # what a trace says is told to nobody
    }
    local = {
        id(node): frozenset(locals_of(rule["Spec"]))
        for rule in module["rules"]
        if "Spec" in rule and manner.members
        for node in tree.nodes(rule)
        if tree.kind(node) == "Call"
    }
    for node in _of_rules(module, manner.rules):
        start, end = tree.extent(node, edits.text)
        edits.put(start, end, b"[%s][0]" % edits.text[start:end])
    for node in reversed(list(tree.nodes(module["rules"]))):
        match tree.kind(node):
            case "Call" if id(node) not in traced:
                _call(edits, node, local.get(id(node), frozenset()), manner)
            case "ArithExpr" if manner.calculated and not numbers.is_whole(node):
                kind = "large_" if manner.large else ""
                infix(edits, node, f"{OURS}.{kind}{tree.inner(node)['op'].lower()}", large=manner.large)
            case _:
                pass


def _of_rules(module: Json, rules: frozenset[Pattern]) -> Iterator[Json]:
    """What is indexed of a rule's value: below `data` the engine takes a number for a key of the same digits, too.

    OPA does so for documents, and for no rule.
    """
    for node in tree.nodes(module["rules"]) if rules else ():
        if tree.kind(node) == "RefBrack" and tree.kind(tree.inner(node)["index"]) not in tree.QUOTED:
            before = tree.inner(node)["refr"]
            first, *parts = tree.dotted(before) or ("",)
            if first == "data" and any(tuple(parts[:size]) in rules for size in range(1, len(parts) + 1)):
                yield before


def infix(edits: Edits, node: Json, name: str, *, large: bool = False) -> str:
    """Calls our own function instead of an operator; the operator's sign."""
    held = tree.inner(node)
    sign = _SIGNS[held["op"]]
    start, end = tree.extent(node, edits.text)
    # Between the operands stand the sign and parentheses.
    place = edits.text.index(sign.encode(), tree.extent(held["lhs"], edits.text)[1])
    operands = (edits.cut(start, place), edits.cut(place + 1, end))
    given = [b"json.marshal(%s)" % each if large else b"(%s)" % each for each in operands]
    edits.put(start, end, b"%s(%s)[0]" % (name.encode(), b", ".join(given)))
    return sign


def _call(edits: Edits, call: Json, local: frozenset[str], manner: Manner) -> None:
    """Builtins that are replaced are called by our own name; patterns are translated; marshalling escapes as Go's."""
    held = tree.inner(call)
    name = ".".join(tree.dotted(held["fcn"]))
    if name in replaced.PATTERNS and len(held["params"]) > replaced.PATTERNS[name]:
        _pattern(edits, held["params"][replaced.PATTERNS[name]])
    if name == "sprintf" and len(held["params"]) == 2 and tree.kind(held["params"][1]) == "Array" and local:
        _told(edits, call, local)
    elif name == "to_number" and manner.large and len(held["params"]) == builtins.ARITY[name]:
        start, end = tree.extent(call, edits.text)
        given = edits.cut(tree.extent(held["fcn"], edits.text)[1], end)
        edits.put(start, end, b"%s(json.marshal%s)[0]" % (arithmetic.LARGE_NUMBER.encode(), given))
    elif name in replaced.BY_NAME or name in arithmetic.ALWAYS or (manner.calculated and name in arithmetic.BY_NUMBERS):
        guard(edits, call, name)
    elif name == "json.marshal" and len(held["params"]) == builtins.ARITY[name]:
        start, end = tree.extent(call, edits.text)
        escaped = edits.cut(start, end)
        for sign in b"&<>":
            escaped = b'replace(%s, "%c", "\\\\u%04x")' % (escaped, sign, sign)
        if manner.calculated:
            escaped = b"%s(%s)[0]" % (arithmetic.MARSHALLED.encode(), escaped)
        edits.put(start, end, escaped)


def guard(edits: Edits, call: Json, builtin: str) -> None:
    """Calls our own function instead of a builtin: the first of what it gives, so that nothing is undefined."""
    held, arity = tree.inner(call), builtins.ARITY[builtin]
    function = tree.extent(held["fcn"], edits.text)
    start, end = tree.extent(call, edits.text)
    name = f"{OURS}.{builtin}".encode()
    if len(held["params"]) > arity:  # the last one takes the result
        _, last = tree.extent(held["params"][arity - 1], edits.text)
        result, _ = tree.extent(held["params"][arity], edits.text)
        edits.put(*function, name)
        edits.put(last, result, b")[0] = ")
        edits.put(end - 1, end, b"")
    else:
        edits.put(start, end, name + edits.cut(function[1], end) + b"[0]")


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
    edits.put(start, end, b"%s%s[0]" % (arithmetic.TOLD.encode(), rest))


def _pattern(edits: Edits, pattern: Json) -> None:
    start, end = tree.extent(pattern, edits.text)
    if tree.kind(pattern) in tree.QUOTED:
        with contextlib.suppress(Untrusted):  # else it is refused when it is asked
            mended = translated(tree.inner(pattern)["value"])
            if mended != tree.inner(pattern)["value"]:
                edits.put(start, end, json.dumps(mended).encode())
            return
    edits.put(start, end, b"%s(%s)[0]" % (replaced.PATTERN.encode(), edits.cut(start, end)))
