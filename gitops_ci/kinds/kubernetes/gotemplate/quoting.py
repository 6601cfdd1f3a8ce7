"""Constants of Go as values: texts in quotes, characters, numbers."""

from __future__ import annotations

import re

from gitops_ci.kinds.kubernetes.gotemplate.values import TemplateProblem

_ESCAPE = re.compile(r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))")
_SIMPLE = dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True))


def constant(token: str) -> str | int | float:
    """The value of a token. Raises TemplateProblem where Go has none."""
    if token[0] == "`":
        return token[1:-1]
    if token[0] in "\"'":
        text = _unescaped(token[1:-1])
        if token[0] == '"':
            return text
        if len(text) != 1:
            raise TemplateProblem(f"{token} is no single character")
        return ord(text)
    try:
        return (
            int(token.replace("_", ""), 0)
            if not token.lstrip("+-").startswith("0") or token[1:2] in "xob"
            else int(token, 8)
        )
    except ValueError:
        pass
    try:
        return float(token)
    except ValueError:
        raise TemplateProblem(f"{token} is no number") from None


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1]:
            return _SIMPLE[found[1]]
        digits, base = (found[5], 8) if found[5] else (found[2] or found[3] or found[4], 16)
        value = int(digits, base)
        if value > 0x10FFFF:
            raise TemplateProblem(f"{found[0]} is no character")
        return chr(value)

    if "\\" in _ESCAPE.sub("", text):
        raise TemplateProblem(f"an escape that Go does not know in {text!r}")
    return _ESCAPE.sub(one, text)
