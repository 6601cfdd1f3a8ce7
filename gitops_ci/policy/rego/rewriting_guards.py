"""Guards calls of builtins that fail: OPA then calls them undefined, where the embedded engine gives the query up.

A call is guarded once it failed, so that policies which never fail run at full speed. What a guard answers is what the
builtin itself answers; its failure counts as undefined only where OPA's builtin certainly fails, too.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import structs

from gitops_ci.policy.rego import rewriting_arithmetic as arithmetic
from gitops_ci.policy.rego import rewriting_builtins as builtins
from gitops_ci.policy.rego import rewriting_replaced as replaced
from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting import Rewritten
from gitops_ci.policy.rego.rewriting_calls import OURS, Edits, guard, infix
from gitops_ci.policy.rego.rewriting_numbers import Numbers
from gitops_ci.policy.rego.rewriting_tree import Json

_CERTAIN = re.compile(
    r"expects .*argument|requires .*argument|(?:divide|modulo) by zero|modulo on floating|operand must be integer"
    r"|negative offset|Element \d+ is not a string|invalid semver|must be a positive integer|one of 2, 8, 10"
    r"|expects string keys|is not an object|must be array/set|requires path to be|marshaling option must be"
    r"|time outside of valid range|could not convert numeric value|decode failure"
)
_NAMED = re.compile(r"`([\w.]+)`")
_NUMBER = re.compile(r"could not parse (?:string as )?number")
_DOCUMENT = re.compile(r"could not deserialize json")

Guard = tuple[str, int, str]
"""The guard's name, how many arguments it takes, and the expression that it asks for, of `input`."""


def guarded(new: Callable[[], Any], module: Rewritten, found: Json) -> tuple[Rewritten, Guard, str] | None:
    """A module with the call that failed guarded, and the builtin's name; None where there is none to guard.

    `found` is the problem: its place is that of the call, or of an argument.
    """
    engine = new()
    engine.set_rego_v0(module.version == 0)
    engine.add_policy(module.path, module.text)
    for node in _candidates(msgspec.json.decode(engine.get_ast_as_json())[0]["ast"]["rules"], found):
        made = _call(node, Edits(module.text)) if tree.kind(node) == "Call" else _infix(node, Edits(module.text))
        if made:
            return structs.replace(module, text=made[0]), *made[1:]
    return None


def _candidates(rules: Json, found: Json) -> list[Json]:
    """The calls that may have failed, the likeliest first: the builtin that the message names, the one at the place."""
    named = _NAMED.search(found["message"])
    ranked: list[tuple[bool, bool, int, Json]] = []
    for node in tree.nodes(rules):
        if tree.kind(node) not in ("Call", "ArithExpr", "BinExpr"):
            continue
        held = tree.inner(node)
        here = _is_at(node, found)
        if here or any(_is_at(each, found) for each in held.get("params", (held.get("lhs"), held.get("rhs")))):
            name = ".".join(tree.dotted(held["fcn"])) if "fcn" in held else held["op"]
            ranked.append((named is None or named[1] != name, not here, len(ranked), node))
    return [each[-1] for each in sorted(ranked, key=lambda each: each[:3])]


def _is_at(node: Json, found: Json) -> bool:
    span = tree.inner(node)["span"]
    return bool((span["line"], span["col"]) == (found["line"], found["column"]))


def _call(node: Json, edits: Edits) -> tuple[str, Guard, str] | None:
    builtin = ".".join(tree.dotted(tree.inner(node)["fcn"]))
    arity = builtins.ARITY.get(builtin)
    if arity is None or builtin in ("print", "walk"):
        return None
    guard(edits, node, builtin)
    asked = ", ".join(f"input[{index}]" for index in range(arity))
    return edits.done(), (f"{OURS}.{builtin}", arity, f"{builtin}({asked})"), builtin


def _infix(node: Json, edits: Edits) -> tuple[str, Guard, str]:
    name = f"{OURS}.native_{tree.inner(node)['op'].lower()}"
    sign = infix(edits, node, name)
    return edits.done(), (name, 2, f"input[0] {sign} input[1]"), sign


def add(engine: Any, made: Guard, new: Callable[[], Any]) -> None:
    """Gives an engine the function behind a guarded call."""
    name, arity, expression = made
    engine.add_extension(name, arity, native(expression, new))


def native(expression: str, new: Callable[[], Any]) -> Callable[..., list[Any]]:
    """What answers an expression of `input` with the engine's own builtin: the value, or nothing where OPA fails."""
    asked: list[Any] = []

    def answer(*arguments: Any) -> list[Any]:
        if not asked:
            asked.append(new())
        asked[0].set_input(list(arguments))
        try:
            return [each["expressions"][0]["value"] for each in asked[0].eval_query(expression)["result"]]
        except RuntimeError as error:
            if certain(str(error), arguments):
                return []
            raise

    return answer


def replace(engine: Any, numbers: Numbers, new: Callable[[], Any]) -> None:
    """Gives an engine the builtins that its own are wrong about, under the names by which they are called."""
    engine.add_extension(replaced.PATTERN, 1, lambda pattern: replaced.translate((pattern,), list))
    engine.add_extension(arithmetic.TOLD, 2, lambda form, values: arithmetic.told(form, values, numbers))
    engine.add_extension(arithmetic.MARSHALLED, 1, lambda text: arithmetic.marshalled(text, numbers))
    for operation in arithmetic.OPERATIONS:
        function = functools.partial(arithmetic.operation, numbers, operation)
        engine.add_extension(f"{OURS}.{operation}", 2, lambda *operands, function=function: function(*operands))
        large = functools.partial(arithmetic.large, numbers, operation)
        engine.add_extension(f"{OURS}.large_{operation}", 2, lambda *operands, function=large: function(*operands))
    to_number = native("to_number(input[0])", new)
    engine.add_extension(arithmetic.LARGE_NUMBER, 1, lambda text: arithmetic.large_number(text, to_number, numbers))
    for name in (*replaced.BY_NAME, *arithmetic.BY_NUMBERS):
        engine.add_extension(f"{OURS}.{name}", builtins.ARITY[name], _bound(name, numbers, new))


def _bound(name: str, numbers: Numbers, new: Callable[[], Any]) -> Callable[..., list[Any]]:
    expression = f"{name}({', '.join(f'input[{index}]' for index in range(builtins.ARITY[name]))})"
    answer = native(expression, new)
    if name in arithmetic.BY_NUMBERS:
        numbered = arithmetic.BY_NUMBERS[name]
        return lambda *arguments: numbered(arguments, answer, numbers)
    function = replaced.BY_NAME[name]
    return lambda *arguments: function(arguments, answer)


def certain(words: str, arguments: Sequence[Any]) -> bool:
    """Whether OPA fails, too, where the embedded engine failed with these words."""
    words = words.partition("\n\nStack backtrace")[0]
    if _NUMBER.search(words):
        return all(_no_number(each) for each in arguments)
    if _DOCUMENT.search(words):
        return all(_no_json(each) for each in arguments)
    return _CERTAIN.search(words) is not None


def _no_number(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    with contextlib.suppress(ValueError):
        return str(float(value)) in ("nan", "inf", "-inf")
    return "0x" not in value.lower()


def _no_json(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    with contextlib.suppress(ValueError, RecursionError):
        json.loads(value)
        return False
    return True
