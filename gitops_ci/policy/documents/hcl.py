"""Terraform's language as the JSON that conftest gives for it.

https://github.com/tmccombs/hcl2json: `resource.TYPE.NAME` is a list of bodies, as is every block; what is no literal
is `"${…}"` with the expression as it is written.
"""

from __future__ import annotations

import json
import re
from typing import Any

from gitops_ci.kinds.terraform.language import blocks, expressions, templates
from gitops_ci.kinds.terraform.language.blocks import Body, Token, Unreadable
from gitops_ci.kinds.terraform.language.native_syntax import Unbalanced
from gitops_ci.kinds.terraform.language.nodes import Literal
from gitops_ci.policy.documents.yaml_documents import Document, Place

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_HEREDOC = re.compile(r"<<(-?)[^\n]*\n(.*\n)?[^\n]*\Z", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}


def document(content: bytes) -> Document:
    """The whole file with the line of every block and attribute. Raises Unreadable."""
    body = blocks.read(content)
    lines: dict[Place, int] = {}
    return Document(_body(body, (), lines), 1, lines)


def _body(body: Body, place: Place, lines: dict[Place, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in body.attributes:
        lines[*place, attribute.name] = attribute.line
        found[attribute.name] = value(attribute.expression)
    for block in body.blocks:
        into, at = found, (*place, block.type, *block.labels)
        for name in (block.type, *block.labels[:-1]) if block.labels else ():
            into = into.setdefault(name, {})
            if not isinstance(into, dict):
                raise Unreadable(f"has an attribute and a block of the name {name}", block.line)
        several = into.setdefault(block.labels[-1] if block.labels else block.type, [])
        if not isinstance(several, list):
            raise Unreadable(f"has an attribute and a block of the name {block.name}", block.line)
        at = (*at, len(several))
        lines[at] = block.line
        lines.setdefault(at[:-1], block.line)
        several.append(_body(block.body, at, lines))
    return found


def value(expression: str) -> Any:
    """An expression as JSON. Raises Unreadable where it is nested too deeply."""
    try:
        return _value(expression, list(blocks.tokens(expression)), 0)
    except Unbalanced as error:
        raise Unreadable(str(error), None) from None


def _value(text: str, tokens: list[Token], depth: int) -> Any:
    tokens = _trimmed(tokens)
    if depth > expressions.MAX_DEPTH:
        raise Unbalanced("has values that are nested too deeply", 0)
    if not tokens:
        return None
    written = text[tokens[0].start : tokens[-1].end]
    first = tokens[0]
    if len(tokens) == 1 and first.kind in ("string", "heredoc"):
        return _template(first.text)
    if written in _WORDS:
        return _WORDS[written]
    if _NUMBER.fullmatch(written):
        return json.loads(written) if not re.match(r"-?0\d", written) else int(written)
    if first.text in ("[", "{") and _closes(tokens) and not (len(tokens) > 1 and tokens[1].text == "for"):
        parts = _parts(tokens[1:-1], lines=first.text == "{")
        if first.text == "[":
            return [_value(text, part, depth + 1) for part in parts]
        return dict(_pair(text, part, depth) for part in parts)
    return f"${{{written}}}"


def _trimmed(tokens: list[Token]) -> list[Token]:
    while tokens and tokens[0].kind == "newline":
        tokens = tokens[1:]
    while tokens and tokens[-1].kind == "newline":
        tokens = tokens[:-1]
    return tokens


def _closes(tokens: list[Token]) -> bool:
    """Whether the last token closes the bracket that the first one opens."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0:
            return index == len(tokens) - 1
    return False


def _parts(tokens: list[Token], *, lines: bool) -> list[list[Token]]:
    """What commas (in a mapping also line ends) separate, outside of all brackets."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and (token.text == "," or (lines and token.kind == "newline")):
            found.append([])
        else:
            found[-1].append(token)
            if lines and token.kind == "heredoc" and depth == 0:
                found.append([])
    return [part for part in map(_trimmed, found) if part]


def _pair(text: str, part: list[Token], depth: int) -> tuple[str, Any]:
    at, inside = None, 0
    for index, token in enumerate(part):
        inside += (token.kind == "open") - (token.kind == "close")
        if inside == 0 and token.text in ("=", ":"):
            at = index
            break
    if at is None or at == 0 or at + 1 >= len(part):
        raise Unbalanced("has something other than a key and a value in a mapping", part[0].start)
    key, rest = part[:at], part[at + 1 :]
    if len(key) == 1 and key[0].kind == "word":
        return key[0].text, _value(text, rest, depth + 1)
    name = _value(text, key, depth + 1)
    return name if isinstance(name, str) else json.dumps(name), _value(text, rest, depth + 1)


def _template(written: str) -> str:
    """A quoted string or a heredoc: its text, with what is computed as it is written."""
    try:
        node = expressions.parse(written)
    except Unreadable:
        node = None
    if isinstance(node, Literal) and isinstance(node.value, str):
        return node.value
    if written[0] == '"':
        inner = written[1:-1]
        pieces = list(templates.pieces(inner, 0, len(inner), quoted=True))
        whole, position = "", 0
        for piece in pieces:
            if piece.kind == "text":
                literal = expressions.parse(f'"{inner[piece.start : piece.end]}"')
                whole += str(literal.value) if isinstance(literal, Literal) else inner[piece.start : piece.end]
                position = piece.end
            else:
                closed = inner.index("}", piece.end) + 1
                whole += inner[position:closed]
                position = closed
        return whole
    match = _HEREDOC.fullmatch(written)
    text = (match[2] or "") if match is not None else written
    return _flush(text) if match is not None and match[1] else text


def _flush(text: str) -> str:
    """The text without the white space that all of its lines begin with (`<<-`)."""
    lines = text.splitlines(keepends=True)
    least = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()), default=0)
    return "".join(line[least:] if line.strip() else line.lstrip(" \t") for line in lines)
