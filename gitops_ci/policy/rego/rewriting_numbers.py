"""Numbers that OPA and the embedded engine hold differently: OPA keeps the text of a number, the engine a double."""

from __future__ import annotations

import json
import re

from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_tree import Json

MESSAGES = {
    "large": "a number of more than 64 bits in the input or in data",
    "written": "a number that is not written as it is printed (1.0, 1e3) may reach a text or a comparison of texts",
    "fraction": "OPA calculates with more digits than the embedded engine where the input or data has fractions",
}
_TEXTS = frozenset(("json.marshal", "sprintf", "format_int"))
_SUMS = frozenset(("sum", "product"))
_SUSPECT = re.compile(r"\d\.\d|\d[eE][+-]?\d|\d{19}|-0")


def used(module: Json) -> frozenset[str]:
    """What a module does with numbers: `written` into texts, or `fraction`: calculates with them."""
    found = set()
    for node in tree.nodes(module["rules"]):
        held = tree.inner(node)
        match tree.kind(node):
            case "Call":
                name = ".".join(tree.dotted(held["fcn"]))
                found |= ({"written"} if name in _TEXTS else set()) | ({"fraction"} if name in _SUMS else set())
            case "ArithExpr" if held["op"] != "Mod" and not all(_whole(held[side]) for side in ("lhs", "rhs")):
                found.add("fraction")
            case _:
                pass
    return frozenset(found)


def _whole(node: Json) -> bool:
    """Whether an operand is certainly an integer, or a set."""
    match node:
        case {"Number": {"value": int()}} | {"Set": _} | {"SetCompr": _}:
            return True
        case {"Call": {"fcn": {"Var": {"value": "count" | "indexof"}}}}:
            return True
        case _:
            return False


def unusual(document: str) -> str | None:
    """What of the numbers of a JSON document may be lost or told otherwise; None where nothing is.

    `large`: more than 64 bits, `written`: a text that is not the number's shortest, `fraction`: a fraction, which OPA
    adds and multiplies with more digits.
    """
    if _SUSPECT.search(document) is None:
        return None
    found: set[str] = set()

    def fraction(text: str) -> float:
        value = float(text)
        plain = repr(value) == text and not value.is_integer() and "e" not in text
        found.add("fraction" if plain else "written")
        return value

    def integer(text: str) -> int:
        if text == "-0" or len(text) > 20:
            found.add("large")
            return 0
        value = int(text)
        if abs(value) >= 1 << 63:
            found.add("large")
        return value

    try:
        json.loads(document, parse_float=fraction, parse_int=integer)
    except (ValueError, RecursionError):
        return None  # the engine says what is wrong with it
    return next((each for each in ("large", "written", "fraction") if each in found), None)
