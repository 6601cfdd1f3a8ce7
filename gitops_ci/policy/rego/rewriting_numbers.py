"""Numbers that OPA and the embedded engine hold differently: OPA keeps the text of a number, the engine a double."""

from __future__ import annotations

import json
import re
from fractions import Fraction

from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_sprintf import Untrusted
from gitops_ci.policy.rego.rewriting_tree import Json

LARGE = "a number of more digits than the embedded engine keeps, in the input or in data"
_BITS = 64
"""The digits that OPA calculates with (Go's big.Float)."""
_SURE = 15
"""The decimal digits that a double keeps in any case."""
_LARGEST = 1 << 63
_EXPONENT = 6
"""From this exponent on Go writes a fraction with one."""
_SUSPECT = re.compile(r"\d\.\d|\d[eE][+-]?\d|\d{19}|-0")
_SOURCES = frozenset(("to_number", "units.parse", "json.unmarshal", "yaml.unmarshal", "units.parse_bytes"))
_WHOLE = frozenset(("count", "indexof", "round"))
_TEXT = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?\Z", re.ASCII)


class Numbers:
    """What the numbers of a bundle and its input are to OPA, where the engine's doubles do not tell.

    `texts` are by the double that the engine has. A double that stands for no other number of OPA's is compared as OPA
    compares; one that may stand for two is refused.
    """

    def __init__(self) -> None:
        self.texts: dict[float, str] = {}
        self._kept: dict[float, str] = {}
        self._long: set[float] = set()
        self.large = False

    def keep(self) -> None:
        """What was noted until now is there for every input."""
        self._kept = dict(self.texts)

    def forget(self) -> None:
        """Forgets what came with an input."""
        self.texts, self.large = dict(self._kept), False

    def note(self, text: str) -> None:
        """Notes a number as it is written. Raises Untrusted where the engine has another number for it."""
        if _TEXT.match(text) is None or len(text) > 40:
            raise Untrusted("a number that is written in an unusual way")
        if text.lstrip("-").isdigit() and -_LARGEST <= int(text) < _LARGEST:
            return
        value = float(text)
        if abs(value) >= _LARGEST or (value == 0 and text.strip("-0.")):
            raise Untrusted("a number that is very large or small")
        plain = _plain(value) if "." in text or "e" in text.lower() else text
        if Fraction(text) != Fraction(plain):
            raise Untrusted("a number of more digits than the embedded engine keeps")
        if len(plain) > _SURE and not value.is_integer():
            if value in self.texts and Fraction(self.texts[value]) != Fraction(text):
                raise Untrusted("two numbers that only OPA tells apart")
            self._long |= {value, -value}
        if plain != text:
            self.texts[value] = text

    def read(self, document: str) -> bool:
        """Notes the numbers of a JSON document; whether it has fractions. Raises Untrusted as `note`."""
        if _SUSPECT.search(document) is None:
            return False
        found = set()

        def fraction(text: str) -> float:
            found.add(text)
            return 0.0

        def integer(text: str) -> int:
            if text == "-0" or len(text) > 20 or abs(int(text)) >= _LARGEST:
                raise Untrusted(LARGE)
            return 0

        try:
            json.loads(document, parse_float=fraction, parse_int=integer)
        except (ValueError, RecursionError):
            return False  # the engine says what is wrong with it
        for text in sorted(found):
            self.note(text)
        return bool(found)

    def value(self, number: float) -> Fraction:
        """The number that OPA has for the engine's."""
        if isinstance(number, int):
            return self.rounded(Fraction(number))
        if abs(number) >= _LARGEST:
            return Fraction(number)
        return self.rounded(Fraction(self.texts.get(number) or repr(number)))

    def _large(self, value: Fraction) -> float:
        """An integer of more than 64 bits: the engine has a double for it, and prints it otherwise."""
        if float(value) != value:
            raise Untrusted("a number of more digits than the embedded engine keeps")
        self.texts[float(value)] = str(value)
        self.large = True
        return float(value)

    @staticmethod
    def rounded(value: Fraction) -> Fraction:
        """A number with the digits of OPA's: half to even."""
        top, bottom = abs(value.numerator), value.denominator
        shift = _BITS - top.bit_length() + bottom.bit_length()
        if top == 0 or (bottom & (bottom - 1) == 0 and top.bit_length() <= _BITS):
            return value
        size = shift if (top << max(shift, 0)) // (bottom << max(-shift, 0)) < 1 << _BITS else shift - 1
        whole, rest = divmod(top << max(size, 0), bottom << max(-size, 0))
        bottom <<= max(-size, 0)
        whole += rest * 2 > bottom or (rest * 2 == bottom and whole % 2 == 1)
        found = Fraction(whole << max(-size, 0), 1 << max(size, 0))
        return -found if value < 0 else found

    def settled(self, value: Fraction) -> float:
        """What the engine is given for a result of OPA's. Raises Untrusted where that would be another number, too."""
        value = self.rounded(value)
        if value.denominator == 1:
            return int(value) if -_LARGEST <= value < _LARGEST else self._large(value)
        text = _shortest(value)
        found = float(text)
        plain = repr(found)
        if self.rounded(Fraction(plain)) != value:
            known = self.texts.get(found, text)
            if len(plain.lstrip("-")) <= _SURE + 1 or found in self._long or known != text:
                raise Untrusted("OPA calculates with more digits than the embedded engine")
            self.texts[found], self.texts[-found] = text, text[1:] if text[0] == "-" else f"-{text}"
        elif len(plain) > _SURE or text != plain:
            self.note(text)
        return found


