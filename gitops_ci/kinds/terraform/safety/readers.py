"""Every place of a closure whose value names a file that the engine or a provider reads (or writes) as it plans."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.kinds.terraform.language import nodes
from gitops_ci.kinds.terraform.language.blocks import Attribute, Block, Body
from gitops_ci.kinds.terraform.language.nodes import Call, Node
from gitops_ci.kinds.terraform.safety import evaluation, places, possible
from gitops_ci.kinds.terraform.safety.closure import Closure, Placed
from gitops_ci.kinds.terraform.safety.evaluation import FILE_ARGUMENTS, Scope
from gitops_ci.kinds.terraform.safety.possible import Items, Possible

FUNCTIONS = frozenset({
    "file", "fileexists", "fileset", "filebase64", "filebase64sha256", "filebase64sha512", "filemd5", "filesha1",
    "filesha256", "filesha512", "templatefile",
})  # fmt: skip
"""https://developer.hashicorp.com/terraform/language/functions: those that read the file that their argument names."""

_TEXTS = ("data", "template_file", "template")
"""A provider's own template, with Terraform's functions."""
MENTIONED = re.compile(r"\b(?:" + "|".join(sorted(FUNCTIONS)) + r"|templatestring)\b")
"""One of their names, whatever stands behind it: a comment may stand before the bracket."""


class Reader(Struct, frozen=True):
    """One such place: what it is as text, the argument that names the file, and what that may be.

    `template` is the path of the file that is evaluated as a template, if this is about one.
    """

    placed: Placed
    line: int
    text: str
    argument: str
    value: Possible
    template: Possible = ()


def of(closure: Closure) -> Iterator[Reader]:
    """All of them; an expression that may hold one and cannot be read is one whose path nobody knows."""
    for placed in closure.top():
        scope = evaluation.inside(placed.block.body, Scope(closure, placed.directory))
        yield from _in_block(placed, placed.block, scope)
        yield from _local_state(placed, scope)


def _local_state(placed: Placed, scope: Scope) -> Iterator[Reader]:
    """Where a local state lies, the root's own or one that it reads."""
    if placed.block.type == "terraform":
        for block in placed.body.all("backend", "local"):
            for attribute in block.body.attributes:
                text = f"{attribute.name} = {attribute.expression}"
                yield Reader(placed, attribute.line, text, attribute.expression, evaluation.of(attribute, scope))
    elif (placed.block.type, *placed.block.labels[:1]) == ("data", "terraform_remote_state"):
        backend, config = placed.body.attribute("backend"), placed.body.attribute("config")
        kinds = possible.texts(evaluation.of(backend, scope)) if backend is not None else frozenset[str]()
        if config is not None and (kinds is None or "local" in kinds):
            value = possible.lookup(evaluation.of(config, scope), "path")
            yield Reader(placed, config.line, f"config = {config.expression}", config.expression, value)


def evaluated_texts(closure: Closure) -> Iterator[Reader]:
    """Every text that is evaluated as a template once its own value is known."""
    for placed in closure.top():
        scope = evaluation.inside(placed.block.body, Scope(closure, placed.directory))
        if (placed.block.type, *placed.block.labels[:1]) == _TEXTS[:2]:
            attribute = placed.body.attribute(_TEXTS[2])
            node = evaluation.tree(attribute.expression) if attribute is not None else None
            if attribute is not None and node is not None:
                yield _text(placed, attribute, node, scope)
        for attribute in _attributes(placed.body):
            node = evaluation.tree(attribute.expression) if "templatestring" in attribute.expression else None
            for call in nodes.calls(node) if node is not None else ():
                if call.name.removeprefix("core::") == "templatestring" and call.arguments:
                    yield _text(placed, attribute, call.arguments[0], scope)


def _text(placed: Placed, attribute: Attribute, node: Node, scope: Scope) -> Reader:
    """The content of a file in the repository is looked at where it lies: it is no text of its own."""
    value = evaluation.evaluate(node, scope)
    path: Possible = ()
    if isinstance(node, Call) and node.name in ("file", "core::file") and node.arguments:
        path = evaluation.evaluate(node.arguments[0], scope)
        value = () if places.of(path, scope.closure) is not None else None
    written = attribute.expression[node.start : node.end]
    return Reader(placed, attribute.line, written, written, value, path)


def _attributes(body: Body) -> Iterator[Attribute]:
    yield from body.attributes
    for block in body.blocks:
        yield from _attributes(block.body)


def is_template(call: Call) -> bool:
    """Whether a call evaluates the file that it reads."""
    return call.name.removeprefix("core::") == "templatefile"


def called(node: Node, scope: Scope) -> Iterator[tuple[Call, Scope]]:
    """The calls of functions that read files, each with what names mean there."""
    if isinstance(node, Call) and node.name.removeprefix("core::") in FUNCTIONS and node.arguments:
        yield node, scope
    if isinstance(node, nodes.For):
        yield from called(node.collection, scope)
        names = evaluation.iterated(evaluation.evaluate(node.collection, scope), node.names)
        inner = scope.bind(names)
        for part in (node.key, node.value, node.condition):
            if part is not None:
                yield from called(part, inner)
        return
    for part in nodes.children(node):
        yield from called(part, scope)


def _in_block(placed: Placed, block: Block, scope: Scope) -> Iterator[Reader]:
    listed = FILE_ARGUMENTS.get((placed.block.type, placed.block.labels[0])) if placed.block.labels else None
    for attribute in block.body.attributes:
        if MENTIONED.search(attribute.expression):
            yield from _in_expression(placed, attribute, scope)
        if listed is not None and attribute.name in listed and block is placed.block:
            text = f"{attribute.name} = {attribute.expression}"
            yield Reader(placed, attribute.line, text, attribute.expression, evaluation.of(attribute, scope))
    for inner in block.body.blocks:
        yield from _in_block(placed, inner, _dynamic(inner, scope) if inner.type == "dynamic" else scope)


def _in_expression(placed: Placed, attribute: Attribute, scope: Scope) -> Iterator[Reader]:
    text, node = attribute.expression, evaluation.tree(attribute.expression)
    if node is None:
        yield Reader(placed, attribute.line, text, text, None)
        return
    for call, inner in called(node, scope):
        line = attribute.line + text.count("\n", 0, call.start)
        first = call.arguments[0]
        value = evaluation.evaluate(first, inner)
        template = value if is_template(call) else ()
        yield Reader(placed, line, text[call.start : call.end], text[first.start : first.end], value, template)


def _dynamic(block: Block, scope: Scope) -> Scope:
    """Inside of `dynamic "x"` the name `x`, or what `iterator` says, has a key and a value."""
    repeated, iterator = block.body.attribute("for_each"), block.body.attribute("iterator")
    name = iterator.expression.strip('"') if iterator is not None else (block.labels or ("",))[0]
    value = evaluation.of(repeated, scope) if repeated is not None else None
    return scope.bind({name: (Items({"key": possible.keys(value), "value": possible.elements(value)}),)})
