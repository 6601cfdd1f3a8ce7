"""A body right after a body (v0's `p { … } { … }`): the embedded engine needs the head to be written again."""

from __future__ import annotations

import re

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*|[\[({]|[\])}]|\n')
_NEXT = re.compile(r"[ \t]*\{")
_VALUE = re.compile(r"=\s*\Z")


def repeated(text: str) -> str:
    """The text with the head of a rule before each further body, on the lines where they were."""
    parts: list[str] = []
    here = depth = start = 0
    head: str | None = None
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign == "\n" and depth == 0:
            start, head = token.end(), None
        elif sign in "[({":
            if sign == "{" and depth == 0 and head is None and not _VALUE.search(text[start : token.start()]):
                head = text[start : token.start()]
            depth += 1
        elif sign in "])}":
            depth -= 1
            if sign == "}" and depth == 0 and head is not None and _NEXT.match(text, token.end()):
                parts += [text[here : token.end()], " ", head.strip(), " "]
                here = token.end()
    return "".join([*parts, text[here:]])
