r"""Regular expressions: Go's meaning, in the syntax of the embedded engine (Rust). The two differ silently.

Rust's classes are of Unicode where Go's are of ASCII, `[a&&b]` is an intersection, `[[a]]` nests, `\<` is a place.
"""

from __future__ import annotations

import re

from gitops_ci.policy.rego.rewriting_sprintf import Untrusted

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\x0c\r "}
_PLAIN_ESCAPES = frozenset("nrtfav.*+?()[]{}|^$\\-/_:;,=!@#%&~'\"` ")
_GROUP = re.compile(r"\(\?(?:[ims]*(?:-[ims]+)?:|[ims]+(?:-[ims]+)?\)|:|P<[A-Za-z_]\w*>)", re.ASCII)
_HEX = re.compile(r"x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})")
_COUNT = re.compile(r"\{(\d{1,4})(?:,(\d{0,4}))?\}", re.ASCII)
_POSIX = re.compile(r"\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]")


def translated(pattern: str) -> str:
    """The pattern for the embedded engine. Raises Untrusted for what is not known to mean the same."""
    parts, here, repeated, last = [], 0, False, ""
    while here < len(pattern):
        sign = pattern[here]
        if sign == "\\":
            size, part = _escape(pattern, here + 1, inside=False)
            size += 1
        elif sign == "[":
            size, part = _class(pattern, here)
        elif sign == "(" and pattern[here + 1 : here + 2] == "?":
            group = _GROUP.match(pattern, here)
            if group is None:
                raise Untrusted(f"the group at {here} of a pattern")
            size, part = len(group[0]), group[0]
        elif sign == "{":
            count = _COUNT.match(pattern, here)
            if count is None or max(int(each or 0) for each in count.groups()) > 1000:
                raise Untrusted("a brace in a pattern")
            size, part = len(count[0]), count[0]
        else:
            size, part = 1, sign
        quantifier = sign in "*+?{"
        if quantifier and repeated and not (sign == "?" and last in "*+?}"):
            raise Untrusted("a repetition of a repetition")
        if quantifier and repeated and last == "lazy":
            raise Untrusted("a repetition of a repetition")
        last = "lazy" if quantifier and repeated else part[-1:]
        repeated = quantifier
        parts.append(part)
        here += size
    return "".join(parts)


def _escape(pattern: str, here: int, *, inside: bool) -> tuple[int, str]:
    """The size of an escape after its backslash, and what it becomes."""
    sign = pattern[here : here + 1]
    if sign in _CLASSES and sign:
        return 1, _CLASSES[sign] if inside else f"[{_CLASSES[sign]}]"
    if sign and sign in "DWS" and not inside:
        return 1, f"[^{_CLASSES[sign.lower()]}]"
    if sign and sign in "bB" and not inside:
        return 1, f"(?-u:\\{sign})"
    if sign and sign in "Az" and not inside:
        return 1, f"\\{sign}"
    if sign and sign in _PLAIN_ESCAPES:
        plain = sign in "/_:;,=!@%'\"`"
        return 1, sign if plain else f"\\{sign}"
    hexadecimal = _HEX.match(pattern, here)
    if hexadecimal is None:
        raise Untrusted(f"the escape \\{sign} in a pattern")
    return len(hexadecimal[0]), f"\\{hexadecimal[0]}"


def _class(pattern: str, start: int) -> tuple[int, str]:
    parts, here = ["["], start + 1
    if pattern[here : here + 1] == "^":
        parts.append("^")
        here += 1
    first = True
    while here < len(pattern):
        sign = pattern[here]
        if sign == "]" and not first:
            return here + 1 - start, "".join([*parts, "]"])
        if posix := _POSIX.match(pattern, here):
            parts.append(posix[0])
            here += len(posix[0])
        elif sign == "\\":
            size, part = _escape(pattern, here + 1, inside=True)
            parts.append(part)
            here += size + 1
        elif sign in "[&~]":
            parts.append(f"\\{sign}")
            here += 1
        elif pattern.startswith("--", here):
            raise Untrusted("two dashes in a class")
        else:
            parts.append(sign)
            here += 1
        first = False
    raise Untrusted("a class without an end")
