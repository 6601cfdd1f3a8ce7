"""Reads a Terraform file with python-hcl2's grammar (not with our scanner: the oracle is to be independent of it)."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hcl2.parser import parser
from lark import Token, Tree
from lark.exceptions import LarkError

Node = Tree[Token]


@dataclass(frozen=True)
class Attribute:
    """`name = expression`, the expression as it is written."""

    name: str
    expression: str


@dataclass(frozen=True)
class Block:
    """`type "label" … { body }`."""

    type: str
    labels: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]

    def attribute(self, name: str) -> str | None:
        """The expression of one attribute."""
        return next((each.expression for each in self.attributes if each.name == name), None)

    @property
    def local_source(self) -> str | None:
        """The source of a module call that is a literal path; None for any other."""
        source = (self.attribute("source") or "").strip()
        is_literal = source[:1] == source[-1:] == '"' and "{" not in source and "\\" not in source
        return source[1:-1] if is_literal and source[1:].startswith(("./", "../")) else None


_SYNTAX = (".tf", ".tf.json")
_OF_A_ROOT = (".auto.tfvars", ".auto.tfvars.json")
_NAMES_OF_A_ROOT = frozenset(
    {"terraform.tfvars", "terraform.tfvars.json", ".terraform.lock.hcl", ".terraform-version", ".opentofu-version"}
)
_CORE = re.compile(r"\bcore::")  # functions' full names, which the grammar does not know
_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "module": 1, "variable": 1, "output": 1, "provider": 1, "check": 1}


def parsed(content: bytes, *, is_json: bool = False) -> Block | None:
    """A file as one Block without a type; None where the parser refuses it."""
    if is_json:
        return _of_json(content)
    try:
        text = _CORE.sub("", content.decode("utf-8-sig").replace("\r\n", "\n")) + "\n"
        tree = parser().parse(text)
    except (UnicodeDecodeError, LarkError, RecursionError):
        return None
    return _body(_child(tree, "body"), "", (), text)


def _body(body: Node | None, type_: str, labels: tuple[str, ...], text: str) -> Block:
    attributes: list[Attribute] = []
    blocks: list[Block] = []
    for child in _trees(body):
        if child.data == "attribute":
            name, _, expression = child.children
            attributes.append(Attribute(_text(name, text), _text(expression, text)))
        elif child.data == "block":
            words = [_text(each, text).strip('"') for each in _trees(child) if each.data not in _NO_HEADER]
            blocks.append(_body(_child(child, "body"), words[0], tuple(words[1:]), text))
    return Block(type_, labels, tuple(attributes), tuple(blocks))


def _of_json(content: bytes) -> Block | None:
    """The JSON syntax (developer.hashicorp.com/terraform/language/syntax/json); what is in a block is an attribute."""
    try:
        document = json.loads(content)
        blocks = [block for type_, body in document.items() for block in _json_blocks(type_, (), body)]
    except (ValueError, AttributeError, RecursionError):
        return None
    return Block("", (), (), tuple(blocks))


def _json_blocks(type_: str, labels: tuple[str, ...], body: Any) -> Iterator[Block]:
    if isinstance(body, list):
        for each in body:
            yield from _json_blocks(type_, labels, each)
    elif len(labels) < _LABELS.get(type_, 0):
        for label, inner in body.items():
            yield from _json_blocks(type_, (*labels, label), inner)
    else:
        inside = ("backend", "cloud") if type_ == "terraform" else ()
        attributes = tuple(Attribute(name, _expression(value, name)) for name, value in body.items() if name != "//")
        yield Block(type_, labels, attributes, tuple(Block(name, (), (), ()) for name in inside if name in body))


def _expression(value: Any, name: str = "") -> str:
    """A JSON value as an expression: a string is a template, which needs no escapes as a heredoc."""
    match value:
        case str() if name in ("source", "type"):
            return f'"{value}"' if name == "source" else value
        case str():
            return f"chomp(<<ORACLE\n{value}\nORACLE\n)"
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {_expression(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_expression, value)) + "]"
        case _:
            return json.dumps(value)


_NO_HEADER = frozenset({"body", "new_line_or_comment"})


def _trees(node: Node | None) -> Iterator[Node]:
    return (child for child in (node.children if node is not None else ()) if isinstance(child, Tree))


def _child(node: Node, data: str) -> Node | None:
    return next((child for child in _trees(node) if child.data == data), None)


def _text(node: Node | Token, text: str) -> str:
    if isinstance(node, Token):
        return str(node)
    return text[node.meta.start_pos : node.meta.end_pos]


@dataclass(frozen=True)
class Directory:
    """The Terraform files of a folder: name → parsed, None where it cannot be."""

    path: str
    files: Mapping[str, Block | None]

    @property
    def blocks(self) -> Iterator[Block]:
        """The top-level blocks of every file."""
        return (block for file in self.files.values() if file is not None for block in file.blocks)

    @property
    def sources(self) -> list[str]:
        """The local sources of its module calls."""
        return [block.local_source for block in self.blocks if block.type == "module" and block.local_source]

    @property
    def has_backend(self) -> bool:
        """Whether it says where its state is kept."""
        settings = (inner.type for block in self.blocks if block.type == "terraform" for inner in block.blocks)
        return not {"backend", "cloud"}.isdisjoint(settings)


def cleaned(folder: str, source: str) -> str:
    """Where a module source leads; Terraform cleans it before any link is followed."""
    return posixpath.normpath(posixpath.join(folder, source))


def is_of_root(name: str) -> bool:
    """Whether a file of this name counts in a root's own directory, beside its configuration."""
    return name in _NAMES_OF_A_ROOT or name.endswith(_OF_A_ROOT)


def is_loaded(name: str) -> bool:
    """Whether Terraform loads a file of this name as configuration."""
    return name.endswith(_SYNTAX) and not name.startswith((".", "#"))