def _plain(value: float) -> str:
    text = repr(value)
    return text.removesuffix(".0") if "e" not in text else text


def _shortest(value: Fraction) -> str:
    """The shortest decimal that is this number to OPA, as Go prints it (`%g`)."""
    mantissa, exponent = _decimal(abs(value), 1)
    for digits in range(1, 23):
        mantissa, exponent = _decimal(abs(value), digits)
        if Numbers.rounded(Fraction(mantissa) * Fraction(10) ** (exponent - digits + 1)) == abs(value):
            break
    figures = str(mantissa).rstrip("0")
    sign = "-" if value < 0 else ""
    if not -4 <= exponent < _EXPONENT:
        rest = f".{figures[1:]}" if len(figures) > 1 else ""
        return f"{sign}{figures[0]}{rest}e{exponent:+03d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{figures}"
    return f"{sign}{figures[: exponent + 1]}.{figures[exponent + 1 :]}"


def _decimal(value: Fraction, digits: int) -> tuple[int, int]:
    """A positive number rounded to so many digits: these as an integer, and the exponent of the first."""
    exponent = len(str(value.numerator)) - len(str(value.denominator))
    if Fraction(10) ** exponent > value:
        exponent -= 1
    mantissa = round(value * Fraction(10) ** (digits - 1 - exponent))
    return (mantissa // 10, exponent + 1) if mantissa == 10**digits else (mantissa, exponent)


def has_fractions(module: Json) -> bool:
    """Whether a module may make numbers that are no integers, or very large."""
    for node in tree.nodes(module["rules"]):
        match tree.kind(node):
            case "ArithExpr" if tree.inner(node)["op"] in ("Div", "Mul") and not is_whole(node):
                return True
            case "Call" if ".".join(tree.dotted(tree.inner(node)["fcn"])) in _SOURCES:
                return True
            case "Number" if not _is_plain(written(module, node)):
                return True
            case _:
                pass
    return False


def written(module: Json, number: Json) -> str:
    """A number as a module has it."""
    span = tree.inner(number)["span"]
    found: str = module["text"][span["start"] : span["end"]].decode()
    return found


def literals(module: Json) -> list[str]:
    """The numbers of a module that are no plain integers."""
    found = (written(module, node) for node in tree.nodes(module["rules"]) if tree.kind(node) == "Number")
    return [text for text in found if not text.lstrip("-").isdigit()]


def _is_plain(text: str) -> bool:
    return text.lstrip("-").isdigit() and len(text) <= _SURE


def is_whole(operation: Json) -> bool:
    """Whether an operation certainly gives an integer, or a set."""
    return tree.inner(operation)["op"] != "Div" and all(_whole(tree.inner(operation)[side]) for side in ("lhs", "rhs"))


def _whole(node: Json) -> bool:
    match node:
        case {"Number": {"value": int(value)}}:
            return abs(value) < 1 << 31
        case {"Set": _} | {"SetCompr": _}:
            return True
        case {"Call": {"fcn": {"Var": {"value": str(name)}}}}:
            return name in _WHOLE
        case _:
            return False
